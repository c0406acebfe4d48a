/* sipd speaks SIP; it decides nothing. */
#include "service.h"

#include "sipd.h"

static int start(struct service *s, char *why, size_t why_size)
{
	return sipd_start(s, *s->options[0].value, why, why_size);
}

int main(int argc, char **argv)
{
	const char *bind = NULL;
	const struct start_option options[] = {
		{ "--bind", "addresses to listen on (default: all)", &bind },
		{ NULL, NULL, NULL },
	};
	const struct service_def def = {
		.name = "sipd",
		.bus_name = "org.sallyport.Sip",
		.options = options,
		.sockets = SANDBOX_INET,
		.start = start,
		.stop = sipd_stop,
	};

	return service_main(argc, argv, &def);
}

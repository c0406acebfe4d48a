/* httpd faces the browser. */
#include <stddef.h>

#include "service.h"

#include "httpd.h"

int main(int argc, char **argv)
{
	const char *port = NULL;
	const struct start_option options[] = {
		{ "--port", "HTTPS port, instead of the one in the settings",
		  &port },
		{ NULL, NULL, NULL },
	};

	return service_main(
		argc, argv,
		&(struct service_def){ .name = "httpd",
				       .bus_name = "org.sallyport.Web",
				       .options = options,
				       .sockets = SANDBOX_INET,
				       .start = httpd_start,
				       .stop = httpd_stop });
}

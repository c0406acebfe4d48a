/* mediad touches SDP and RTP; it decides nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediad.h"
#include "service.h"

static int start(struct service *s, char *why, size_t why_size)
{
	const char *text = *s->options[0].value;
	size_t digits = text ? strspn(text, "0123456789") : 0;
	unsigned long n = 1;

	if (text) {
		n = digits && digits < 4 && !text[digits]
			    ? strtoul(text, NULL, 10)
			    : 0;
		if (!n || n > MEDIAD_THREADS) {
			snprintf(why, why_size, "--threads: must be 1 to %d",
				 MEDIAD_THREADS);
			return -EINVAL;
		}
	}
	return mediad_start(s, (uint32_t)n, why, why_size);
}

int main(int argc, char **argv)
{
	const char *threads = NULL;
	const struct start_option options[] = {
		{ "--threads", "media threads (default: 1)", &threads },
		{ NULL, NULL, NULL },
	};
	const struct service_def def = {
		.name = "mediad",
		.bus_name = "org.sallyport.Media",
		.options = options,
		.sockets = SANDBOX_INET,
		.start = start,
		.stop = mediad_stop,
	};

	return service_main(argc, argv, &def);
}

/*
 * fwd, the packet filter's owner. `fwd --remove` takes its table out of the
 * kernel and exits: what it leaves behind otherwise, so that its end opens no
 * door.
 */
#include <stdio.h>
#include <string.h>

#include "fwd.h"
#include "nft.h"
#include "service.h"

static int remove_table(void)
{
	char why[200];
	struct nft *n = nft_open(why, sizeof(why));
	int err = n ? nft_remove(n, why, sizeof(why)) : -1;

	nft_close(n);
	if (err < 0)
		fprintf(stderr, "fwd: %s\n", why);
	return err < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *https_port = NULL;
	const struct start_option options[] = {
		{ "--https-port",
		  "where httpd was told to listen, if not by its settings",
		  &https_port },
		{ NULL, NULL, NULL },
	};
	const struct service_def def = {
		.name = "fwd",
		.bus_name = "org.sallyport.Firewall",
		.options = options,
		.keep_net_admin = true,
		.sockets = SANDBOX_FILTER,
		.start = fwd_start,
		.stop = fwd_stop,
	};

	if (argc == 2 && strcmp(argv[1], "--remove") == 0)
		return remove_table();
	return service_main(argc, argv, &def);
}

/* guardd: hears reports, counts tries, bans. It has no network. */
#include "guardd.h"
#include "service.h"

int main(int argc, char **argv)
{
	const char *ssh_log = NULL, *outbox = NULL;
	const struct start_option options[] = {
		[GUARDD_SSH_LOG] = { "--ssh-log",
				     "pipe into which the log of sshd goes",
				     &ssh_log },
		[GUARDD_OUTBOX] = { "--outbox",
				    "folder from which mails are sent",
				    &outbox },
		{ NULL, NULL, NULL },
	};
	const struct service_def def = {
		.name = "guardd",
		.bus_name = "org.sallyport.Guard",
		.options = options,
		.start = guardd_start,
		.stop = guardd_stop,
	};

	return service_main(argc, argv, &def);
}

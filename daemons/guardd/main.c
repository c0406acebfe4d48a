/* guardd: hears reports, counts tries, bans. It has no network. */
#include "guardd.h"
#include "service.h"

int main(int argc, char **argv)
{
	static const struct service_def def = {
		.name = "guardd",
		.bus_name = "org.sallyport.Guard",
		.start = guardd_start,
		.stop = guardd_stop,
	};

	return service_main(argc, argv, &def);
}

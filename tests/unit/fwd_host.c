#include "fwd_host.h"

#include <event2/event.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus.h"
#include "check.h"
#include "firewall_bus.h"
#include "fwd.h"
#include "log.h"
#include "store.h"

void fwd_host_run(const char *command)
{
	CHECK_EQ(system(command), 0);
}

struct store *fwd_host_store(struct fwd_host *w, const char *daemon)
{
	char state[128], view[128], why[300] = "";
	struct store_config config = { .state_dir = state,
				       .view_dir = view,
				       .truth_max = 16 << 20,
				       .view_max = 16 << 20 };
	struct store *s;

	snprintf(state, sizeof(state), "%s/%s-state", w->bus.fixture.dir,
		 daemon);
	snprintf(view, sizeof(view), "%s/%s", w->bus.fixture.dir, daemon);
	(void)mkdir(state, 0700);
	(void)mkdir(view, 0750);
	s = store_open(w->bus.base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	return s;
}

void fwd_begins(struct fwd_host *w)
{
	struct bus_config bus = {
		.address = w->bus.fixture.address,
		.name = firewall_iface.dest,
		.daemon = "fwd",
	};
	char why[300] = "";

	w->service.base = w->bus.base;
	w->service.run_dir = w->bus.fixture.dir;
	w->service.bus = bus_open(w->bus.base, &bus, why, sizeof(why));
	CHECK_STR(why, "");
	w->service.store = fwd_host_store(w, "fwd");
	if (fwd_start(&w->service, why, sizeof(why)) < 0)
		CHECK_STR(why, "");
	CHECK_EQ(bus_go(w->service.bus, why, sizeof(why)), 0);
}

void fwd_ends(struct fwd_host *w)
{
	fwd_stop(&w->service);
	bus_close(w->service.bus);
	store_close(w->service.store);
}

int fwd_host_start(struct fwd_host *w)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	fwd_host_run("ip link set lo up");
	log_open("test", LOG_ERR);
	bus_world_start(&w->bus, false);
	w->asker = bus_world_open(&w->bus, "guardd", NULL, false);
	fwd_begins(w);
	bus_world_settle(&w->bus, w->asker);
	return 0;
}

void fwd_host_stop(struct fwd_host *w)
{
	fwd_ends(w);
	bus_close(w->asker);
	bus_world_stop(&w->bus);
}

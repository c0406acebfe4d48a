/* A whole daemon: starts, is found, ends; and every way of not starting. */
#include "service.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "bus_world.h"
#include "check.h"
#include "route_bus.h"

enum { OUT = 4096 };

static int routed_start(struct service *s, char *why, size_t why_size)
{
	static const bus_method_fn fns[ROUTE_N_METHODS];

	if (strstr(s->run_dir, "refuse")) {
		snprintf(why, why_size, "the plan is broken: mend it");
		return -1;
	}

	return bus_export(s->bus, &route_iface, fns, s);
}

static void routed_stop(struct service *s)
{
	(void)s;
}

struct child {
	pid_t pid;
	int out; /* its standard error */
	char text[OUT];
};

static void run(struct bus_world *w, struct child *c, const char *bus,
		const char *run_dir, const char *level)
{
	char state[BUS_FIXTURE_PATH];
	const struct service_def def = {
		.name = "routed",
		.bus_name = "org.sallyport.Route",
		.start = routed_start,
		.stop = routed_stop,
	};
	const char *argv[] = { "routed", "--state", state,   "--run", run_dir,
			       "--bus",  bus,       "--log", level };
	int ends[2];

	snprintf(state, sizeof(state), "%s/state", w->fixture.dir);
	CHECK_EQ(pipe(ends), 0);
	c->pid = fork();
	CHECK(c->pid >= 0);
	if (!c->pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
		_exit(service_main(9, (char **)argv, &def));
	}
	close(ends[1]);
	c->out = ends[0];
}

/* Its exit status; all it said is in c->text. */
static int ended(struct child *c)
{
	size_t n = 0;
	ssize_t got;
	int status;

	while (n < OUT - 1 &&
	       (got = read(c->out, c->text + n, OUT - 1 - n)) > 0)
		n += (size_t)got;
	c->text[n] = '\0';
	close(c->out);
	CHECK_EQ(waitpid(c->pid, &status, 0), c->pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void on_there(void *ctx, bool there)
{
	if (there)
		*(int *)ctx = 1;
}

static void on_gone(void *ctx, bool there)
{
	if (!there)
		*(int *)ctx = 1;
}

static void wait_for(struct bus_world *w, bus_peer_fn fn)
{
	int done = 0;

	CHECK_EQ(bus_watch_peer(w->sipd, "org.sallyport.Route", fn, &done), 0);
	loop_until(w->base, &done);
	bus_unwatch(w->sipd, &done);
}

static void test_life(struct bus_world *w)
{
	const char *run_dir = w->fixture.dir;
	struct child c, twin;

	for (int i = 0; i < 2; i++) { /* and again on what the first left */
		run(w, &c, w->fixture.address, run_dir, "info");
		wait_for(w, on_there);
		CHECK_EQ(kill(c.pid, SIGHUP), 0); /* nothing happens */
		CHECK_EQ(kill(c.pid, i ? SIGINT : SIGTERM), 0);
		CHECK_EQ(ended(&c), 0);
		CHECK(strstr(c.text, "routed: ready"));
		wait_for(w, on_gone);
	}

	run(w, &c, w->fixture.address, run_dir, "err");
	wait_for(w, on_there);
	run(w, &twin, w->fixture.address, run_dir, "err");
	CHECK_EQ(ended(&twin), 1);
	CHECK(twin.text[0]);
	CHECK_EQ(kill(c.pid, SIGTERM), 0);
	CHECK_EQ(ended(&c), 0);
	CHECK_STR(c.text, "");
}

static void test_refusals(struct bus_world *w)
{
	struct child c;
	char dir[BUS_FIXTURE_PATH];

	run(w, &c, w->fixture.address, w->fixture.dir, "loud");
	CHECK_EQ(ended(&c), 2);
	CHECK(strstr(c.text, "--log takes"));

	run(w, &c, "unix:path=/nonexistent/bus", w->fixture.dir, "err");
	CHECK_EQ(ended(&c), 1);
	CHECK(strstr(c.text, "start dbus-daemon or pass --bus"));

	run(w, &c, "what is this", w->fixture.dir, "err");
	CHECK_EQ(ended(&c), 1);
	CHECK(strstr(c.text, "no bus at what is this"));

	run(w, &c, w->fixture.address, "/nonexistent/run", "err");
	CHECK_EQ(ended(&c), 1);
	CHECK(strstr(c.text, "/nonexistent/run"));

	snprintf(dir, sizeof(dir), "%s/refuse", w->fixture.dir);
	run(w, &c, w->fixture.address, dir, "err");
	CHECK_EQ(ended(&c), 1);
	CHECK(strstr(c.text, "the plan is broken: mend it"));
	CHECK(!strchr(c.text, '\n')[1]); /* one line */
}

int main(void)
{
	struct bus_world w;

	bus_fixture_start(&w.fixture, NULL);
	w.base = event_base_new();
	CHECK(w.base);
	w.routed = NULL;
	w.sipd = bus_world_open(&w, "sipd", NULL, false);
	test_life(&w);
	test_refusals(&w);
	bus_world_stop(&w);
	return 0;
}

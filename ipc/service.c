#include "service.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus.h"
#include "seal.h"
#include "store.h"

enum {
	WHY = 300,
	DIR_PATH = 200,
	OPTIONS_MAX = 32,
	N_OPTIONS = 4, /* ours */
	TRUTH_MAX = 1 << 30,
	VIEW_MAX = 256 << 20,
};

struct settings {
	const char *state;
	const char *run;
	const char *bus;
	const char *log;
	char state_dir[DIR_PATH]; /* the default */
	char view_dir[DIR_PATH];
};

struct started {
	struct service s;
	const struct service_def *def;
	struct event *term;
	struct event *intr;
	bool told; /* the bus's first state is no news */
};

static int log_level_of(const char *name, enum log_level *level)
{
	static const char *const names[] = { "err", "warn", "info", "debug" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i])) {
			*level = (enum log_level)i;
			return 0;
		}
	}

	return -EINVAL;
}

/* Leaves with status 2 when an option is wrong. */
static void read_options(int argc, char **argv, const struct service_def *def,
			 struct settings *set)
{
	struct start_option all[OPTIONS_MAX + 1] = {
		{ "--state", "directory of this daemon's own data",
		  &set->state },
		{ "--run", "directory of all daemons' views and sockets",
		  &set->run },
		{ "--bus", "address of the D-Bus bus", &set->bus },
		{ "--log", "err, warn, info or debug", &set->log },
	};
	size_t n = N_OPTIONS;
	enum log_level level;

	for (const struct start_option *o = def->options; o && o->name; o++)
		if (n < OPTIONS_MAX)
			all[n++] = *o;

	snprintf(set->state_dir, sizeof(set->state_dir),
		 "/var/lib/sallyport/%s", def->name);
	set->state = set->state_dir;
	set->run = "/run/sallyport";
	set->log = "info";
	start_options(argc, argv, all);

	if (log_level_of(set->log, &level)) {
		fprintf(stderr,
			"%s: --log takes err, warn, info or debug: see "
			"--help\n",
			def->name);
		exit(2);
	}
	if (snprintf(set->view_dir, sizeof(set->view_dir), "%s/%s", set->run,
		     def->name) >= (int)sizeof(set->view_dir)) {
		fprintf(stderr, "%s: --run is too long: see --help\n",
			def->name);
		exit(2);
	}
	log_open(def->name, level);
}

static void on_end(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	(void)event_base_loopexit(arg, NULL);
}

/* A write to a peer that left is an error code, not our end; there is nothing
   to read again at a SIGHUP, for every change comes over the bus. */
static int take_signals(struct started *st, char *why, size_t why_size)
{
	struct event_base *base = st->s.base;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	st->term = evsignal_new(base, SIGTERM, on_end, base);
	st->intr = evsignal_new(base, SIGINT, on_end, base);
	if (st->term && st->intr && !event_add(st->term, NULL) &&
	    !event_add(st->intr, NULL))
		return 0;

	snprintf(why, why_size, "cannot take signals: out of memory");
	return -ENOMEM;
}

static void on_bus(void *ctx, bool there)
{
	struct started *st = ctx;

	if (!st->told)
		st->told = true;
	else if (there)
		log_warn("the bus is back");
	else
		log_warn("the bus is lost: trying to reach it until it comes "
			 "back");
}

static int make_dir(const char *path, mode_t mode, char *why, size_t why_size)
{
	if (!mkdir(path, mode) || errno == EEXIST)
		return 0;

	snprintf(why, why_size,
		 "cannot make %s: %s: make its parent, or pass "
		 "--state and --run",
		 path, strerror(errno));
	return -EIO;
}

static int open_bus(struct started *st, const struct settings *set, char *why,
		    size_t why_size)
{
	const struct bus_config config = {
		.address = set->bus,
		.name = st->def->bus_name,
		.daemon = st->def->name,
		.run_dir = set->run,
	};

	st->s.bus = bus_open(st->s.base, &config, why, why_size);
	if (!st->s.bus)
		return -EIO;

	return bus_watch_peer(st->s.bus, NULL, on_bus, st);
}

static int open_store(struct started *st, const struct settings *set, char *why,
		      size_t why_size)
{
	const struct service_def *def = st->def;
	const struct store_config config = {
		.state_dir = set->state,
		.view_dir = set->view_dir,
		.truth_max = def->truth_max ? def->truth_max : TRUTH_MAX,
		.view_max = VIEW_MAX,
	};
	int err;

	err = make_dir(set->state, 0700, why, why_size);
	if (!err)
		err = make_dir(set->run, 0755, why, why_size);
	if (err)
		return err;

	st->s.store = store_open(st->s.base, &config, why, why_size);
	if (!st->s.store)
		return -EIO;

	st->s.seal = seal_open(set->state, why, why_size);
	return st->s.seal ? 0 : -EIO;
}

static int drop_rights(const struct service_def *def, char *why,
		       size_t why_size)
{
	int err = start_drop_rights(def->keep_net_admin);

	if (err == -EPERM && def->keep_net_admin)
		snprintf(why, why_size,
			 "no right to change the packet filter: start it as "
			 "root or with CAP_NET_ADMIN");
	else if (err)
		snprintf(why, why_size, "cannot drop rights: %s",
			 strerror(-err));
	if (err)
		return err;
	err = sandbox_enter(def->sockets);
	if (err)
		snprintf(
			why, why_size,
			"cannot have system calls refused: %s: the kernel must "
			"have CONFIG_SECCOMP_FILTER",
			strerror(-err));
	return err;
}

/*
 * Rights go before the first thread is made, because they belong to a thread,
 * and what it does not have it cannot hand on. The bus name comes last: nobody
 * finds us before we can answer.
 */
static int begin(struct started *st, const struct settings *set, char *why,
		 size_t why_size)
{
	int err;

	err = take_signals(st, why, why_size);
	if (!err)
		err = drop_rights(st->def, why, why_size);
	if (!err)
		err = open_bus(st, set, why, why_size);
	if (!err)
		err = open_store(st, set, why, why_size);
	if (!err)
		err = st->def->start(&st->s, why, why_size);

	return err;
}

static void drop_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

/* From here on a second signal ends us at once. */
static void end(struct started *st, bool running)
{
	struct service *s = &st->s;

	drop_event(st->term);
	drop_event(st->intr);
	/* Who waits for a commit hears of it while it still lives, and so does
	   the bus; also after a start that failed half-way. */
	if (s->store)
		store_wait(s->store);
	if ((running || s->daemon) && st->def->stop)
		st->def->stop(s);
	bus_close(s->bus);
	seal_free(s->seal);
	store_close(s->store);
	if (s->base)
		event_base_free(s->base);
}

int service_main(int argc, char **argv, const struct service_def *def)
{
	struct settings set = { 0 };
	struct started st = { .def = def };
	char why[WHY] = "out of memory";
	int err = -ENOMEM;
	bool running;

	start_close_inherited();
	read_options(argc, argv, def, &set);
	st.s.options = def->options;
	st.s.state_dir = set.state;
	st.s.run_dir = set.run;
	st.s.base = event_base_new();
	if (st.s.base)
		err = begin(&st, &set, why, sizeof(why));
	running = !err;

	/* Who hears our name reads our view. */
	if (!err)
		(void)store_view_publish(st.s.store);
	if (!err)
		err = bus_go(st.s.bus, why, sizeof(why));
	if (!err) {
		log_info("ready");
		err = event_base_dispatch(st.s.base) < 0 ? -EIO : 0;
		snprintf(why, sizeof(why), "the event loop failed");
		log_info("stopping");
	}

	end(&st, running);
	/* Last, so that a supervisor's last line is the cause. */
	if (err)
		log_err("%s", why);
	return err ? 1 : 0;
}

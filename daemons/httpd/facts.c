#include "facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "clock.h"

#include "records.h"

#include "bus.h"
#include "store.h"
#include "watch.h"

enum { N_PEERS = 5, FRESH_MS = 900, BINDINGS_MAX = 65536 };

struct peer {
	struct facts *facts;
	const char *name;
	uint64_t since_ms;
	bool there;
};

struct facts {
	struct facts_config config;
	struct watch *extensions;
	struct view *sip;
	struct view *guard;
	struct peer peers[N_PEERS];
	uint64_t read_ms; /* monotonic */
	uint64_t at_ms;
	size_t calls, registered, bans;
};

static void on_peer(void *ctx, bool there)
{
	struct peer *p = ctx;

	if (p->since_ms && p->there == there)
		return;
	p->there = there;
	p->since_ms = clock_wall_ms();
	p->facts->config.peer(p->facts->config.ctx, p->name, there,
			      p->since_ms);
}

static void on_extensions(void *ctx)
{
	struct facts *f = ctx;

	/* the first reading may come while we are being built */
	if (f->extensions)
		f->config.extensions(f->config.ctx);
}

static struct view *open_view(const char *run_dir, const char *daemon)
{
	char dir[512];

	if (snprintf(dir, sizeof(dir), "%s/%s", run_dir, daemon) >=
	    (int)sizeof(dir))
		return NULL;
	return view_open(dir);
}

struct facts *facts_new(const struct facts_config *config)
{
	static const char *const names[N_PEERS][2] = {
		{ "sipd", "org.sallyport.Sip" },
		{ "mediad", "org.sallyport.Media" },
		{ "routed", "org.sallyport.Route" },
		{ "guardd", "org.sallyport.Guard" },
		{ "fwd", "org.sallyport.Firewall" },
	};
	struct facts *f = calloc(1, sizeof(*f));
	int err = 0;

	if (!f)
		return NULL;
	f->config = *config;
	f->sip = open_view(config->run_dir, "sipd");
	f->guard = open_view(config->run_dir, "guardd");
	f->extensions = watch_open(config->bus, config->run_dir,
				   &extension_record, on_extensions, f);
	for (size_t i = 0; i < N_PEERS && !err; i++) {
		f->peers[i].facts = f;
		f->peers[i].name = names[i][0];
		err = bus_watch_peer(config->bus, names[i][1], on_peer,
				     &f->peers[i]);
	}
	if (err || !f->sip || !f->guard || !f->extensions) {
		facts_free(f);
		return NULL;
	}
	return f;
}

void facts_free(struct facts *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < N_PEERS; i++)
		bus_forget(f->config.bus, &f->peers[i]);
	if (f->extensions)
		watch_close(f->extensions);
	if (f->sip)
		view_close(f->sip);
	if (f->guard)
		view_close(f->guard);
	free(f);
}

static bool on_count(void *ctx, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)ctx;
	return true;
}

static void restart_count(void *ctx)
{
	*(size_t *)ctx = 0;
}

/* The numbers that have a phone: bindings of one extension count once. */
struct numbers {
	char (*all)[9];
	size_t n, size;
};

static bool on_binding(void *ctx, struct bytes key, struct bytes value)
{
	struct numbers *s = ctx;
	struct binding row;

	(void)key;
	record_init(&binding_record, &row);
	if (record_decode(&binding_record, &row, value.data, value.size))
		return true;
	if (s->n == s->size) {
		size_t size = s->size ? 2 * s->size : 256;
		void *all = size > BINDINGS_MAX
				    ? NULL
				    : realloc(s->all, size * sizeof(*s->all));

		if (!all)
			return false;
		s->all = all;
		s->size = size;
	}
	(void)snprintf(s->all[s->n++], sizeof(s->all[0]), "%s", row.extension);
	return true;
}

static void restart_numbers(void *ctx)
{
	((struct numbers *)ctx)->n = 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static size_t count_registered(struct view *v)
{
	struct numbers s = { 0 };
	size_t different = 0;

	(void)view_each(v, "binding", on_binding, restart_numbers, &s);
	if (s.n)
		qsort(s.all, s.n, sizeof(s.all[0]), compare);
	for (size_t i = 0; i < s.n; i++)
		different += !i || strcmp(s.all[i], s.all[i - 1]) != 0;
	free(s.all);
	return different;
}

static void refresh(struct facts *f)
{
	uint64_t now = clock_mono_ms();

	if (f->read_ms && now - f->read_ms < FRESH_MS)
		return;
	f->read_ms = now;
	f->at_ms = clock_wall_ms();
	f->calls = f->bans = 0;
	(void)view_each(f->sip, "call", on_count, restart_count, &f->calls);
	(void)view_each(f->guard, "rejected", on_count, restart_count,
			&f->bans);
	f->registered = count_registered(f->sip);
}

json_t *facts_live(struct facts *f)
{
	refresh(f);
	return json_pack("{sI sI sI sI sI}", "calls", (json_int_t)f->calls,
			 "registered", (json_int_t)f->registered, "extensions",
			 (json_int_t)watch_count(f->extensions), "bans",
			 (json_int_t)f->bans, "at_ms", (json_int_t)f->at_ms);
}

json_t *facts_daemons(const struct facts *f)
{
	json_t *all = json_array();

	for (size_t i = 0; all && i < N_PEERS; i++) {
		const struct peer *p = &f->peers[i];

		(void)json_array_append_new(
			all, json_pack("{ss sb sI}", "name", p->name, "there",
				       p->there, "since_ms",
				       (json_int_t)p->since_ms));
	}
	return all;
}

bool facts_banned(struct facts *f, const char *service,
		  const struct prefix *source)
{
	const char *const services[] = { service, "all" };
	char text[ADDR_TEXT], key[ADDR_TEXT + 16];

	prefix_format(source, text);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		(void)snprintf(key, sizeof(key), "%s@%s", services[i], text);
		if (view_has(f->guard, "rejected", key) != -ENOENT)
			return true;
	}
	return false;
}

const struct extension *facts_extension(const struct facts *f,
					const char *number)
{
	return f->extensions ? watch_get(f->extensions, number) : NULL;
}

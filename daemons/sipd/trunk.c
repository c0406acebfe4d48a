#include "trunk.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "dns.h"
#include "live.h"
#include "log.h"
#include "records.h"
#include "store.h"
#include "table.h"

#include "registrar.h"
#include "sofia_agent.h"
#include "trunk_check.h"
#include "trunk_farewell.h"
#include "trunk_line.h"

enum { DNS_TRY_MS = 2000, DNS_TRIES = 3 };

struct entry {
	UT_hash_handle hh;
	struct trunk_line *line;
	char name[PEER_TRUNK];
};

struct trunks {
	struct trunks_config config;
	struct trunk_env env;
	struct table *table;
	struct entry *lines;
};

static struct trunk_line *find(const struct trunks *t, const char *name)
{
	struct entry *e;

	HASH_FIND_STR(t->lines, name, e);
	return e ? e->line : NULL;
}

static int add_line(struct trunks *t, const struct trunk *row,
		    const struct trunk_state *before)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	memcpy(e->name, row->name, sizeof(e->name));
	e->line = trunk_line_new(&t->env, row, before);
	if (e->line)
		HASH_ADD_STR(t->lines, name, e);
	if (e->line && e->hh.tbl)
		return 0;
	trunk_line_free(e->line);
	free(e);
	return -ENOMEM;
}

static void drop_entry(struct trunks *t, struct entry *e)
{
	HASH_DEL(t->lines, e);
	trunk_line_free(e->line);
	free(e);
}

static void drop_line(struct trunks *t, const char *name)
{
	struct entry *e;

	HASH_FIND_STR(t->lines, name, e);
	if (e) {
		trunk_line_leave(e->line);
		drop_entry(t, e);
	}
	(void)live_del(t->env.live, name);
	live_tell(t->env.live, name);
}

static int on_check(void *ctx, const void *old, void *row, bool force,
		    struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return trunk_check(row, issue);
}

static void on_apply(void *ctx, struct table_change *change,
		     const void *old_row, const void *new_row)
{
	const struct trunk *old = old_row, *row = new_row;
	struct trunks *t = ctx;
	const char *error = NULL;
	struct trunk_line *line;

	if (old && (!row || !row->enabled))
		t->config.gone(t->config.ctx, old->name);
	line = row ? find(t, row->name) : NULL;
	if (!row)
		drop_line(t, old->name);
	else if (line)
		trunk_line_change(line, row);
	else if (add_line(t, row, NULL) < 0)
		error = "out of memory";
	table_change_done(change, error);
}

/* The live rows that the last run left. */
struct befores {
	struct trunks *trunks;
	struct trunk_state rows[100]; /* the table has no more */
	size_t n;
};

static void on_before(void *ctx, const void *row)
{
	struct befores *b = ctx;

	if (b->n < sizeof(b->rows) / sizeof(b->rows[0]))
		b->rows[b->n++] = *(const struct trunk_state *)row;
}

static const struct trunk_state *before_of(const struct befores *b,
					   const char *name)
{
	for (size_t i = 0; i < b->n; i++) {
		if (strcmp(b->rows[i].name, name) == 0)
			return &b->rows[i];
	}
	return NULL;
}

static int open_lines(struct trunks *t)
{
	struct befores *b = calloc(1, sizeof(*b));
	int rc = b ? 0 : -ENOMEM;

	if (b)
		(void)live_each(t->env.live, on_before, b);
	for (size_t i = 0; b && i < b->n; i++) {
		if (!table_get(t->table, b->rows[i].name))
			(void)live_del(t->env.live, b->rows[i].name);
	}
	for (size_t i = 0; rc == 0 && i < table_count(t->table); i++) {
		const struct trunk *row = table_at(t->table, i);

		rc = add_line(t, row, before_of(b, row->name));
	}
	free(b);
	return rc;
}

static int open_table(struct trunks *t, char *why, size_t why_size)
{
	static const struct table_ops ops = {
		.check = on_check,
		.apply = on_apply,
	};
	struct table_config config = {
		.record = &trunk_record,
		.ops = &ops,
		.ctx = t,
		.bus = t->config.bus,
		.store = t->config.store,
		.seal = t->config.seal,
		.run_dir = t->config.run_dir,
	};

	t->table = table_open(&config, why, why_size);
	return t->table ? 0 : -EIO;
}

struct trunks *trunks_new(const struct trunks_config *config, char *why,
			  size_t why_size)
{
	struct trunks *t = calloc(1, sizeof(*t));

	(void)snprintf(why, why_size, "not enough memory");
	if (!t)
		return NULL;
	t->config = *config;
	t->env.base = config->base;
	t->env.sofia = config->sofia;
	t->env.live = live_open(&trunk_state_record, config->bus, config->store,
				NULL, NULL);
	t->env.farewells = farewells_new();
	t->env.dns = dns_new(config->base, DNS_TRY_MS, DNS_TRIES);
	if (t->env.live && t->env.farewells && t->env.dns &&
	    open_table(t, why, why_size) == 0 && open_lines(t) == 0)
		return t;
	trunks_free(t);
	return NULL;
}

void trunks_leave(struct trunks *t)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->lines, e, next)
	trunk_line_leave(e->line);
	/* None is waited for longer than a second. */
	while (!farewells_done(t->env.farewells)) {
		if (event_base_loop(t->config.base, EVLOOP_ONCE) != 0)
			return;
	}
}

void trunks_free(struct trunks *t)
{
	struct entry *e, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->lines, e, next)
	drop_entry(t, e);
	farewells_free(t->env.farewells);
	dns_free(t->env.dns);
	table_close(t->table);
	live_close(t->env.live);
	free(t);
}

const struct trunk *trunks_get(const struct trunks *t, const char *name)
{
	const struct trunk_line *l = find(t, name);
	const struct trunk *row = l ? trunk_line_row(l) : NULL;

	return row && row->enabled ? row : NULL;
}

size_t trunks_targets(struct trunks *t, const char *name, struct target *out,
		      size_t max)
{
	const struct trunk_line *l = find(t, name);
	const struct trunk_place *places;
	size_t n = l ? trunk_line_places(l, &places) : 0;

	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		trunk_target(t->config.sofia, name, &places[i], &out[i]);
	return n;
}

struct where *trunks_where(struct trunks *t, const struct where_question *q,
			   where_done_fn done, void *ctx)
{
	return where_ask(t->env.dns, q, done, ctx);
}

bool trunks_down(const struct trunks *t, const char *name)
{
	const struct trunk_line *l = find(t, name);

	return l && trunk_line_state(l)->state == TRUNK_STATE_STATE_UNREACHABLE;
}

bool trunks_owns(const struct trunks *t, const char *name,
		 const struct addr *addr)
{
	const struct trunk_line *l = find(t, name);

	return l && trunk_line_owns(l, addr);
}

const char *trunks_networks(const struct trunks *t, const char *name)
{
	const struct trunk_line *l = find(t, name);

	return l ? trunk_line_state(l)->addresses : "";
}

const char *trunks_contact_user(const struct trunks *t, const char *name)
{
	const struct trunk_line *l = find(t, name);

	return l ? trunk_line_state(l)->contact_user : "";
}

const char *trunks_realm(const struct trunks *t, const char *name)
{
	const struct trunk_line *l = find(t, name);

	if (!l)
		return "";
	return trunk_line_row(l)->realm[0] ? trunk_line_row(l)->realm
					   : trunk_line_state(l)->realm;
}

void trunks_proved(struct trunks *t, const char *name, const char *realm)
{
	struct trunk_line *l = find(t, name);

	if (l)
		trunk_line_proved(l, realm);
}

void trunks_call(struct trunks *t, const char *name, int by)
{
	struct trunk_line *l = find(t, name);

	if (l)
		trunk_line_call(l, by);
}

void trunks_failed(struct trunks *t, const char *name, const char *why)
{
	struct trunk_line *l = find(t, name);

	if (l)
		trunk_line_failed(l, why);
}

bool trunks_tls(const struct trunks *t, const struct addr *addr, uint16_t port,
		struct sofia_tls_peer *out)
{
	struct entry *e, *next;
	bool found = false;

	HASH_ITER(hh, t->lines, e, next)
	{
		const struct trunk *row = trunk_line_row(e->line);

		if (!trunk_line_at(e->line, addr, port) ||
		    (found && !row->check_certificate))
			continue;
		memcpy(out->host, row->host, sizeof(out->host));
		memcpy(out->domain, row->domain, sizeof(out->domain));
		memcpy(out->ca_file, row->ca_file, sizeof(out->ca_file));
		out->check = row->check_certificate;
		found = true;
	}
	return found;
}

void trunks_tls_failed(struct trunks *t, const struct addr *addr, uint16_t port,
		       const char *why)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->lines, e, next)
	{
		if (trunk_line_at(e->line, addr, port))
			trunk_line_distrust(e->line, why);
	}
}

const char *trunks_of(const struct trunks *t, const char *uri_user,
		      const struct addr *source)
{
	const char *by_address = NULL;
	struct entry *e, *next;

	HASH_ITER(hh, t->lines, e, next)
	{
		const char *user = trunk_line_state(e->line)->contact_user;

		if (!trunk_line_row(e->line)->enabled)
			continue;
		/* Some providers send it back in other letters. */
		if (strcasecmp(user, uri_user) == 0)
			return e->name;
		if (!by_address && trunk_line_owns(e->line, source))
			by_address = e->name;
	}
	return by_address;
}

void trunks_each(const struct trunks *t, trunks_row_fn fn, void *ctx)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->lines, e, next)
	fn(ctx, trunk_line_state(e->line));
}

int trunks_test(struct trunks *t, const char *name,
		const struct trunk_tester *teller)
{
	struct trunk_line *l = find(t, name);

	return l ? trunk_line_test(l, teller) : -ENOENT;
}

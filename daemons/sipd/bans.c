#include "bans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uthash.h>

#include "addr.h"
#include "records.h"
#include "store.h"

enum {
	BANS_MAX = 65536,
	NETWORKS_MAX = 64, /* bans of whole networks, by hand */
};

struct ban {
	struct prefix source;
	uint64_t until_ms; /* 0: for ever */
	UT_hash_handle hh;
};

struct bans {
	struct ban *sources; /* one address, or one IPv6 /64 */
	struct ban networks[NETWORKS_MAX];
	size_t n_networks;
	struct view *guard; /* or NULL */
	bool known;         /* guardd's view has been read */
};

struct bans *bans_new(const char *run_dir)
{
	struct bans *b = calloc(1, sizeof(*b));
	char dir[256];

	if (!b)
		return NULL;
	b->known = !run_dir;
	if (!run_dir)
		return b;
	(void)snprintf(dir, sizeof(dir), "%s/guardd", run_dir);
	b->guard = view_open(dir);
	if (b->guard)
		return b;
	free(b);
	return NULL;
}

void bans_free(struct bans *b)
{
	struct ban *ban, *next;

	if (!b)
		return;
	HASH_ITER(hh, b->sources, ban, next)
	{
		HASH_DEL(b->sources, ban);
		free(ban);
	}
	if (b->guard)
		view_close(b->guard);
	free(b);
}

static bool is_single(const struct prefix *p)
{
	return (p->addr.family == AF_INET && p->len == 32) ||
	       (p->addr.family == AF_INET6 && p->len == 64);
}

static struct ban *find(struct bans *b, const struct prefix *p)
{
	struct ban *ban;

	HASH_FIND(hh, b->sources, p, sizeof(*p), ban);
	return ban;
}

static void put_network(struct bans *b, const struct prefix *p,
			uint64_t until_ms)
{
	size_t i = 0;

	while (i < b->n_networks &&
	       memcmp(&b->networks[i].source, p, sizeof(*p)) != 0)
		i++;
	if (i == NETWORKS_MAX)
		return; /* the packet filter has it */
	if (i == b->n_networks)
		b->n_networks++;
	b->networks[i].source = *p;
	b->networks[i].until_ms = until_ms;
}

static void drop_network(struct bans *b, const struct prefix *p)
{
	for (size_t i = 0; i < b->n_networks; i++) {
		if (memcmp(&b->networks[i].source, p, sizeof(*p)) != 0)
			continue;
		b->networks[i] = b->networks[--b->n_networks];
		return;
	}
}

static void put(struct bans *b, const struct prefix *p, uint64_t until_ms)
{
	struct ban *ban = find(b, p);

	if (!ban) {
		/* When full the oldest gives way: the filter still has it. */
		if (HASH_COUNT(b->sources) >= BANS_MAX) {
			ban = b->sources;
			HASH_DEL(b->sources, ban);
			free(ban);
		}
		ban = calloc(1, sizeof(*ban));
		if (!ban)
			return;
		ban->source = *p;
		HASH_ADD(hh, b->sources, source, sizeof(ban->source), ban);
	}
	ban->until_ms = until_ms;
}

static void drop(struct bans *b, const struct prefix *p)
{
	struct ban *ban = find(b, p);

	if (!ban)
		return;
	HASH_DEL(b->sources, ban);
	free(ban);
}

static void take(struct bans *b, const char *service, const char *source,
		 bool banned, uint64_t until_ms)
{
	struct prefix raw, p;
	char why[128];

	if (strcmp(service, "sip") != 0 && strcmp(service, "all") != 0)
		return;
	memset(&raw, 0, sizeof(raw));
	if (prefix_parse(&raw, source, why, sizeof(why)) < 0)
		return;
	/* A single IPv6 address stands for its /64 (SPEC 6). */
	memset(&p, 0, sizeof(p));
	if (raw.addr.family == AF_INET6 && raw.len == 128)
		prefix_of_source(&p, &raw.addr);
	else
		p = raw;
	if (is_single(&p)) {
		if (banned)
			put(b, &p, until_ms);
		else
			drop(b, &p);
	} else if (banned) {
		put_network(b, &p, until_ms);
	} else {
		drop_network(b, &p);
	}
}

void bans_fact(struct bans *b, const struct ban_fact *fact)
{
	take(b, fact->service, fact->source, fact->op == BAN_FACT_OP_BANNED,
	     fact->until_ms);
}

static bool on_row(void *ctx, struct bytes key, struct bytes value)
{
	struct rejected row;

	(void)key;
	if (record_decode(&rejected_record, &row, value.data, value.size) == 0)
		take(ctx, row.service, row.source, true, row.until_ms);
	return true;
}

/* What was taken before counts only while it stands: it may stay. */
static void on_restart(void *ctx)
{
	(void)ctx;
}

void bans_read(struct bans *b)
{
	if (b->guard && view_exists(b->guard) &&
	    view_each(b->guard, "rejected", on_row, on_restart, b) != -EAGAIN)
		b->known = true;
}

bool bans_known(const struct bans *b)
{
	return b->known;
}

/* guardd's row of it: for this service, or for all. Asked for those alone that
   we have as banned, so it is asked seldom. */
static bool stands(struct bans *b, const struct prefix *source)
{
	static const char *const services[] = { "sip", "all" };
	char text[ADDR_TEXT], key[ADDR_TEXT + 8];

	if (!b->guard)
		return true;
	prefix_format(source, text);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		(void)snprintf(key, sizeof(key), "%s@%s", services[i], text);
		if (view_has(b->guard, "rejected", key) != -ENOENT)
			return true;
	}
	return false;
}

bool bans_has(struct bans *b, const struct addr *addr, uint64_t now_ms)
{
	struct prefix p;
	struct ban *ban;

	if (!b->sources && b->n_networks == 0)
		return false;
	memset(&p, 0, sizeof(p));
	prefix_of_source(&p, addr);
	ban = find(b, &p);
	if (ban && (ban->until_ms == 0 || ban->until_ms > now_ms))
		return stands(b, &p);
	if (ban)
		drop(b, &p);
	for (size_t i = 0; i < b->n_networks; i++) {
		const struct ban *net = &b->networks[i];

		if ((net->until_ms == 0 || net->until_ms > now_ms) &&
		    prefix_contains(&net->source, addr))
			return true;
	}
	return false;
}

/* The set of banned sources: facts in, questions out. */
#include <event2/event.h>

#include "addr.h"
#include "bans.h"
#include "check.h"
#include "records.h"
#include "store.h"
#include "temp.h"

static void tell(struct bans *b, enum ban_fact_op op, const char *source,
		 const char *service, uint64_t until_ms)
{
	struct ban_fact fact;

	record_init(&ban_fact_record, &fact);
	fact.op = op;
	(void)snprintf(fact.source, sizeof(fact.source), "%s", source);
	(void)snprintf(fact.service, sizeof(fact.service), "%s", service);
	fact.until_ms = until_ms;
	bans_fact(b, &fact);
}

static bool has(struct bans *b, const char *text, uint64_t now_ms)
{
	struct addr a;

	CHECK_EQ(addr_parse(&a, text), 0);
	return bans_has(b, &a, now_ms);
}

/* guardd as far as its view goes. */
struct guard {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH];
	char view[TEMP_PATH + 8];
};

static void guard_begins(struct guard *g)
{
	struct store_config config = { .state_dir = g->dir,
				       .view_dir = g->view };
	char why[256];

	temp_dir(g->dir);
	(void)snprintf(g->view, sizeof(g->view), "%s/guardd", g->dir);
	g->base = event_base_new();
	CHECK(g->base);
	g->store = store_open(g->base, &config, why, sizeof(why));
	CHECK(g->store);
}

static void guard_ends(struct guard *g)
{
	store_close(g->store);
	event_base_free(g->base);
	temp_remove(g->dir);
}

static void row(struct guard *g, const char *key, bool there)
{
	struct bytes k = { key, strlen(key) };

	CHECK_EQ(there ? store_view_put(g->store, "rejected", k, k)
		       : store_view_del(g->store, "rejected", k),
		 0);
	CHECK_EQ(store_view_publish(g->store), 0);
}

/* What was told counts while the row stands: guardd takes it out before its
   "lifted" is heard. */
static void test_row(void)
{
	struct guard g;
	struct bans *b;

	guard_begins(&g);
	b = bans_new(g.dir);
	CHECK(b);
	row(&g, "sip@203.0.113.9", true);
	row(&g, "all@2001:db8:1:2::/64", true);
	row(&g, "https@203.0.113.10", true);
	tell(b, BAN_FACT_OP_BANNED, "203.0.113.9", "sip", 0);
	tell(b, BAN_FACT_OP_BANNED, "203.0.113.10", "sip", 0);
	tell(b, BAN_FACT_OP_BANNED, "2001:db8:1:2::/64", "all", 0);
	CHECK(has(b, "203.0.113.9", 1000));
	CHECK(!has(b, "203.0.113.10", 1000));
	CHECK(has(b, "2001:db8:1:2::7", 1000));
	row(&g, "sip@203.0.113.9", false);
	CHECK(!has(b, "203.0.113.9", 1000));
	/* Again, before "lifted" was heard. */
	row(&g, "sip@203.0.113.9", true);
	CHECK(has(b, "203.0.113.9", 1000));
	bans_free(b);
	guard_ends(&g);
}

static void ban_row(struct guard *g, const char *key, const char *service,
		    const char *source)
{
	struct rejected r;
	uint8_t value[2048];
	int n;

	record_init(&rejected_record, &r);
	(void)snprintf(r.id, sizeof(r.id), "%s", key);
	(void)snprintf(r.service, sizeof(r.service), "%s", service);
	(void)snprintf(r.source, sizeof(r.source), "%s", source);
	n = record_encode(&rejected_record, &r, value, sizeof(value));
	CHECK(n > 0);
	CHECK_EQ(store_view_put(g->store, "rejected",
				(struct bytes){ key, strlen(key) },
				(struct bytes){ value, (size_t)n }),
		 0);
}

/* At a start nothing is known before guardd's view is there; then all is. */
static void test_start(void)
{
	struct guard g;
	struct bans *b;

	guard_begins(&g);
	b = bans_new(g.dir);
	CHECK(b);
	bans_read(b);
	CHECK(!bans_known(b));
	ban_row(&g, "sip@203.0.113.9", "sip", "203.0.113.9");
	ban_row(&g, "all@198.51.100.0/24", "all", "198.51.100.0/24");
	ban_row(&g, "ssh@203.0.113.10", "ssh", "203.0.113.10");
	CHECK_EQ(store_view_publish(g.store), 0);
	bans_read(b);
	CHECK(bans_known(b));
	CHECK(has(b, "203.0.113.9", 1000));
	CHECK(has(b, "198.51.100.7", 1000));
	CHECK(!has(b, "203.0.113.10", 1000));
	bans_free(b);
	guard_ends(&g);
}

int main(void)
{
	struct bans *b = bans_new(NULL);

	CHECK(b);
	CHECK(!has(b, "203.0.113.9", 1000));
	tell(b, BAN_FACT_OP_BANNED, "203.0.113.9", "sip", 5000);
	tell(b, BAN_FACT_OP_BANNED, "203.0.113.10", "https", 5000);
	tell(b, BAN_FACT_OP_BANNED, "203.0.113.11", "all", 0);
	CHECK(has(b, "203.0.113.9", 1000));
	CHECK(!has(b, "203.0.113.10", 1000));
	CHECK(has(b, "203.0.113.11", 1ULL << 60));
	CHECK(!has(b, "203.0.113.9", 5000));
	tell(b, BAN_FACT_OP_LIFTED, "203.0.113.11", "all", 0);
	CHECK(!has(b, "203.0.113.11", 1000));
	/* One IPv6 address stands for its /64, either way it is told. */
	tell(b, BAN_FACT_OP_BANNED, "2001:db8:1:2::7", "sip", 0);
	CHECK(has(b, "2001:db8:1:2:ffff::1", 1000));
	CHECK(!has(b, "2001:db8:1:3::7", 1000));
	tell(b, BAN_FACT_OP_LIFTED, "2001:db8:1:2::/64", "sip", 0);
	CHECK(!has(b, "2001:db8:1:2::7", 1000));
	/* A network, by hand. */
	tell(b, BAN_FACT_OP_BANNED, "198.51.100.0/24", "sip", 0);
	CHECK(has(b, "198.51.100.77", 1000));
	tell(b, BAN_FACT_OP_LIFTED, "198.51.100.0/24", "sip", 0);
	CHECK(!has(b, "198.51.100.77", 1000));
	tell(b, BAN_FACT_OP_BANNED, "not an address", "sip", 0);
	bans_free(b);
	test_row();
	test_start();
	return 0;
}

/* The set of banned sources: facts in, questions out. */
#include "addr.h"
#include "bans.h"
#include "check.h"
#include "records.h"

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

int main(void)
{
	struct bans *b = bans_new();

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
	return 0;
}

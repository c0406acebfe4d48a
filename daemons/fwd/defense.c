#include "defense.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ports.h"
#include "ruleset_put.h"

enum { HIT_S = 60 }; /* far longer than until somebody looks */

static const int families[] = { AF_INET, AF_INET6 };

void defense_counter(char name[RULESET_NAME], const char *row)
{
	snprintf(name, RULESET_NAME, "defense_%.32s", row);
}

void defense_hits(char name[RULESET_NAME], int family, const char *row)
{
	snprintf(name, RULESET_NAME, "hits%c_%.32s",
		 family == AF_INET ? '4' : '6', row);
}

void defense_proven(char name[RULESET_NAME], int family, const char *row)
{
	snprintf(name, RULESET_NAME, "proven%c_%.32s",
		 family == AF_INET ? '4' : '6', row);
}

bool defense_proves(const struct auto_defense *row)
{
	return row->enabled && row->ban_s > 0 &&
	       row->protocol == AUTO_DEFENSE_PROTOCOL_TCP;
}

bool defense_by_connection(const struct auto_defense *row)
{
	return row->counted == AUTO_DEFENSE_COUNTED_CONNECTIONS ||
	       (row->counted == AUTO_DEFENSE_COUNTED_AUTO &&
		row->protocol == AUTO_DEFENSE_PROTOCOL_TCP);
}

/* With the numbers in it: who changes them begins with empty buckets. */
static void bucket_name(char name[RULESET_NAME], const char *what,
			const struct auto_defense *row)
{
	snprintf(name, RULESET_NAME, "%s_%.32s_%u_%u", what, row->name,
		 row->packets, row->seconds);
}

static void chain_name(char name[RULESET_NAME], const char *what,
		       const char *row)
{
	snprintf(name, RULESET_NAME, "%s_%.32s", what, row);
}

static bool is_on(const struct auto_defense *row, struct ports *ports)
{
	/* What does not read as a port defends nothing. */
	return row->enabled && ports_parse(ports, row->port) == 0;
}

static struct ruleset_limit rate_of(const struct auto_defense *row,
				    uint32_t times)
{
	struct ruleset_limit rate = {
		.packets = row->packets * times,
		.seconds = row->seconds,
		.burst = row->packets * times,
		.within = true,
	};

	bucket_name(rate.name, "others", row);
	return rate;
}

/* Nobody finishes more handshakes than the row admits: the last of these is
   over. Of a row that admits one, each. */
static struct ruleset_limit proof_of(const struct auto_defense *row)
{
	return (struct ruleset_limit){ .packets = row->packets - 1,
				       .seconds = row->seconds,
				       .burst = row->packets - 1 };
}

static void put_proven_sets(struct ruleset *rs, const struct auto_defense *row)
{
	char name[RULESET_NAME];

	if (!defense_proves(row))
		return;
	if (row->packets > 1) {
		bucket_name(name, "done4", row);
		put_set_of(rs, name, SET_IPV4, SET_DYNAMIC, DEFENSE_SOURCES);
		bucket_name(name, "done6", row);
		put_set_of(rs, name, SET_IPV6, SET_DYNAMIC, DEFENSE_SOURCES);
		chain_name(name, "flows", row->name);
		put_set_of(rs, name, SET_FLOW, SET_DYNAMIC, DEFENSE_SOURCES);
	}
	defense_proven(name, AF_INET, row->name);
	put_set_of(rs, name, SET_IPV4, SET_DYNAMIC, DEFENSE_SOURCES);
	defense_proven(name, AF_INET6, row->name);
	put_set_of(rs, name, SET_IPV6, SET_DYNAMIC, DEFENSE_SOURCES);
}

void defense_put_sets(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->in.n_defense; i++) {
		const struct auto_defense *row = &rs->in.defense[i];
		struct ruleset_limit others = rate_of(row, DEFENSE_OTHERS);
		char name[RULESET_NAME];
		struct ports ports;

		defense_counter(name, row->name);
		put_counter(rs, name);
		if (!is_on(row, &ports))
			continue;
		put_limit(rs, &others);
		bucket_name(name, "rate4", row);
		put_set_of(rs, name, SET_IPV4, SET_DYNAMIC, DEFENSE_SOURCES);
		bucket_name(name, "rate6", row);
		put_set_of(rs, name, SET_IPV6, SET_DYNAMIC, DEFENSE_SOURCES);
		defense_hits(name, AF_INET, row->name);
		put_set_of(rs, name, SET_IPV4, SET_DYNAMIC, DEFENSE_HITS);
		defense_hits(name, AF_INET6, row->name);
		put_set_of(rs, name, SET_IPV6, SET_DYNAMIC, DEFENSE_HITS);
		put_proven_sets(rs, row);
		chain_name(name, "defend", row->name);
		put_chain(rs, name, CHAIN_PLAIN);
		chain_name(name, "over", row->name);
		put_chain(rs, name, CHAIN_PLAIN);
	}
}

static struct rule *put_rule_of(struct ruleset *rs, const char *chain,
				const struct auto_defense *row)
{
	struct rule *r = put_rule(rs, chain, "auto defense");

	snprintf(r->row, sizeof(r->row), "%s", row->name);
	return r;
}

/*
 * A bucket of its own with something in it: on. No place for one: something in
 * the bucket of all such. A set is looked up with "not in" alone, for a lookup
 * that finds an element takes from its bucket, too.
 */
static void put_buckets(struct ruleset *rs, const struct auto_defense *row)
{
	struct ruleset_limit rate = rate_of(row, 1);
	char chain[RULESET_NAME], name[RULESET_NAME];
	struct rule *r;

	chain_name(chain, "defend", row->name);
	for (size_t i = 0; i < 2; i++) {
		bool v4 = families[i] == AF_INET;
		enum op_kind family = v4 ? OP_IPV4 : OP_IPV6;

		bucket_name(name, v4 ? "rate4" : "rate6", row);
		r = put_rule_of(rs, chain, row);
		put_op(r, family);
		put_op_rate(r, v4 ? OP_WITHIN4 : OP_WITHIN6, name, &rate);
		put_op(r, OP_RETURN);
		r = put_rule_of(rs, chain, row);
		put_op(r, family);
		put_op_name(r, v4 ? OP_SOURCE4_NOT_IN : OP_SOURCE64_NOT_IN,
			    name);
		bucket_name(name, "others", row);
		put_op_name(r, OP_LIMIT, name);
		put_op(r, OP_RETURN);
	}
	r = put_rule_of(rs, chain, row);
	chain_name(name, "over", row->name);
	put_op_name(r, OP_GOTO, name);
}

static void put_over(struct ruleset *rs, const struct auto_defense *row)
{
	char chain[RULESET_NAME], name[RULESET_NAME];
	struct rule *r;

	chain_name(chain, "over", row->name);
	/* Rules of their own: a full set ends a rule, and may end no more. */
	for (size_t i = 0; i < 2; i++) {
		bool v4 = families[i] == AF_INET;

		r = put_rule_of(rs, chain, row);
		put_op(r, v4 ? OP_IPV4 : OP_IPV6);
		defense_hits(name, families[i], row->name);
		put_op_name(r, v4 ? OP_NOTE4 : OP_NOTE6, name);
		r->op[r->n - 1].a = HIT_S;
	}
	r = put_rule_of(rs, chain, row);
	defense_counter(name, row->name);
	put_op_name(r, OP_COUNT, name);
	put_op(r, OP_DROP);
}

static struct rule *put_match(struct ruleset *rs,
			      const struct auto_defense *row,
			      const struct ports *ports)
{
	struct rule *r = put_rule_of(rs, "defense", row);

	put_op_number(r, OP_PROTOCOL,
		      row->protocol == AUTO_DEFENSE_PROTOCOL_TCP ? IPPROTO_TCP
								 : IPPROTO_UDP);
	put_op_range(r, OP_PORT, ports->first, ports->last);
	return r;
}

/* Goes on with the last of as many as the row admits. */
static void put_done(struct rule *r, const struct auto_defense *row, bool v4)
{
	struct ruleset_limit rate = proof_of(row);
	struct ruleset_limit once = { .packets = 1,
				      .seconds = row->seconds + HIT_S,
				      .burst = 1 };
	char set[RULESET_NAME];

	if (row->packets <= 1)
		return;
	chain_name(set, "flows", row->name);
	if (defense_by_connection(row))
		put_op_rate(r, OP_FIRST, set, &once);
	bucket_name(set, v4 ? "done4" : "done6", row);
	put_op_rate(r, v4 ? OP_OVER4 : OP_OVER6, set, &rate);
}

/* The first segment after the handshake proves the source; but not whose SYNs
   came before and after it: as many handshakes must be his. */
static void put_proof(struct ruleset *rs, const struct auto_defense *row,
		      const struct ports *ports)
{
	char set[RULESET_NAME];

	for (size_t i = 0; i < 2 && defense_proves(row); i++) {
		struct rule *r = put_match(rs, row, ports);
		bool v4 = families[i] == AF_INET;

		/* Not a reset: that is what a host says to an answer that it
		   never asked for. */
		put_op(r, OP_TCP_ACK);
		put_op_number(r, OP_CT_STATE, CT_ESTABLISHED);
		put_op(r, v4 ? OP_IPV4 : OP_IPV6);
		put_done(r, row, v4);
		defense_proven(set, families[i], row->name);
		put_op_name(r, v4 ? OP_NOTE4 : OP_NOTE6, set);
		r->op[r->n - 1].a = row->seconds + HIT_S;
	}
}

void defense_put(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->in.n_defense; i++) {
		const struct auto_defense *row = &rs->in.defense[i];
		char chain[RULESET_NAME];
		struct ports ports;
		struct rule *r;

		if (!is_on(row, &ports))
			continue;
		put_proof(rs, row, &ports);
		r = put_match(rs, row, &ports);
		if (defense_by_connection(row))
			put_op_number(r, OP_CT_STATE, CT_NEW);
		chain_name(chain, "defend", row->name);
		put_op_name(r, OP_JUMP, chain);
		put_buckets(rs, row);
		put_over(rs, row);
	}
}

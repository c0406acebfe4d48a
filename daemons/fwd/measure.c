#include "measure.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "defense.h"
#include "ports.h"
#include "ruleset_put.h"

enum { FORGOTTEN_S = 60 };

static const int families[] = { AF_INET, AF_INET6 };

bool meter_equal(const struct meter *a, const struct meter *b)
{
	return a->protocol == b->protocol &&
	       a->by_connection == b->by_connection && a->first == b->first &&
	       a->last == b->last;
}

static void named(char name[RULESET_NAME], const char *what,
		  const struct meter *m)
{
	snprintf(name, RULESET_NAME, "%s_%s_%u_%u_%s", what,
		 m->protocol == IPPROTO_TCP ? "tcp" : "udp", m->first, m->last,
		 m->by_connection ? "new" : "all");
}

void measure_set(char name[RULESET_NAME], int family, const struct meter *m)
{
	named(name, family == AF_INET ? "meter4" : "meter6", m);
}

void measure_counter(char name[RULESET_NAME], const struct meter *m)
{
	named(name, "meter", m);
}

int measure_of_row(struct meter *m, const struct auto_defense *row)
{
	bool tcp = row->protocol == AUTO_DEFENSE_PROTOCOL_TCP;
	struct ports ports;

	if (ports_parse(&ports, row->port) < 0)
		return -EINVAL;
	*m = (struct meter){ tcp ? IPPROTO_TCP : IPPROTO_UDP,
			     defense_by_connection(row), ports.first,
			     ports.last };
	return 0;
}

static void add(struct meter list[MEASURE_MAX], size_t *n,
		const struct meter *m)
{
	for (size_t i = 0; i < *n; i++)
		if (meter_equal(&list[i], m))
			return;
	if (*n < MEASURE_MAX)
		list[(*n)++] = *m;
}

size_t measure_list(const struct ruleset_input *in,
		    struct meter list[MEASURE_MAX])
{
	struct meter m;
	size_t n = 0;

	for (size_t i = 0; i < in->n_ports; i++) {
		const struct ruleset_port *p = &in->ports[i];

		m = (struct meter){ p->protocol, p->protocol == IPPROTO_TCP,
				    p->port, p->port };
		add(list, &n, &m);
	}
	if (in->rtp_min > 0) {
		m = (struct meter){ IPPROTO_UDP, false, in->rtp_min,
				    in->rtp_max };
		add(list, &n, &m);
	}
	for (size_t i = 0; i < in->n_defense; i++)
		if (measure_of_row(&m, &in->defense[i]) == 0)
			add(list, &n, &m);
	return n;
}

void measure_put_sets(struct ruleset *rs)
{
	struct meter list[MEASURE_MAX];
	size_t n = measure_list(&rs->in, list);
	char name[RULESET_NAME];

	for (size_t i = 0; i < n; i++) {
		measure_set(name, AF_INET, &list[i]);
		put_set_of(rs, name, SET_IPV4, SET_DYNAMIC, MEASURE_SOURCES);
		measure_set(name, AF_INET6, &list[i]);
		put_set_of(rs, name, SET_IPV6, SET_DYNAMIC, MEASURE_SOURCES);
		measure_counter(name, &list[i]);
		put_counter(rs, name);
		put_chain(rs, name, CHAIN_PLAIN);
	}
}

/* The counter first: a full set ends a rule. */
static void put_meter(struct ruleset *rs, const struct meter *m)
{
	char chain[RULESET_NAME], set[RULESET_NAME];
	struct rule *r = put_rule(rs, "measure", "measured");

	measure_counter(chain, m);
	put_op_number(r, OP_PROTOCOL, m->protocol);
	put_op_range(r, OP_PORT, m->first, m->last);
	if (m->by_connection)
		put_op_number(r, OP_CT_STATE, CT_NEW);
	put_op_name(r, OP_COUNT, chain);
	put_op_name(r, OP_JUMP, chain);
	for (size_t i = 0; i < 2; i++) {
		bool v4 = families[i] == AF_INET;

		r = put_rule(rs, chain, "measured");
		put_op(r, v4 ? OP_IPV4 : OP_IPV6);
		measure_set(set, families[i], m);
		put_op_name(r, v4 ? OP_NOTE4 : OP_NOTE6, set);
		r->op[r->n - 1].a = FORGOTTEN_S;
	}
}

void measure_put(struct ruleset *rs)
{
	struct meter list[MEASURE_MAX];
	size_t n = measure_list(&rs->in, list);

	for (size_t i = 0; i < n; i++)
		put_meter(rs, &list[i]);
}

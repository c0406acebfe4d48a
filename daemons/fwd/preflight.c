#include "preflight.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "flows.h"
#include "fwd.h"

static const char *const services[] = {
	[WALL_FLOW_SERVICE_SIP] = "sip",
	[WALL_FLOW_SERVICE_RTP] = "rtp",
	[WALL_FLOW_SERVICE_HTTPS] = "https",
};

static uint16_t port_of(const struct ruleset *rs, const struct wall_flow *flow)
{
	enum wall_service service =
		flow->service == WALL_FLOW_SERVICE_SIP ? WALL_SIP : WALL_HTTPS;
	uint8_t protocol = flow->protocol == WALL_FLOW_PROTOCOL_UDP
				   ? IPPROTO_UDP
				   : IPPROTO_TCP;

	if (flow->service == WALL_FLOW_SERVICE_RTP)
		return rs->in.rtp_min;
	for (size_t i = 0; i < rs->in.n_ports; i++)
		if (rs->in.ports[i].service == service &&
		    rs->in.ports[i].protocol == protocol)
			return rs->in.ports[i].port;
	return 0;
}

/* The whole local network that it belongs to: one rule for all phones of the
   house. A stranger: just that address. */
static void rule_source(const struct fwd *f, const struct addr *source,
			char *text, size_t size)
{
	struct prefix p = { *source, source->family == AF_INET ? 32 : 128 };
	char buf[ADDR_TEXT];

	for (size_t i = 0; i < f->networks.n; i++) {
		const struct prefix *net = &f->networks.list[i].prefix;

		if (prefix_contains(net, source) && net->len <= p.len)
			p = *net;
	}
	prefix_format(&p, buf);
	snprintf(text, size, "%s", buf);
}

static void judge(struct ask_world *world, const struct wall_flow *flow,
		  struct preflight *row)
{
	bool udp = flow->protocol == WALL_FLOW_PROTOCOL_UDP;
	struct would answer;
	struct addr source;
	struct packet p;

	record_init(&preflight_record, row);
	snprintf(row->service, sizeof(row->service), "%s",
		 services[flow->service]);
	snprintf(row->protocol, sizeof(row->protocol), "%s",
		 udp ? "udp" : "tcp");
	snprintf(row->source, sizeof(row->source), "%s", flow->source);
	snprintf(row->who, sizeof(row->who), "%s", flow->who);
	row->last_ms = flow->last_ms;
	if (addr_parse(&source, flow->source) < 0)
		return;
	ask_packet(&p, &source, udp ? IPPROTO_UDP : IPPROTO_TCP,
		   port_of(world->rules, flow));
	ask(world, &p, &answer);
	row->cut = !answer.accept;
	if (answer.rule)
		snprintf(row->why, sizeof(row->why), "%s",
			 answer.rule->row[0] ? answer.rule->row
					     : answer.rule->why);
	if (!row->cut)
		return;
	snprintf(row->rule_port, sizeof(row->rule_port), "%s", row->service);
	snprintf(row->rule_protocol, sizeof(row->rule_protocol), "%s",
		 flow->service == WALL_FLOW_SERVICE_SIP ? "both"
		 : udp                                  ? "udp"
							: "tcp");
	rule_source(world->fwd, &source, row->rule_source,
		    sizeof(row->rule_source));
}

int preflight(struct fwd *f, preflight_fn fn, void *ctx)
{
	struct firewall settings = f->settings;
	struct built *b = calloc(1, sizeof(*b));
	const struct wall_flow *flow;
	struct preflight row;
	int err = -ENOMEM;

	if (!b)
		return err;
	settings.enabled = true;
	settings.drop_all = true;
	err = fwd_build(f, &(struct wanted){ .settings = &settings }, b);
	if (err == 0) {
		struct ask_world world = { f, &b->ruleset };

		flows_look(f->flows);
		for (size_t i = 0; (flow = flows_at(f->flows, i)); i++) {
			judge(&world, flow, &row);
			fn(ctx, &row);
		}
	}
	ruleset_fini(&b->ruleset);
	free(b);
	return err;
}

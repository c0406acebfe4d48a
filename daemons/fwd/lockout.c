#include "lockout.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "common.h"

static uint16_t https_port(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->in.n_ports; i++)
		if (rs->in.ports[i].service == WALL_HTTPS)
			return rs->in.ports[i].port;
	return 0;
}

static bool gets_in(struct ask_world *world, const struct addr *source,
		    const uint8_t *mac)
{
	struct would answer;
	struct packet p;

	ask_packet(&p, source, IPPROTO_TCP, https_port(world->rules));
	p.has_mac = mac != NULL;
	if (mac)
		memcpy(p.mac, mac, sizeof(p.mac));
	ask(world, &p, &answer);
	return answer.accept;
}

/* An address that this rule is about. */
static bool row_lets_in(struct ask_world *world, const struct common_rule *row)
{
	/* RFC 5737: of nobody */
	static const struct addr any = { AF_INET, { 192, 0, 2, 1 } };
	uint8_t mac[6];
	bool has_mac = common_mac(mac, row->mac) == 0;
	struct prefix source;
	char why[100];

	if (!row->enabled || row->action != COMMON_RULE_ACTION_ACCEPT)
		return false;
	if (row->source[0] &&
	    prefix_parse(&source, row->source, why, sizeof(why)) == 0)
		return gets_in(world, &source.addr, has_mac ? mac : NULL);
	return gets_in(world, &any, has_mac ? mac : NULL);
}

static bool anybody_gets_in(struct ask_world *world,
			    const struct common_rows *rows)
{
	const struct permits *ps = &world->fwd->permits;

	for (size_t i = 0; i < ps->n; i++)
		if (gets_in(world, &ps->list[i].source.addr, NULL))
			return true;
	for (size_t i = 0; i < rows->n; i++)
		if (row_lets_in(world, &rows->list[i]))
			return true;
	return false;
}

bool lockout_passes(struct fwd *f, const struct wanted *w, const char *actor,
		    char *who, size_t who_size)
{
	const char *at = strrchr(actor, '@');
	struct built *b = calloc(1, sizeof(*b));
	struct addr source;
	bool passes = false;

	snprintf(who, who_size, "everybody");
	if (b && fwd_build(f, w, b) == 0) {
		struct ask_world world = { f, &b->ruleset };

		if (at && addr_parse(&source, at + 1) == 0) {
			snprintf(who, who_size, "you (%s)", at + 1);
			passes = gets_in(&world, &source, NULL);
		} else {
			passes = anybody_gets_in(
				&world, w->common ? w->common : &f->common);
		}
	}
	if (b)
		ruleset_fini(&b->ruleset);
	free(b);
	return passes;
}

bool lockout_without(struct fwd *f, enum wall_service service,
		     const struct prefix *source, const char *actor, char *who,
		     size_t who_size)
{
	const struct wanted now = { NULL };
	bool shuts;

	if (!f->settings.enabled || !f->settings.drop_all ||
	    !lockout_passes(f, &now, actor, who, who_size) ||
	    !permits_take(&f->permits, service, source))
		return false;
	shuts = !lockout_passes(f, &now, actor, who, who_size);
	/* There is room: it was there before. */
	(void)permits_add(&f->permits, service, source);
	return shuts;
}

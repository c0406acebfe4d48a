#include "latch.h"

#include <string.h>

static bool sdp_same(const struct latch_conf *a, const struct latch_conf *b)
{
	return a->sdp_port == b->sdp_port && addr_equal(&a->sdp, &b->sdp);
}

void latch_set(struct latch *l, const struct latch_conf *conf, uint64_t now_ms)
{
	bool again = sdp_same(&l->conf, conf) &&
		     addr_equal(&l->conf.source, &conf->source);
	bool names =
		addr_equal(&l->addr, &conf->sdp) && l->port == conf->sdp_port;
	/* c=0.0.0.0 says where not to send, not that the sender moved. */
	bool held = !conf->sdp.family;

	l->conf = *conf;
	if (l->locked && (again || names || held)) {
		l->relearn_until_ms = now_ms + LATCH_RELEARN_MS;
		return;
	}
	l->locked = false;
	l->count = 0;
	l->relearn_until_ms = 0;
}

static bool from_locked(const struct latch *l, const struct latch_packet *p)
{
	return l->port == p->port && addr_equal(&l->addr, &p->from);
}

static bool exact(const struct latch *l, const struct latch_packet *p)
{
	return l->conf.sdp.family && l->conf.sdp_port == p->port &&
	       addr_equal(&l->conf.sdp, &p->from);
}

static bool allowed(const struct latch *l, const struct addr *a)
{
	return addr_equal(&l->conf.source, a) ||
	       prefix_list_contains(l->conf.permit_ip, a);
}

static void remember(struct latch *l, const struct latch_packet *p,
		     uint64_t now_ms)
{
	l->addr = p->from;
	l->port = p->port;
	l->ssrc = p->ssrc;
	l->seq = p->seq;
	l->since_ms = now_ms;
	l->count = 1;
}

static enum latch_verdict probation(struct latch *l,
				    const struct latch_packet *p,
				    uint64_t now_ms)
{
	bool goes_on = l->count && from_locked(l, p) && l->ssrc == p->ssrc &&
		       (uint16_t)(l->seq + 1) == p->seq;

	if (!goes_on) {
		remember(l, p, now_ms);
		return LATCH_WAIT;
	}
	l->seq = p->seq;
	if (l->count < LATCH_PACKETS)
		l->count++;
	if (l->count < LATCH_PACKETS || now_ms - l->since_ms < LATCH_MS)
		return LATCH_WAIT;
	l->locked = true;
	return LATCH_LOCKED;
}

enum latch_verdict latch_packet(struct latch *l, const struct latch_packet *p,
				uint64_t now_ms)
{
	if (l->locked) {
		if (!from_locked(l, p))
			return LATCH_FOREIGN;
		if (l->ssrc == p->ssrc)
			return LATCH_PASS;
		if (!p->negotiated || now_ms >= l->relearn_until_ms)
			return LATCH_FOREIGN;
		l->ssrc = p->ssrc;
		return LATCH_LOCKED;
	}
	if (exact(l, p)) {
		if (!p->negotiated)
			return LATCH_WAIT;
		remember(l, p, now_ms);
		l->locked = true;
		return LATCH_LOCKED;
	}
	if (!allowed(l, &p->from))
		return LATCH_FOREIGN;
	return p->negotiated ? probation(l, p, now_ms) : LATCH_WAIT;
}

bool latch_same_host(const struct latch *l, const struct addr *from)
{
	return l->locked && addr_equal(&l->addr, from);
}

bool latch_target(const struct latch *l, struct addr *to, uint16_t *port)
{
	const struct latch_conf *c = &l->conf;

	if (l->locked) {
		*to = l->addr;
		*port = l->port;
		return true;
	}
	if (!c->sdp.family || !c->sdp_port)
		return false;
	if (!allowed(l, &c->sdp) && !(c->local && addr_is_private(&c->sdp)))
		return false;
	*to = c->sdp;
	*port = c->sdp_port;
	return true;
}

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
	bool names = addr_equal(&l->own.addr, &conf->sdp) &&
		     l->own.port == conf->sdp_port;
	/* c=0.0.0.0 says where not to send, not that the sender moved. */
	bool held = !conf->sdp.family;

	l->conf = *conf;
	l->candidate.count = 0;
	l->locked &= again || names || held;
	l->relearn_until_ms = l->locked ? now_ms + LATCH_RELEARN_MS : 0;
}

static bool is_from(const struct latch_sender *s, const struct latch_packet *p)
{
	return s->port == p->port && addr_equal(&s->addr, &p->from);
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

static void remember(struct latch_sender *s, const struct latch_packet *p,
		     uint64_t now_ms)
{
	*s = (struct latch_sender){ .addr = p->from,
				    .port = p->port,
				    .ssrc = p->ssrc,
				    .seq = p->seq,
				    .count = 1,
				    .since_ms = now_ms };
}

static enum latch_verdict lock(struct latch *l, const struct latch_packet *p,
			       uint64_t now_ms)
{
	remember(&l->own, p, now_ms);
	l->candidate.count = 0;
	l->locked = true;
	return LATCH_LOCKED;
}

static enum latch_verdict probation(struct latch *l,
				    const struct latch_packet *p,
				    uint64_t now_ms)
{
	struct latch_sender *c = &l->candidate;
	bool goes_on = c->count && is_from(c, p) && c->ssrc == p->ssrc &&
		       (uint16_t)(c->seq + 1) == p->seq;

	if (!goes_on) {
		remember(c, p, now_ms);
		return LATCH_WAIT;
	}
	c->seq = p->seq;
	if (c->count < LATCH_PACKETS)
		c->count++;
	if (c->count < LATCH_PACKETS || now_ms - c->since_ms < LATCH_MS)
		return LATCH_WAIT;
	return lock(l, p, now_ms);
}

/* Nobody is locked, or may be replaced. */
static enum latch_verdict open_to(struct latch *l, const struct latch_packet *p,
				  uint64_t now_ms)
{
	bool is_exact = exact(l, p);

	if (!is_exact && !allowed(l, &p->from))
		return LATCH_FOREIGN;
	if (!p->negotiated)
		return LATCH_WAIT;
	return is_exact ? lock(l, p, now_ms) : probation(l, p, now_ms);
}

enum latch_verdict latch_packet(struct latch *l, const struct latch_packet *p,
				uint64_t now_ms)
{
	if (!l->locked)
		return open_to(l, p, now_ms);
	if (is_from(&l->own, p) && l->own.ssrc == p->ssrc)
		return LATCH_PASS;
	if (now_ms >= l->relearn_until_ms && !p->authentic)
		return LATCH_FOREIGN;
	if (!is_from(&l->own, p))
		return open_to(l, p, now_ms);
	if (!p->negotiated)
		return LATCH_FOREIGN;
	l->own.ssrc = p->ssrc;
	return LATCH_LOCKED;
}

bool latch_same_host(const struct latch *l, const struct addr *from)
{
	return l->locked && addr_equal(&l->own.addr, from);
}

bool latch_target(const struct latch *l, struct addr *to, uint16_t *port)
{
	const struct latch_conf *c = &l->conf;

	if (l->locked) {
		*to = l->own.addr;
		*port = l->own.port;
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

/*
 * Where messages come in from Sofia. Three places see them:
 *
 *	the request line's parser	first bytes: banned sources go no
 *further msg_extract_errors()		parsed: malformed ones, scanners the
 *agent's callback		well-formed, outside of any dialog
 *
 * The agent answers what it cannot read with a 400 by itself. For untrusted
 * sources we want silence (SPEC 3), so we take the place of the one function
 * of libsofia that it asks before that answer, msg_extract_errors(): for a
 * message to be dropped it takes the Via away, and without one the agent sends
 * nothing. (Checked against Debian's 1.12.11.)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sofia_impl.h"

/* Headers whose damage changes what a request means. Others are ignored when
   they cannot be read (RFC 3261 section 16.3, 21.4.1: be liberal). */
static const char *const vital[] = {
	"Via",     "From",           "To",           "Call-ID", "CSeq",
	"Contact", "Content-Length", "Max-Forwards", "Route",   "Authorization",
	"Require", "Content-Type",   "Record-Route", NULL,
};

static bool vital_damage(const sip_t *sip)
{
	const msg_error_t *e;

	for (e = sip->sip_error; e; e = (const msg_error_t *)e->er_next) {
		const char *name = e->er_name;

		if (!name)
			return true;
		for (size_t i = 0; vital[i]; i++) {
			if (strcasecmp(vital[i], name) == 0)
				return true;
		}
	}
	return false;
}

static const char *damage_of(const sip_t *sip)
{
	if (sip->sip_flags & MSG_FLG_ERROR)
		return "unreadable message";
	if (sip_sanity_check(sip) < 0)
		return "a mandatory header is missing or wrong";
	if (strcasecmp(sip->sip_request->rq_version, "SIP/2.0") != 0)
		return "another version of SIP";
	if (vital_damage(sip))
		return "a vital header is damaged";
	return NULL;
}

static bool is_scanner(struct sofia *s, const sip_t *sip)
{
	const char *name =
		sip->sip_user_agent ? sip->sip_user_agent->g_string : NULL;

	return name && s->config.ops->scanner(s->config.ctx, name);
}

static void judge(struct sofia *s, msg_t *msg, sip_t *sip)
{
	const struct sofia_ops *ops = s->config.ops;
	struct peer peer;
	const char *damage;

	sofia_peer(s, msg, &peer);
	if (is_scanner(s, sip)) {
		ops->bad(s->config.ctx, SOFIA_SCANNER, &peer,
			 "User-Agent of a known scanner");
	} else {
		damage = damage_of(sip);
		if (!damage) {
			sofia_flow_spoke(s, &peer);
			return;
		}
		ops->bad(s->config.ctx, SOFIA_MALFORMED, &peer, damage);
		if (peer.local)
			return;
	}
	/* No Via, no answer; and with an error it comes to nobody. */
	sip->sip_via = NULL;
	sip->sip_flags |= MSG_FLG_ERROR;
}

static issize_t parse_request_line(su_home_t *home, msg_header_t *h, char *s,
				   isize_t n)
{
	msg_t *msg = (msg_t *)home; /* parsers get msg_home(msg) */
	const struct sofia_class *class =
		(const struct sofia_class *)msg_mclass(msg)
			->mc_request->hr_class;
	struct sofia *sofia = class->sofia;
	const struct sofia_ops *ops = sofia->config.ops;
	struct peer peer;
	issize_t parsed;

	memset(&peer, 0, sizeof(peer));
	sofia_peer(sofia, msg, &peer);
	if (ops->banned(sofia->config.ctx, &peer.addr))
		return -1;
	parsed = class->parse(home, h, s, n);
	if (parsed < 0)
		ops->bad(sofia->config.ctx, SOFIA_MALFORMED, &peer,
			 "no request line");
	return parsed;
}

/*
 * Takes the place of libsofia's function of this name (see above). Its result,
 * the flags of the damaged headers, counts for nothing: the agent's masks are
 * 0. Messages of other origin (responses, those we build) pass untouched.
 */
unsigned msg_extract_errors(msg_t const *msg)
{
	sip_t *sip = sip_object(msg);
	const msg_hclass_t *class = msg_mclass(msg)->mc_request->hr_class;

	if (class->hc_parse == parse_request_line && sip && sip->sip_request)
		judge(((const struct sofia_class *)class)->sofia,
		      (msg_t *)(uintptr_t)msg, sip);
	return 0;
}

int sofia_entry_init(struct sofia *s)
{
	struct sofia_class *class = &s->request_class;

	s->mclass = msg_mclass_clone(sip_default_mclass(), 0, 0);
	if (!s->mclass)
		return -ENOMEM;
	memcpy(&class->hclass, s->mclass->mc_request->hr_class,
	       sizeof(class->hclass));
	class->parse = class->hclass.hc_parse;
	class->hclass.hc_parse = parse_request_line;
	class->sofia = s;
	s->mclass->mc_request->hr_class = &class->hclass;
	return 0;
}

void sofia_entry_fini(struct sofia *s)
{
	su_free(NULL, s->mclass);
	s->mclass = NULL;
}

int sofia_entry_message(struct sofia *s, nta_agent_t *agent, msg_t *msg,
			sip_t *sip)
{
	struct request r;

	/* Stray responses come here, too; and an agent whose ports are to be
	   closed takes no new work. */
	if (!sip->sip_request || agent != s->agent) {
		nta_msg_discard(agent, msg);
		return 0;
	}
	sofia_request_read(s, &r, msg, sip);
	s->config.ops->request(s->config.ctx, &r);
	return 0;
}

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

/* RFC 3261 section 18.2.1 has the sender name the transport it uses; the agent
   would drop what does not, without a word to us. */
static bool via_fits(const sip_t *sip, enum peer_transport transport)
{
	static const char *const names[] = {
		[PEER_UDP] = "SIP/2.0/UDP",
		[PEER_TCP] = "SIP/2.0/TCP",
		[PEER_TLS] = "SIP/2.0/TLS",
	};
	const char *protocol = sip->sip_via->v_protocol;

	return protocol && strcasecmp(protocol, names[transport]) == 0;
}

static const char *damage_of(const sip_t *sip, const struct peer *peer)
{
	if (sip->sip_flags & MSG_FLG_ERROR)
		return "unreadable message";
	if (sip_sanity_check(sip) < 0)
		return "a mandatory header is missing or wrong";
	if (strcasecmp(sip->sip_request->rq_version, "SIP/2.0") != 0)
		return "another version of SIP";
	if (!via_fits(sip, peer->transport))
		return "Via names another transport";
	if (sofia_damaged_header(sip))
		return "a vital header is damaged";
	return NULL;
}

static bool is_scanner(struct sofia *s, const sip_t *sip)
{
	const char *name =
		sip->sip_user_agent ? sip->sip_user_agent->g_string : NULL;

	return name && s->config.ops->scanner(s->config.ctx, name);
}

/* Without a Via there is no answer, and with an error it comes to nobody. */
static void silence(sip_t *sip)
{
	sip->sip_via = NULL;
	sip->sip_flags |= MSG_FLG_ERROR;
}

/* Local peers are told what is wrong, if we can know where to tell them. */
static bool answerable(const sip_t *sip, const struct peer *peer)
{
	return peer->local && sip->sip_via && via_fits(sip, peer->transport);
}

/*
 * Who knows Call-ID and tags must come from the address of the dialog's peer
 * as well. It is not enough that the leg refuses him: Sofia would have taken
 * the CSeq of his request by then, and the ACK of an INVITE and the CANCEL it
 * takes without asking. It finds dialogs and transactions by the hash of the
 * Call-ID; without that his request is one outside of all dialogs.
 */
static void judge_dialog(struct sofia *s, sip_t *sip, const struct peer *peer)
{
	const struct sofia_ops *ops = s->config.ops;

	switch (sofia_leg_claim(s, sip, &peer->addr)) {
	case SOFIA_CLAIM_FAIR:
		return;
	case SOFIA_CLAIM_OTHER:
		ops->bad(s->config.ctx, SOFIA_FORGED, peer,
			 "a request in the dialog of another address");
		sip->sip_call_id->i_hash = ~sip->sip_call_id->i_hash;
		return;
	case SOFIA_CLAIM_FLOOD:
		ops->bad(s->config.ctx, SOFIA_MALFORMED, peer,
			 "too many requests in a dialog");
		silence(sip);
		return;
	}
}

static void judge(struct sofia *s, msg_t *msg, sip_t *sip)
{
	const struct sofia_ops *ops = s->config.ops;
	struct peer peer;
	const char *damage;

	sofia_peer(s, msg, &peer);
	/* RFC 3261 section 18.2.2 would have answers sent to maddr: to anyone
	   whom the sender wants to have them. They go back where the request
	   came from. */
	if (sip->sip_via && sip->sip_via->v_maddr)
		(void)msg_header_remove_param(sip->sip_via->v_common, "maddr");
	if (is_scanner(s, sip)) {
		ops->bad(s->config.ctx, SOFIA_SCANNER, &peer,
			 "User-Agent of a known scanner");
		silence(sip);
		return;
	}
	damage = damage_of(sip, &peer);
	if (!damage) {
		sofia_flow_spoke(s, &peer);
		judge_dialog(s, sip, &peer);
		return;
	}
	ops->bad(s->config.ctx, SOFIA_MALFORMED, &peer, damage);
	if (!answerable(sip, &peer))
		silence(sip);
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

/* May a response come to the transaction that it names? */
static bool is_answer(struct sofia *s, const msg_t *msg, const sip_t *sip)
{
	struct peer peer;

	if (sip->sip_error)
		return false;
	sofia_peer(s, (msg_t *)(uintptr_t)msg, &peer);
	if (!sofia_answer_of_other(s, msg, sip, &peer.addr))
		return true;
	s->config.ops->bad(s->config.ctx, SOFIA_FORGED, &peer,
			   "an answer for another address");
	return false;
}

/*
 * Takes the place of libsofia's function of this name (see above). Its result
 * counts for responses alone: what is not 0 has them dropped. The agent's mask
 * for requests is 0. Messages that we build pass untouched.
 */
unsigned msg_extract_errors(msg_t const *msg)
{
	sip_t *sip = sip_object(msg);
	const msg_hclass_t *class = msg_mclass(msg)->mc_request->hr_class;

	struct sofia *s;

	if (class->hc_parse != parse_request_line || !sip)
		return 0;
	s = ((const struct sofia_class *)class)->sofia;
	if (sip->sip_status)
		return is_answer(s, msg, sip) ? 0 : ~0U;
	if (sip->sip_request)
		judge(s, (msg_t *)(uintptr_t)msg, sip);
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

	/* Stray responses come here, too. */
	if (!sip->sip_request) {
		nta_msg_discard(agent, msg);
		return 0;
	}
	sofia_request_read(s, &r, msg, sip);
	if (!sofia_in_use(s, &r.peer)) {
		sofia_drop(s, &r);
		return 0;
	}
	s->config.ops->request(s->config.ctx, &r);
	return 0;
}

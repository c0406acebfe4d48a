/*
 * Offers and answers between the two sides of a call. Each side has its own
 * exchange with us (RFC 3264); an offer of one becomes our offer to the other,
 * and its answer our answer to the first:
 *
 *	caller: idle -> offered ------------------------------> idle
 *	callee: idle ------------> asked -> (early) -> answer -> idle
 *
 * The callee's branches share one pair of ports. An offer for branch "" is
 * for all of them; a branch gets its own end when it answers.
 */
#include "calls_impl.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "nego.h"
#include "ports.h"
#include "records.h"
#include "relay.h"
#include "secret.h"
#include "srtp_leg.h"

enum { BRANCHES_MAX = 32 };

/* What the three messages with SDP have in common. */
struct said {
	unsigned leg;
	const char *branch;
	const uint8_t *sdp;
	size_t n;
	const char *source;
	bool local;
	const char *permit_ip;
	const char *advertise;
	const char *codecs;
	uint32_t serial;
	enum srtp_mode srtp;       /* of the leg whose SDP this is */
	enum srtp_mode hears_srtp; /* of the one that gets the result */
	struct sdp *in; /* it is read into this; wiped after, for its keys */
};

/* Those of their fields that all three have, as a struct said. */
#define SAID(in)                                                               \
	.leg = (in)->leg, .sdp = (in)->sdp, .n = (in)->sdp_bytes,              \
	.source = (in)->source, .local = (in)->local,                          \
	.permit_ip = (in)->permit_ip, .advertise = (in)->advertise,            \
	.srtp = (enum srtp_mode)(in)->srtp

typedef int (*exchange_fn)(struct talk *call, const struct said *said,
			   struct media_sdp *out, struct refusal *why);

/* --- what was said --- */

static bool is_ours(const struct addr *a)
{
	struct ifaddrs *all, *i;
	struct addr own;
	uint16_t port;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (i = all; i && !found; i = i->ifa_next)
		found = i->ifa_addr &&
			!addr_from_sockaddr(&own, &port, i->ifa_addr) &&
			addr_equal(&own, a);
	freeifaddrs(all);
	return found;
}

/* Sound sent to one of our own ports would go round for ever. */
static bool is_loop(const struct talk *call, const struct sdp *s)
{
	return s->addr.family &&
	       ports_holds(call->calls->config.ports, s->port) &&
	       is_ours(&s->addr);
}

/* A leg without secret signalling has its plain stream beside another. */
static enum sdp_profiles profiles(const struct said *said)
{
	return said->srtp == SRTP_MODE_OFF ? SDP_PLAIN : SDP_ANY;
}

static int read_sdp(const struct talk *call, const struct said *said,
		    struct sdp *out, struct refusal *why)
{
	char text[SDP_WHY];

	if (sdp_read(out, said->sdp, said->n, profiles(said), text))
		return refusal_set(why, "Invalid", "sdp: %s", text);
	if (out->audio != out->n_media && is_loop(call, out))
		return refusal_set(why, "Invalid",
				   "sdp: names one of our own ports");
	nego_normalize(out);
	return 0;
}

/* Why an offer has nothing for us. */
static int no_audio(const struct sdp *s, struct refusal *why)
{
	for (unsigned i = 0; i < s->n_media; i++) {
		if (s->media[i].port && sdp_is_secure(&s->media[i]))
			return refusal_set(why, "Insecure",
					   "SRTP is offered over signalling "
					   "that is not TLS, or that may not "
					   "have it");
	}
	return refusal_set(why, "NoCodec", "no usable audio is offered");
}

static int read_offer(const struct talk *call, const struct said *said,
		      const struct end *from, struct sdp *out,
		      struct refusal *why)
{
	if (!said->n && from->known) {
		*out = from->theirs;
		return 0;
	}
	if (read_sdp(call, said, out, why))
		return -EINVAL;
	if (out->audio == out->n_media)
		return no_audio(out, why);
	return srtp_keys_take(out, said->srtp, why);
}

static int read_source(const struct said *said, struct end_source *out,
		       struct refusal *why)
{
	*out = (struct end_source){ .local = said->local };
	if (*said->source && addr_parse(&out->addr, said->source))
		return refusal_set(why, "Invalid", "source: not an address");
	snprintf(out->permit_ip, sizeof(out->permit_ip), "%s", said->permit_ip);
	return 0;
}

static int read_advertise(const struct said *said, const struct end *e,
			  struct addr *out, struct refusal *why)
{
	if (!*said->advertise && e->advertise.family) {
		*out = e->advertise;
		return 0;
	}
	if (addr_parse(out, said->advertise))
		return refusal_set(why, "Invalid", "advertise: not an address");
	return 0;
}

/* --- ends --- */

static struct end *find_branch(struct talk *call, const char *branch)
{
	struct end *e;

	TAILQ_FOREACH(e, &call->branches, link)
	{
		if (!strcmp(e->branch, branch))
			return e;
	}
	return NULL;
}

static struct end *in_state(struct talk *call, unsigned leg,
			    enum end_state state)
{
	struct end *e;

	if (leg == CALLER)
		return call->caller->state == state ? call->caller : NULL;
	TAILQ_FOREACH(e, &call->branches, link)
	{
		if (e->state == state)
			return e;
	}
	return NULL;
}

static struct end *add_branch(struct talk *call, const char *branch,
			      struct refusal *why)
{
	struct end *e = NULL;

	if (call->n_branches < BRANCHES_MAX)
		e = end_new(branch);
	if (!e) {
		(void)refusal_set(why, "Busy", "too many branches");
		return NULL;
	}
	call->n_branches++;
	TAILQ_INSERT_TAIL(&call->branches, e, link);
	return e;
}

/* The end that spoke. A branch that was asked through "" gets its own. */
static struct end *speaker(struct talk *call, const struct said *said,
			   struct refusal *why)
{
	struct end *all, *e;

	if (said->leg == CALLER)
		return call->caller;
	e = find_branch(call, said->branch);
	if (e && (*said->branch || !call->answered || !call->callee))
		return e;
	if (!e && !*said->branch && call->callee)
		return call->callee;
	if (e)
		return e->state == END_IDLE ? call->callee : e;
	e = add_branch(call, said->branch, why);
	all = e ? find_branch(call, "") : NULL;
	if (all && all != e && all->state == END_ASKED) {
		e->state = END_ASKED;
		e->ours = all->ours;
		e->keys = all->keys;
		e->body = all->body;
		e->advertise = all->advertise;
		e->serial = all->serial;
	}
	return e;
}

/* The end that will be asked. */
static struct end *listener(struct talk *call, const struct said *said,
			    struct refusal *why)
{
	struct end *e;

	if (said->leg == CALLEE)
		return call->caller;
	if (!*said->branch && call->answered && call->callee)
		return call->callee;
	e = find_branch(call, said->branch);
	return e ? e : add_branch(call, said->branch, why);
}

/* --- what media threads learn --- */

static int set_leg(struct talk *call, unsigned leg, const struct end *e,
		   enum leg_watch watch, struct refusal *why)
{
	struct leg_conf conf = { .watch = watch };
	int err;

	end_conf(e, &conf);
	call->leg_codec[leg] = e->codec;
	call->leg_suite[leg] = conf.keys.tx.suite;
	if (conf.keys.tx.suite != SRTP_NONE && srtp_start(&call->calls->srtp)) {
		log_err("call %s: libsrtp2 does not start", call->id);
		return refusal_set(why, "Insecure", "SRTP does not start");
	}
	err = relay_conf(call->relay, call->session, leg, &conf);
	secret_wipe(&conf.keys, sizeof(conf.keys));
	return err ? refusal_set(why, "Busy", "no memory") : 0;
}

static int write_sdp(struct talk *call, unsigned leg, struct end *e,
		     struct media_sdp *out, struct refusal *why)
{
	int n = end_write(e, call->port[leg], out->sdp, sizeof(out->sdp));
	const struct codec_info *c = codec_info(nego_codec(&e->ours));

	if (n < 0)
		return refusal_set(why, "Invalid", "sdp: too long");
	out->sdp_bytes = (uint32_t)n;
	out->held = e->ours.dir != SDP_SENDRECV;
	snprintf(out->codec, sizeof(out->codec), "%s", c ? c->name : "");
	return 0;
}

/* What may begin a call; a call that was made for it and is refused is not
   kept. */
static int begin(struct calls *c, const char *id, exchange_fn act,
		 const struct said *said, struct media_sdp *out,
		 struct refusal *why)
{
	bool made;
	struct talk *call = talk_get(c, id, &made, why);
	int err;

	if (!call)
		return -EINVAL;
	err = act(call, said, out, why);
	if (err && made)
		talk_close(call);
	return err;
}

/* --- Offer --- */

static int may_offer(const struct end *from, const struct end *to,
		     const struct sdp *offer, struct refusal *why)
{
	bool again = from->state == END_OFFERED &&
		     from->offer.session == offer->session &&
		     from->offer.version == offer->version;

	if (from->state == END_ASKED || to->state == END_OFFERED ||
	    (from->state == END_OFFERED && !again) ||
	    (to->state == END_ASKED && from->state != END_OFFERED))
		return refusal_set(why, "Pending",
				   "another offer is being answered");
	return 0;
}

static int offer(struct talk *call, const struct said *said,
		 struct media_sdp *out, struct refusal *why)
{
	struct end *from = speaker(call, said, why);
	struct end *to = from ? listener(call, said, why) : NULL;
	struct end_source source;
	struct sdp *in = said->in, ours;
	enum codec only;

	if (!to || read_offer(call, said, from, in, why) ||
	    may_offer(from, to, in, why) || read_source(said, &source, why) ||
	    read_advertise(said, to, &to->advertise, why) ||
	    srtp_keys_may(said->hears_srtp, why))
		return -EINVAL;
	only = end_repeats(from, in) ? (enum codec)from->codec : CODEC_NONE;
	ours = to->ours;
	srtp_keys_clear(&ours);
	if (nego_offer(in, said->codecs, only, &ours))
		return refusal_set(why, "NoCodec",
				   "no codec that we can carry");
	ours.rtcp_mux = in->rtcp_mux;
	if (talk_open_leg(call, said->leg, why) ||
	    talk_open_leg(call, !said->leg, why))
		return -EBUSY;
	to->ours = ours;
	end_ask(to, said->hears_srtp);
	if (write_sdp(call, !said->leg, to, out, why))
		return -EINVAL;
	from->offer = *in;
	from->source = source;
	to->serial = said->serial;
	end_enter(from, call->id, END_OFFERED);
	end_enter(to, call->id, END_ASKED);
	return 0;
}

int calls_offer(struct calls *c, const struct media_offer *in,
		struct media_sdp *out, struct refusal *why)
{
	struct sdp sdp;
	const struct said said = {
		SAID(in),
		.branch = in->branch,
		.codecs = in->codecs,
		.serial = in->serial,
		.hears_srtp = (enum srtp_mode)in->hears_srtp,
		.in = &sdp,
	};
	int err = begin(c, in->call, offer, &said, out, why);

	srtp_keys_clear(&sdp);
	return err;
}

/* --- Answer --- */

/* What the side that offered is told; the same again when it was told before
   (an early answer, a repeated offer). */
static int make_answer(struct end *to, const struct sdp *answer,
		       struct refusal *why)
{
	struct sdp ours = to->ours;

	srtp_keys_clear(&ours);
	if (end_repeats(to, &to->offer)) {
		ours.dir = sdp_dir_reverse(to->offer.dir) & answer->dir;
	} else if (nego_answer(&to->offer, answer, "", CODEC_NONE, &ours)) {
		return refusal_set(why, "NoCodec", "no codec on both sides");
	}
	ours.rtcp_mux = to->offer.rtcp_mux;
	to->ours = ours;
	end_streams(to, &to->offer);
	srtp_keys_answer(&to->keys, &to->offer, &to->ours);
	return 0;
}

/* The first answer: ringback and prompts give way to the callee. */
static int let_hear(struct talk *call)
{
	int err = 0;

	for (unsigned leg = CALLER; leg <= CALLEE && !err; leg++)
		err = relay_stop(call->relay, call->session, leg);
	return err;
}

static int settle(struct talk *call, const struct said *said, struct end *from,
		  struct end *to, bool final, struct refusal *why)
{
	bool talk = to && from->theirs.dir == SDP_SENDRECV &&
		    to->theirs.dir == SDP_SENDRECV;
	enum leg_watch watch = !final ? WATCH_NO
			       : talk ? WATCH_ALWAYS
				      : WATCH_NO;
	struct end *ends[2];

	if (!to)
		watch = WATCH_HEARD;
	ends[said->leg] = from;
	ends[!said->leg] = to;
	for (unsigned leg = CALLER; leg <= CALLEE; leg++) {
		if (!ends[leg])
			continue;
		if (set_leg(call, leg, ends[leg], watch, why))
			return -ENOMEM;
		if (final)
			end_settle(ends[leg], call->id);
	}
	if (to && !call->answered && let_hear(call))
		return refusal_set(why, "Busy", "no memory");
	if (ends[CALLEE]) {
		call->callee = ends[CALLEE];
		call->answered |= final;
	}
	call->codec = call->leg_codec[CALLER] != CODEC_NONE
			      ? call->leg_codec[CALLER]
			      : call->leg_codec[CALLEE];
	return 0;
}

/* The side that waits for this answer, or the one that is there already. */
static struct end *asker(struct talk *call, const struct said *said)
{
	struct end *e = in_state(call, !said->leg, END_OFFERED);

	if (e)
		return e;
	e = said->leg == CALLEE ? call->caller : call->callee;
	return e && e->known ? e : NULL;
}

static int answer(struct talk *call, const struct said *said, bool final,
		  struct media_sdp *out, struct refusal *why)
{
	struct end *from = speaker(call, said, why);
	struct end *to;
	struct end_source source;
	struct sdp *in = said->in;
	int err;

	if (!from)
		return -EINVAL;
	if (from->state != END_ASKED)
		return refusal_set(why, "Pending",
				   "no offer waits for an answer");
	if (said->serial && from->serial && said->serial != from->serial)
		return refusal_set(why, "Pending", "it answers an older offer");
	if (read_sdp(call, said, in, why) || read_source(said, &source, why))
		return -EINVAL;
	err = nego_check(in, &from->ours);
	if (err == -ENOTSUP)
		return refusal_set(why, "NoCodec", "the answer takes no codec");
	if (err)
		return refusal_set(why, "Invalid",
				   "sdp: the answer does not fit our offer");
	if (srtp_keys_check(&from->keys, in, &from->ours, said->srtp, why))
		return -EINVAL;
	to = asker(call, said);
	if (to && to->state == END_OFFERED) {
		if (read_advertise(said, to, &to->advertise, why) ||
		    make_answer(to, in, why))
			return -EINVAL;
		to->theirs = to->offer;
		to->known = true;
		to->codec = (uint8_t)nego_codec(&to->ours);
	}
	if (to && write_sdp(call, !said->leg, to, out, why))
		return -EINVAL;
	from->theirs = *in;
	from->known = true;
	from->codec = (uint8_t)nego_codec(in); /* checked: in our offer */
	from->source = source;
	return settle(call, said, from, to, final, why);
}

int calls_answer(struct calls *c, const struct media_answer *in,
		 struct media_sdp *out, struct refusal *why)
{
	struct sdp sdp;
	const struct said said = {
		SAID(in),
		.branch = in->branch,
		.serial = in->serial,
		.in = &sdp,
	};
	struct talk *call = talk_find(c, in->call, why);
	int err = call ? answer(call, &said, in->final, out, why) : -ENOENT;

	srtp_keys_clear(&sdp);
	return err;
}

/* --- Accept --- */

/* No SDP: an offer of our own. Where the other side has sound already, with
   its codec first, so that nothing need be translated. */
static int own_offer(struct talk *call, const struct said *said, struct end *e,
		     struct refusal *why)
{
	const struct end *other =
		said->leg == CALLEE ? call->caller : call->callee;
	struct sdp ours = e->ours;
	int err;

	if (e->state == END_OFFERED)
		return refusal_set(why, "Pending", "its own offer waits");
	if (srtp_keys_may(said->srtp, why))
		return -EINVAL;
	srtp_keys_clear(&ours);
	if (other && other->known)
		err = nego_offer(&other->theirs, said->codecs,
				 (enum codec)other->codec, &ours);
	else
		err = nego_own(said->codecs, &ours);
	if (err)
		return refusal_set(why, "NoCodec", "no codec that we speak");
	ours.dir = SDP_SENDRECV;
	ours.rtcp_mux = false;
	e->ours = ours;
	end_ask(e, said->srtp);
	end_enter(e, call->id, END_ASKED);
	return 0;
}

static void forget_asked(struct talk *call)
{
	struct end *e;

	TAILQ_FOREACH(e, &call->branches, link)
	{
		if (e->state == END_ASKED)
			end_enter(e, call->id, END_IDLE);
	}
}

/* Its offer answered by ourselves. */
static int own_answer(struct talk *call, const struct said *said, struct end *e,
		      struct refusal *why)
{
	struct end_source source;
	struct sdp *in = said->in, ours = e->ours;

	if (e->state == END_ASKED)
		return refusal_set(why, "Pending", "it owes an answer");
	if (read_offer(call, said, e, in, why) ||
	    read_source(said, &source, why))
		return -EINVAL;
	srtp_keys_clear(&ours);
	if (end_repeats(e, in))
		ours.dir = sdp_dir_reverse(in->dir);
	else if (nego_answer(in, NULL, said->codecs, CODEC_NONE, &ours))
		return refusal_set(why, "NoCodec", "no codec that we speak");
	ours.rtcp_mux = in->rtcp_mux;
	e->ours = ours;
	end_streams(e, in);
	srtp_keys_answer(&e->keys, in, &e->ours);
	e->theirs = *in;
	e->known = true;
	e->codec = (uint8_t)nego_codec(&ours);
	e->source = source;
	if (e->state == END_OFFERED)
		forget_asked(call);
	end_settle(e, call->id);
	if (set_leg(call, said->leg, e,
		    in->dir == SDP_SENDRECV ? WATCH_HEARD : WATCH_NO, why))
		return -ENOMEM;
	call->codec = call->leg_codec[said->leg];
	return 0;
}

static int accept_leg(struct talk *call, const struct said *said,
		      struct media_sdp *out, struct refusal *why)
{
	struct end *e = speaker(call, said, why);

	if (!e || read_advertise(said, e, &e->advertise, why) ||
	    talk_open_leg(call, said->leg, why))
		return -EINVAL;
	if (said->n ? own_answer(call, said, e, why)
		    : own_offer(call, said, e, why))
		return -EINVAL;
	return write_sdp(call, said->leg, e, out, why);
}

int calls_accept(struct calls *c, const struct media_accept *in,
		 struct media_sdp *out, struct refusal *why)
{
	struct sdp sdp;
	const struct said said = {
		SAID(in),
		.branch = in->branch,
		.codecs = in->codecs,
		.in = &sdp,
	};
	int err = begin(c, in->call, accept_leg, &said, out, why);

	srtp_keys_clear(&sdp);
	return err;
}

/* --- Rollback --- */

int calls_rollback(struct calls *c, const struct media_call *in,
		   struct refusal *why)
{
	struct talk *call = talk_find(c, in->call, why);
	struct end *e;

	if (!call)
		return -ENOENT;
	e = in_state(call, in->leg, END_OFFERED);
	if (!e)
		return 0;
	end_enter(e, call->id, END_IDLE);
	if (in->leg == CALLER)
		forget_asked(call);
	else if (call->caller->state == END_ASKED)
		end_enter(call->caller, call->id, END_IDLE);
	return 0;
}

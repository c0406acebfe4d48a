#include "calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls_impl.h"
#include "clip.h"
#include "log.h"
#include "ports.h"
#include "prompts.h"
#include "records.h"
#include "relay.h"
#include "secret.h"
#include "srtp_leg.h"

struct calls *calls_new(const struct calls_config *config)
{
	struct calls *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = *config;
	rate_init(&c->busy_log, 1, 1);
	return c;
}

static void talk_free(struct talk *call)
{
	struct end *e;

	if (!call)
		return;
	while ((e = TAILQ_FIRST(&call->branches))) {
		TAILQ_REMOVE(&call->branches, e, link);
		end_free(e);
	}
	end_free(call->caller);
	free(call);
}

void calls_free(struct calls *c)
{
	struct talk *call, *next;

	if (!c)
		return;
	calls_notices(c);
	HASH_ITER(hh, c->all, call, next)
	{
		HASH_DEL(c->all, call);
		talk_free(call);
	}
	srtp_stop(c->srtp);
	free(c);
}

/* --- one call --- */

/* Who asks for a call knows it: it is an orphan no more. */
static struct talk *look_up(struct calls *c, const char *id)
{
	struct talk *call;

	HASH_FIND_STR(c->all, id, call);
	if (call && call->orphan &&
	    !relay_orphan(call->relay, call->session, false))
		call->orphan = false;
	return call;
}

struct talk *talk_find(struct calls *c, const char *id, struct refusal *why)
{
	struct talk *call = look_up(c, id);

	if (!call)
		(void)refusal_set(why, "NoSuch", "no such call");
	return call;
}

static struct talk *talk_new(struct calls *c, const char *id)
{
	struct talk *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	TAILQ_INIT(&call->branches);
	call->calls = c;
	snprintf(call->id, sizeof(call->id), "%s", id);
	call->codec = CODEC_NONE;
	call->leg_codec[CALLER] = CODEC_NONE;
	call->leg_codec[CALLEE] = CODEC_NONE;
	call->relay = c->config.relays[HASH_COUNT(c->all) % c->config.n_relays];
	call->caller = end_new("");
	if (call->caller && !relay_open(call->relay, call, &call->session))
		return call;
	talk_free(call);
	return NULL;
}

struct talk *talk_get(struct calls *c, const char *id, bool *made,
		      struct refusal *why)
{
	struct talk *call;

	*made = false;
	if (!*id) {
		(void)refusal_set(why, "Invalid", "call: must not be empty");
		return NULL;
	}
	call = look_up(c, id);
	if (call)
		return call;
	call = talk_new(c, id);
	if (!call) {
		(void)refusal_set(why, "Busy", "no memory for another call");
		return NULL;
	}
	*made = true;
	HASH_ADD_STR(c->all, id, call);
	return call;
}

int talk_open_leg(struct talk *call, unsigned leg, struct refusal *why)
{
	struct ports *ports = call->calls->config.ports;
	struct port_pair pair;
	int err;

	if (call->port[leg])
		return 0;
	err = ports_take(ports, &pair);
	if (err) {
		log_limited(&call->calls->busy_log, LOG_ERR,
			    "call %s: no pair of RTP ports: %s; %u of %u are "
			    "free: if none, widen the range in the media "
			    "settings",
			    call->id, strerror(-err), ports_free_count(ports),
			    ports_count(ports));
		return refusal_set(why, "Busy", "no free RTP ports");
	}
	err = relay_sockets(call->relay, call->session, leg, &pair);
	if (err) {
		(void)close(pair.rtp);
		(void)close(pair.rtcp);
		ports_give(ports, pair.port);
		return refusal_set(why, "Busy", "no memory for the ports");
	}
	call->port[leg] = pair.port;
	return 0;
}

void talk_close(struct talk *call)
{
	struct calls *c = call->calls;

	HASH_DEL(c->all, call);
	c->n_closing++;
	relay_close(call->relay, call->session);
	call->session = NULL;
}

/* --- what threads tell --- */

static void fill_srtp(const struct talk *call, unsigned leg, char *out,
		      size_t size)
{
	const struct suite_info *s =
		suite_info((enum srtp_suite)call->leg_suite[leg]);

	snprintf(out, size, "%s", s ? s->name : "");
}

static void fill_stats(const struct talk *call, const struct notice *r,
		       struct media_stats *out)
{
	const struct stats *a = &r->stats[CALLER];
	const struct stats *b = &r->stats[CALLEE];
	const struct codec_info *codec = codec_info((enum codec)call->codec);

	record_init(&media_stats_record, out);
	snprintf(out->call, sizeof(out->call), "%s", call->id);
	snprintf(out->codec, sizeof(out->codec), "%s",
		 codec ? codec->name : "");
	out->caller_packets = a->packets;
	out->caller_lost = stats_lost(a);
	out->caller_jitter_us = stats_jitter_us(a);
	out->caller_mos_centi =
		stats_mos_centi(a, (enum codec)call->leg_codec[CALLER]);
	out->caller_foreign = a->foreign;
	out->callee_packets = b->packets;
	out->callee_lost = stats_lost(b);
	out->callee_jitter_us = stats_jitter_us(b);
	out->callee_mos_centi =
		stats_mos_centi(b, (enum codec)call->leg_codec[CALLEE]);
	out->callee_foreign = b->foreign;
	fill_srtp(call, CALLER, out->caller_srtp, sizeof(out->caller_srtp));
	fill_srtp(call, CALLEE, out->callee_srtp, sizeof(out->callee_srtp));
}

static void closed(struct calls *c, struct talk *call, const struct notice *r)
{
	struct media_stats stats;

	fill_stats(call, r, &stats);
	ports_give(c->config.ports, call->port[CALLER]);
	ports_give(c->config.ports, call->port[CALLEE]);
	if (call->session)
		HASH_DEL(c->all, call); /* its thread ended before it */
	else
		c->n_closing--;
	if (call->done)
		call->done(call->done_ctx, &stats);
	c->config.fact(c->config.ctx, &stats);
	talk_free(call);
}

static uint32_t end_of(enum collect_result end)
{
	switch (end) {
	case COLLECT_COMPLETE:
		return MEDIA_EVENT_END_COMPLETE;
	case COLLECT_SILENT:
		return MEDIA_EVENT_END_SILENT;
	case COLLECT_TIMEOUT:
		return MEDIA_EVENT_END_TIMEOUT;
	case COLLECT_MORE:
		break;
	}
	return MEDIA_EVENT_END_NONE;
}

static void tell(struct calls *c, const struct talk *call,
		 const struct notice *r, uint32_t kind)
{
	struct media_event ev;

	record_init(&media_event_record, &ev);
	snprintf(ev.call, sizeof(ev.call), "%s", call->id);
	ev.leg = r->leg;
	ev.kind = kind;
	ev.id = r->id;
	ev.count = r->count;
	if (r->kind == NOTICE_COLLECTED)
		ev.end = end_of(r->end);
	memcpy(ev.digits, r->digits, sizeof(ev.digits));
	if (r->kind == NOTICE_FOREIGN)
		addr_format(&r->source, ev.source);
	c->config.event(c->config.ctx, &ev);
	secret_wipe(&ev, sizeof(ev));
}

static void on_notice(struct calls *c, const struct notice *r)
{
	struct talk *call = r->owner;

	if (r->kind == NOTICE_CLOSED) {
		closed(c, call, r);
		return;
	}
	if (!call->session)
		return; /* deleted meanwhile */
	switch (r->kind) {
	case NOTICE_PLAYED:
		tell(c, call, r, MEDIA_EVENT_KIND_PLAYED);
		break;
	case NOTICE_COLLECTED:
		tell(c, call, r, MEDIA_EVENT_KIND_COLLECTED);
		break;
	case NOTICE_KEY:
		tell(c, call, r, MEDIA_EVENT_KIND_DIGIT);
		break;
	case NOTICE_SILENT:
		log_info("call %s: no sound from the %s", call->id,
			 r->leg == CALLER ? "caller" : "callee");
		tell(c, call, r, MEDIA_EVENT_KIND_TIMEOUT);
		break;
	case NOTICE_FOREIGN:
		tell(c, call, r, MEDIA_EVENT_KIND_FOREIGN);
		break;
	case NOTICE_ABANDONED:
		log_warn("call %s: silent, and sipd that asked for it is gone: "
			 "ending its sound",
			 call->id);
		talk_close(call);
		break;
	case NOTICE_CLOSED:
		break;
	}
}

void calls_notices(struct calls *c)
{
	struct mail_list list = STAILQ_HEAD_INITIALIZER(list);

	mailbox_take(c->config.notices, &list);
	while (!STAILQ_EMPTY(&list)) {
		struct notice *r = (struct notice *)STAILQ_FIRST(&list);

		STAILQ_REMOVE_HEAD(&list, link);
		on_notice(c, r);
		notice_free(r);
	}
}

/* --- requests that need no SDP --- */

static int no_memory(struct refusal *why)
{
	return refusal_set(why, "Busy", "no memory");
}

int calls_delete(struct calls *c, const struct media_call *in,
		 calls_deleted_fn done, void *ctx, struct refusal *why)
{
	struct talk *call = talk_find(c, in->call, why);

	if (!call)
		return -ENOENT;
	call->done = done;
	call->done_ctx = ctx;
	talk_close(call);
	return 0;
}

/* A leg that has ports and an agreed description. */
static struct talk *speaking(struct calls *c, const char *id, unsigned leg,
			     struct refusal *why)
{
	struct talk *call = talk_find(c, id, why);

	if (!call)
		return NULL;
	if (leg <= CALLEE && call->port[leg] &&
	    call->leg_codec[leg] != CODEC_NONE)
		return call;
	(void)refusal_set(why, "NoSuch", "the leg has no agreed sound yet");
	return NULL;
}

static int fetch(struct talk *call, unsigned leg, const char *prompts,
		 struct playlist *list, struct refusal *why)
{
	struct calls *c = call->calls;
	char bad[72];
	int n;

	if (!codec_info((enum codec)call->leg_codec[leg])->spoken)
		return refusal_set(why, "NoCodec",
				   "the leg has no codec that we speak");
	n = prompts_fetch(c->config.prompts, prompts, list->clips, bad,
			  sizeof(bad));
	if (n >= 0) {
		list->n = (uint32_t)n;
		return 0;
	}
	if (n == -ENOENT)
		return refusal_set(why, "NoSuch", "no prompt %s", bad);
	if (n == -ENOMEM)
		return no_memory(why);
	return refusal_set(why, "Invalid",
			   "prompts: names like digits/7, at most %d, with ';' "
			   "between them",
			   PROMPTS_LIST);
}

int calls_play(struct calls *c, const struct media_play *in,
	       struct refusal *why)
{
	struct talk *call = speaking(c, in->call, in->leg, why);
	struct playlist list = { .repeat = in->repeat, .id = in->id };

	if (!call || fetch(call, in->leg, in->prompts, &list, why))
		return -EINVAL;
	if (relay_play(call->relay, call->session, in->leg, &list))
		return no_memory(why);
	return 0;
}

int calls_collect(struct calls *c, const struct media_collect *in,
		  struct refusal *why)
{
	struct talk *call = speaking(c, in->call, in->leg, why);
	struct playlist list = { .id = in->id };
	struct collect_conf conf = {
		.max_digits = in->max_digits,
		.first_ms = in->first_digit_s * 1000,
		.next_ms = in->next_digit_s * 1000,
		.silent_ms = in->silent_s * 1000,
		.end_digit = in->end_digit[0],
	};

	if (!call ||
	    (*in->prompts && fetch(call, in->leg, in->prompts, &list, why)))
		return -EINVAL;
	if (relay_collect(call->relay, call->session, in->leg, &list, &conf))
		return no_memory(why);
	return 0;
}

int calls_echo(struct calls *c, const struct media_call *in,
	       struct refusal *why)
{
	struct talk *call = speaking(c, in->call, in->leg, why);

	if (!call)
		return -EINVAL;
	if (relay_echo(call->relay, call->session, in->leg))
		return no_memory(why);
	return 0;
}

int calls_key(struct calls *c, const struct media_key *in, struct refusal *why)
{
	struct talk *call = speaking(c, in->call, in->leg, why);

	if (!call)
		return -EINVAL;
	if (!in->key[0] || !strchr("0123456789*#ABCD", in->key[0]))
		return refusal_set(why, "Invalid", "key: one of 0-9 * # A-D");
	if (relay_key(call->relay, call->session, in->leg, in->key[0]))
		return no_memory(why);
	return 0;
}

int calls_stop(struct calls *c, const struct media_call *in,
	       struct refusal *why)
{
	struct talk *call = speaking(c, in->call, in->leg, why);

	if (!call)
		return -EINVAL;
	if (relay_stop(call->relay, call->session, in->leg))
		return no_memory(why);
	return 0;
}

void calls_orphan(struct calls *c)
{
	struct talk *call, *next;

	HASH_ITER(hh, c->all, call, next)
	{
		call->orphan = true;
		if (relay_orphan(call->relay, call->session, true))
			log_warn("call %s: no memory to mark it", call->id);
	}
}

void calls_load(const struct calls *c, struct media_load *out)
{
	const struct calls_config *conf = &c->config;

	record_init(&media_load_record, out);
	out->calls = HASH_COUNT(c->all);
	out->pairs = ports_count(conf->ports);
	out->pairs_free = ports_free_count(conf->ports);
	for (size_t i = 0; i < conf->n_relays; i++) {
		out->packets += relay_packets(conf->relays[i]);
		out->foreign += relay_foreign(conf->relays[i]);
	}
}

#include "sipd_call_doubles.h"

#include <stdio.h>
#include <string.h>

#include "callers.h"
#include "check.h"
#include "extension.h"
#include "trunk.h"

struct world w;

/* --- legs --- */

static void note(struct leg *leg, const char *what)
{
	size_t n = strlen(leg->log);

	(void)snprintf(leg->log + n, sizeof(leg->log) - n, "%s%s",
		       n > 0 ? " " : "", what);
}

static void note_n(struct leg *leg, const char *what, uint32_t n)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%s:%u", what, n);
	note(leg, text);
}

static void note_sdp(struct leg *leg, const char *what, const uint8_t *sdp,
		     size_t n)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "%s(%.*s)", what, (int)n,
		       n > 0 ? (const char *)sdp : "");
	note(leg, text);
}

static void keep_local(struct leg *leg, const uint8_t *sdp, size_t n)
{
	CHECK(n <= sizeof(leg->local));
	if (n > 0)
		memcpy(leg->local, sdp, n);
	leg->local_n = n;
}

static struct leg *make_leg(leg_event_fn fn, void *ctx)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	CHECK(leg != NULL);
	leg->fn = fn;
	leg->ctx = ctx;
	CHECK_EQ(addr_parse(&leg->peer.addr, "192.0.2.7"), 0);
	return leg;
}

struct leg *leg_outgoing(struct legs *l, const struct target *target,
			 const struct leg_identity *id, leg_event_fn fn,
			 void *ctx)
{
	struct leg *leg = make_leg(fn, ctx);

	(void)id;
	l->made++;
	leg->peer = target->peer;
	CHECK(w.n_phones < 4);
	w.phone[w.n_phones++] = leg;
	return leg;
}

void leg_bind(struct leg *leg, leg_event_fn fn, void *ctx)
{
	leg->fn = fn;
	leg->ctx = ctx;
}

const char *leg_dialled(const struct leg *leg)
{
	(void)leg;
	return "802";
}

const char *leg_caller(const struct leg *leg)
{
	return leg->peer.trunk[0] != '\0' ? "+4930777" : "";
}

const char *leg_caller_name(const struct leg *leg)
{
	return leg->peer.trunk[0] != '\0' ? "Eve" : "";
}

const uint8_t *leg_remote_sdp(const struct leg *leg, size_t *n)
{
	*n = leg->remote_n;
	return leg->remote;
}

const uint8_t *leg_local_sdp(const struct leg *leg, size_t *n)
{
	*n = leg->local_n;
	return leg->local;
}

const struct peer *leg_peer(const struct leg *leg)
{
	return &leg->peer;
}

void leg_advertise(const struct leg *leg, char *host, size_t size)
{
	(void)snprintf(host, size, "%s",
		       leg->peer.local ? "192.168.1.1" : "198.51.100.1");
}

int leg_invite(struct leg *leg, const uint8_t *sdp, size_t n)
{
	note_sdp(leg, "invite", sdp, n);
	keep_local(leg, sdp, n);
	return 0;
}

void leg_ring(struct leg *leg)
{
	note(leg, "ring");
}

void leg_early(struct leg *leg, const uint8_t *sdp, size_t n)
{
	note_sdp(leg, "early", sdp, n);
	keep_local(leg, sdp, n);
}

void leg_answer(struct leg *leg, const uint8_t *sdp, size_t n)
{
	note_sdp(leg, "answer", sdp, n);
	keep_local(leg, sdp, n);
}

void leg_ack(struct leg *leg, const uint8_t *sdp, size_t n)
{
	note_sdp(leg, "ack", sdp, n);
}

bool leg_can_offer(const struct leg *leg)
{
	return !leg->busy;
}

int leg_offer(struct leg *leg, bool update, const uint8_t *sdp, size_t n)
{
	note_sdp(leg, update ? "update" : "reinvite", sdp, n);
	return 0;
}

void leg_accept(struct leg *leg, const uint8_t *sdp, size_t n)
{
	note_sdp(leg, "accept", sdp, n);
}

void leg_reject(struct leg *leg, uint32_t code)
{
	note_n(leg, "reject", code);
}

void leg_info(struct leg *leg, const char *type, const uint8_t *body, size_t n)
{
	(void)type;
	note_sdp(leg, "info", body, n);
}

void leg_hangup(struct leg *leg, const struct leg_end *end)
{
	if (leg == NULL)
		return;
	CHECK(!leg->gone);
	leg->gone = true;
	leg->fn = NULL;
	note_n(leg, "hangup", end->code);
}

void world_leg(struct leg *leg, enum leg_event_kind kind, uint32_t code,
	       const char *sdp)
{
	struct leg_event ev = { .kind = kind,
				.code = code,
				.silent = w.silent,
				.type = w.info_type,
				.body = (const uint8_t *)sdp,
				.body_bytes = sdp != NULL ? strlen(sdp) : 0 };

	if (leg->fn != NULL)
		leg->fn(leg->ctx, leg, &ev);
}

/* --- mediad --- */

static void add_op(const char *what, media_done_fn done, media_stats_fn stats,
		   void *ctx)
{
	struct media_op *op = &w.ops[w.n_ops++];

	CHECK(w.n_ops <= 32);
	(void)snprintf(op->what, sizeof(op->what), "%s", what);
	op->done = done;
	op->stats = stats;
	op->ctx = ctx;
}

bool media_there(const struct media_client *m)
{
	(void)m;
	return !w.no_media;
}

static void take_leg(const struct media_leg *leg)
{
	(void)snprintf(w.branch, sizeof(w.branch), "%s", leg->branch);
	w.srtp = leg->srtp;
	w.hears_srtp = leg->hears_srtp;
}

void media_offer(struct media_client *m, const struct media_leg *leg,
		 const uint8_t *sdp, size_t n, media_done_fn done, void *ctx)
{
	(void)m;
	take_leg(leg);
	(void)sdp;
	CHECK(n > 0);
	add_op("offer", done, NULL, ctx);
}

void media_answer(struct media_client *m, const struct media_leg *leg,
		  const uint8_t *sdp, size_t n, bool final, media_done_fn done,
		  void *ctx)
{
	(void)m;
	take_leg(leg);
	(void)sdp;
	CHECK(n > 0);
	add_op(final ? "answer" : "early", done, NULL, ctx);
}

void media_accept(struct media_client *m, const struct media_leg *leg,
		  const uint8_t *sdp, size_t n, media_done_fn done, void *ctx)
{
	(void)m;
	take_leg(leg);
	(void)sdp;
	(void)n;
	add_op("accept", done, NULL, ctx);
}

void media_rollback(struct media_client *m, const char *call,
		    enum media_side side)
{
	(void)m;
	(void)call;
	add_op(side == MEDIA_CALLER ? "rollback/a" : "rollback/b", NULL, NULL,
	       NULL);
}

void media_delete(struct media_client *m, const char *call, media_stats_fn done,
		  void *ctx)
{
	(void)m;
	(void)call;
	add_op("delete", NULL, done, ctx);
}

static void take_prompt(const struct media_prompt *p)
{
	(void)snprintf(w.prompts, sizeof(w.prompts), "%s", p->prompts);
	w.prompt_id = p->id;
}

void media_play(struct media_client *m, const struct media_prompt *p,
		media_done_fn done, void *ctx)
{
	(void)m;
	take_prompt(p);
	add_op("play", done, NULL, ctx);
}

void media_collect(struct media_client *m, const struct media_prompt *p,
		   media_done_fn done, void *ctx)
{
	(void)m;
	take_prompt(p);
	add_op("collect", done, NULL, ctx);
}

void media_echo(struct media_client *m, const char *call, media_done_fn done,
		void *ctx)
{
	(void)m;
	(void)call;
	add_op("echo", done, NULL, ctx);
}

void media_key(struct media_client *m, const char *call, enum media_side side,
	       char key)
{
	(void)m;
	(void)call;
	(void)side;
	(void)key;
	add_op("key", NULL, NULL, NULL);
}

void media_stop(struct media_client *m, const char *call, enum media_side side)
{
	(void)m;
	(void)call;
	(void)side;
}

void media_forget(struct media_client *m, void *ctx)
{
	int i;

	(void)m;
	for (i = 0; i < w.n_ops; i++) {
		if (w.ops[i].ctx != ctx)
			continue;
		w.ops[i].done = NULL;
		w.ops[i].stats = NULL;
	}
}

bool world_media_waits(const char *what)
{
	return w.n_ops > 0 && strcmp(w.ops[0].what, what) == 0;
}

void world_media(const char *what, int err, const char *sdp)
{
	const struct media_sdp_view view = {
		.sdp = (const uint8_t *)sdp,
		.n = sdp != NULL ? strlen(sdp) : 0,
		.codec = "PCMA",
	};
	struct media_stats stats;
	struct media_op op;

	CHECK(w.n_ops > 0);
	op = w.ops[0];
	CHECK_STR(op.what, what);
	memmove(&w.ops[0], &w.ops[1], sizeof(w.ops) - sizeof(w.ops[0]));
	w.n_ops--;
	if (op.stats != NULL) {
		record_init(&media_stats_record, &stats);
		stats.caller_packets = 500;
		op.stats(op.ctx, err == 0 ? &stats : NULL);
	} else if (op.done != NULL) {
		op.done(op.ctx, err, err == 0 ? &view : NULL);
	}
}

void world_heard(uint32_t kind, const char *digits)
{
	struct media_event ev;

	record_init(&media_event_record, &ev);
	ev.kind = kind;
	ev.id = w.prompt_id;
	(void)snprintf(ev.digits, sizeof(ev.digits), "%s", digits);
	ev.end = MEDIA_EVENT_END_COMPLETE;
	b2b_media_event(w.call, &ev);
}

/* --- routed, registrar, extensions --- */

void route_ask(struct route_client *r, const struct ask *ask,
	       route_asked_fn done, void *ctx)
{
	(void)r;
	w.ask = *ask;
	w.asked = done;
	w.asked_ctx = ctx;
	w.asks++;
}

void route_ended(struct route_client *r, const struct cdr *cdr,
		 route_ended_fn done, void *ctx)
{
	(void)r;
	(void)cdr;
	(void)done;
	(void)ctx;
}

void route_forget(struct route_client *r, void *ctx)
{
	(void)r;
	if (w.asked_ctx == ctx)
		w.asked = NULL;
	if (w.renewed_ctx == ctx)
		w.renewed = NULL;
}

void route_renew(struct route_client *r, const struct renew *renew,
		 route_renewed_fn done, void *ctx)
{
	(void)r;
	w.renew = *renew;
	w.renewed = done;
	w.renewed_ctx = ctx;
	w.renews++;
}

void world_lease(const struct lease *lease)
{
	route_renewed_fn renewed = w.renewed;

	CHECK(renewed != NULL);
	w.renewed = NULL;
	renewed(w.renewed_ctx, lease);
}

struct verdict verdict_of(uint32_t action)
{
	struct verdict v;

	record_init(&verdict_record, &v);
	v.action = action;
	return v;
}

void world_verdict(const struct verdict *v)
{
	route_asked_fn asked = w.asked;

	CHECK(asked != NULL);
	w.asked = NULL;
	asked(w.asked_ctx, v);
}

size_t registrar_targets(struct registrar *r, const char *extension,
			 struct target *out, size_t max)
{
	int i;

	(void)r;
	for (i = 0; i < w.phones_registered && (size_t)i < max; i++) {
		memset(&out[i], 0, sizeof(out[i]));
		(void)snprintf(out[i].peer.extension,
			       sizeof(out[i].peer.extension), "%s", extension);
		out[i].peer.local = i < 2;
		if (i >= w.phones_registered - w.phones_tls)
			out[i].peer.transport = PEER_TLS;
	}
	return (size_t)i;
}

const struct extension *extensions_get(const struct extensions *e,
				       const char *number)
{
	(void)e;
	(void)number;
	return w.extension.number[0] != '\0' ? &w.extension : NULL;
}

/* --- trunks --- */

const struct trunk *trunks_get(const struct trunks *t, const char *name)
{
	(void)t;
	(void)name;
	return &w.trunk;
}

size_t trunks_targets(struct trunks *t, const char *name, struct target *out,
		      size_t max)
{
	int i;

	(void)t;
	for (i = 0; i < w.servers && (size_t)i < max; i++) {
		memset(&out[i], 0, sizeof(out[i]));
		(void)snprintf(out[i].peer.trunk, sizeof(out[i].peer.trunk),
			       "%s", name);
	}
	return (size_t)i;
}

bool trunks_down(const struct trunks *t, const char *name)
{
	(void)t;
	(void)name;
	return w.trunk_down;
}

const char *trunks_networks(const struct trunks *t, const char *name)
{
	(void)t;
	(void)name;
	return "198.51.100.0/24";
}

void trunks_call(struct trunks *t, const char *name, int by)
{
	(void)t;
	(void)name;
	w.trunk_calls += by;
}

void trunks_failed(struct trunks *t, const char *name, const char *why)
{
	(void)t;
	(void)name;
	(void)why;
	w.trunk_failures++;
}

/* --- the world --- */

static void on_changed(void *ctx, struct b2b *call, const struct call_fact *f)
{
	static const char *const names[] = { "asking", "playing", "ringing",
					     "up",     "ending",  "ended" };
	size_t n = strlen(w.states);

	(void)ctx;
	(void)call;
	if (f == NULL)
		return;
	(void)snprintf(w.states + n, sizeof(w.states) - n, "%s%s",
		       n > 0 ? " " : "", names[f->state]);
}

static void on_ended(void *ctx, struct b2b *call, const struct cdr *cdr)
{
	(void)ctx;
	(void)call;
	w.cdr = *cdr;
	w.ended++;
}

static struct legs legs;

void world_open(void)
{
	memset(&w, 0, sizeof(w));
	legs.made = 0;
	record_init(&sip_settings_record, &w.settings);
	record_init(&trunk_record, &w.trunk);
	w.servers = 1;
	w.base = event_base_new();
	CHECK(w.base != NULL);
	w.phones_registered = 1;
	w.hub = (struct call_hub){ .base = w.base,
				   .legs = &legs,
				   .settings = &w.settings,
				   .callers = callers_new(),
				   .changed = on_changed,
				   .ended = on_ended };
}

void world_call(const char *sdp)
{
	w.call = b2b_new(&w.hub);
	CHECK(w.call != NULL);
	w.caller = make_leg(b2b_leg_event, w.call);
	if (w.from_trunk)
		(void)snprintf(w.caller->peer.trunk,
			       sizeof(w.caller->peer.trunk), "acme");
	else
		(void)snprintf(w.caller->peer.extension,
			       sizeof(w.caller->peer.extension), "801");
	w.caller->remote_n = strlen(sdp);
	memcpy(w.caller->remote, sdp, strlen(sdp));
	b2b_start(w.call, w.caller);
}

void world_close(void)
{
	bool own = true;
	int i;

	CHECK_EQ(w.ended, 1);
	CHECK_EQ(w.trunk_calls, 0);
	b2b_free(w.call);
	for (i = 0; i < w.n_phones; i++) {
		CHECK(w.phone[i]->gone);
		own = own && w.phone[i] != w.caller;
		free(w.phone[i]);
	}
	if (own) {
		CHECK(w.caller->gone);
		free(w.caller);
	}
	callers_free(w.hub.callers);
	event_base_free(w.base);
}

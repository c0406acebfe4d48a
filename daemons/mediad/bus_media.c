#include "bus_media.h"

#include <stdio.h>

#include "bus.h"
#include "calls.h"
#include "clock.h"
#include "guard_bus.h"
#include "log.h"
#include "media_bus.h"
#include "mediad.h"
#include "records.h"
#include "secret.h"
#include "service.h"

static void reply(struct bus_req *req, int err, const struct refusal *why,
		  const void *out)
{
	if (err)
		bus_reply_error(req, why->name, "%s", why->text);
	else
		bus_reply(req, out);
}

static void on_offer(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct media_sdp out;
	struct refusal why;

	record_init(&media_sdp_record, &out);
	reply(req, calls_offer(m->calls, in, &out, &why), &why, &out);
	secret_wipe(out.sdp, out.sdp_bytes);
}

static void on_answer(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct media_sdp out;
	struct refusal why;

	record_init(&media_sdp_record, &out);
	reply(req, calls_answer(m->calls, in, &out, &why), &why, &out);
	secret_wipe(out.sdp, out.sdp_bytes);
}

static void on_accept(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct media_sdp out;
	struct refusal why;

	record_init(&media_sdp_record, &out);
	reply(req, calls_accept(m->calls, in, &out, &why), &why, &out);
	secret_wipe(out.sdp, out.sdp_bytes);
}

static void on_rollback(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	reply(req, calls_rollback(m->calls, in, &why), &why, NULL);
}

static void deleted(void *ctx, const struct media_stats *stats)
{
	bus_reply(ctx, stats);
}

static void on_delete(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	if (calls_delete(m->calls, in, deleted, req, &why))
		bus_reply_error(req, why.name, "%s", why.text);
}

static void on_play(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	reply(req, calls_play(m->calls, in, &why), &why, NULL);
}

static void on_echo(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	reply(req, calls_echo(m->calls, in, &why), &why, NULL);
}

static void on_collect(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	reply(req, calls_collect(m->calls, in, &why), &why, NULL);
}

static void on_key(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	reply(req, calls_key(m->calls, in, &why), &why, NULL);
}

static void on_stop(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct refusal why;

	reply(req, calls_stop(m->calls, in, &why), &why, NULL);
}

static void on_load(void *ctx, struct bus_req *req, const void *in)
{
	struct mediad *m = ctx;
	struct media_load out;

	(void)in;
	calls_load(m->calls, &out);
	bus_reply(req, &out);
}

/* sipd came or went. Its calls go on sounding, for it may come back and ask
   about them; those that nobody ends, end in silence. */
static void on_sipd(void *ctx, bool there)
{
	struct mediad *m = ctx;

	if (!there)
		calls_orphan(m->calls);
}

int bus_media_open(struct mediad *m)
{
	static const bus_method_fn fns[MEDIA_N_METHODS] = {
		[MEDIA_OFFER] = on_offer,   [MEDIA_ANSWER] = on_answer,
		[MEDIA_ACCEPT] = on_accept, [MEDIA_ROLLBACK] = on_rollback,
		[MEDIA_DELETE] = on_delete, [MEDIA_PLAY] = on_play,
		[MEDIA_ECHO] = on_echo,     [MEDIA_COLLECT] = on_collect,
		[MEDIA_KEY] = on_key,       [MEDIA_STOP] = on_stop,
		[MEDIA_LOAD] = on_load,
	};
	int err = bus_export(m->service->bus, &media_iface, fns, m);

	if (err)
		return err;
	return bus_watch_peer(m->service->bus, "org.sallyport.Sip", on_sipd, m);
}

static void on_reported(void *ctx, const struct bus_error *error,
			const void *out)
{
	(void)ctx;
	(void)out;
	if (error)
		log_debug("foreign packets not reported: %s", error->text);
}

/* The source of RTP can be forged: guardd counts and shows it, no more. */
static void report_foreign(struct mediad *m, const struct media_event *ev)
{
	struct report r;

	if (!rate_take(&m->foreign_report, clock_mono_ms()))
		return;
	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "sip");
	r.kind = REPORT_KIND_FOREIGN_MEDIA;
	snprintf(r.source, sizeof(r.source), "%s", ev->source);
	r.transport = REPORT_TRANSPORT_UDP;
	snprintf(r.detail, sizeof(r.detail), "%u packets", ev->count);
	if (bus_call(m->service->bus, &guard_iface, GUARD_REPORT, &r, 0,
		     on_reported, m))
		log_debug("foreign packets not reported: no memory");
}

void bus_media_event(void *ctx, const struct media_event *ev)
{
	struct mediad *m = ctx;

	if (ev->kind == MEDIA_EVENT_KIND_FOREIGN) {
		log_limited(&m->foreign_log, LOG_WARN,
			    "call %s: %u packets from %s are not its own, "
			    "dropped",
			    ev->call, ev->count, ev->source);
		report_foreign(m, ev);
	}
	if (bus_emit(m->service->bus, &media_iface, MEDIA_SIG_EVENT, ev))
		log_err("call %s: an event is lost: no memory", ev->call);
}

void bus_media_fact(void *ctx, const struct media_stats *stats)
{
	struct mediad *m = ctx;

	if (bus_emit(m->service->bus, &media_iface, MEDIA_SIG_MEDIA_FACT,
		     stats))
		log_warn("call %s: its statistics are not told: no memory",
			 stats->call);
}

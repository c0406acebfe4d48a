/* org.sallyport.Sip1, and what sipd asks of guardd: unpacks, calls, packs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "guard_bus.h"
#include "sip_bus.h"

#include "bans.h"
#include "calls.h"
#include "extension.h"
#include "registrar.h"
#include "sipd.h"
#include "sofia.h"
#include "trunk.h"
#include "trunk_test.h"

static void on_binding(void *ctx, const struct binding *row)
{
	bus_reply_row(ctx, row);
}

static void on_registrations(void *ctx, struct bus_req *req, const void *in)
{
	struct sipd *d = ctx;

	(void)in;
	registrar_each(d->registrar, on_binding, req);
	bus_reply_end(req);
}

static void on_call(void *ctx, const struct call *row)
{
	bus_reply_row(ctx, row);
}

static void on_calls(void *ctx, struct bus_req *req, const void *in)
{
	struct sipd *d = ctx;

	(void)in;
	calls_each(d->calls, on_call, req);
	bus_reply_end(req);
}

static void on_trunk(void *ctx, const struct trunk_state *row)
{
	bus_reply_row(ctx, row);
}

static void on_trunks(void *ctx, struct bus_req *req, const void *in)
{
	struct sipd *d = ctx;

	(void)in;
	trunks_each(d->trunks, on_trunk, req);
	bus_reply_end(req);
}

static void on_tried(void *ctx, const struct trunk_tried *row)
{
	bus_reply_row(ctx, row);
}

static void on_all_tried(void *ctx)
{
	bus_reply_end(ctx);
}

static void on_test_trunk(void *ctx, struct bus_req *req, const void *in)
{
	const struct trunk_tester teller = { on_tried, on_all_tried, req };
	const struct trunk_ask *ask = in;
	struct sipd *d = ctx;
	int rc = trunks_test(d->trunks, ask->trunk, &teller);

	if (rc == -ENOENT)
		bus_reply_error(req, "NoSuch", "there is no trunk \"%s\"",
				ask->trunk);
	else if (rc < 0)
		bus_reply_error(req, "Busy",
				"this trunk is being tested already");
}

static void on_originated(void *ctx, const char *id, const char *why)
{
	struct bus_req *req = ctx;
	struct call_id out;

	if (!id) {
		bus_reply_error(req, "Failed", "%s", why);
		return;
	}
	record_init(&call_id_record, &out);
	text_from_peer(out.call, sizeof(out.call), id, strlen(id));
	bus_reply(req, &out);
}

static void on_originate(void *ctx, struct bus_req *req, const void *in)
{
	const struct originate *o = in;
	struct sipd *d = ctx;

	calls_originate(d->calls, o->caller, o->callee, on_originated, req);
	sofia_kick(d->sofia);
}

static void on_hangup(void *ctx, struct bus_req *req, const void *in)
{
	const struct call_id *id = in;
	struct sipd *d = ctx;
	struct changed_count out;

	record_init(&changed_count_record, &out);
	out.count = (uint32_t)calls_hangup(d->calls, id->call,
					   "ended by the operator");
	sofia_kick(d->sofia);
	if (out.count > 0 || !id->call[0])
		bus_reply(req, &out);
	else
		bus_reply_error(req, "NoSuch", "no such call");
}

static void on_verify(void *ctx, struct bus_req *req, const void *in)
{
	const struct sip_verify *v = in;
	struct sipd *d = ctx;
	struct sip_verified out;

	record_init(&sip_verified_record, &out);
	out.ok = extensions_verify(d->extensions, v->extension, v->secret,
				   v->source);
	bus_reply(req, &out);
}

static const bus_method_fn methods[SIP_N_METHODS] = {
	[SIP_REGISTRATIONS] = on_registrations,
	[SIP_CALLS] = on_calls,
	[SIP_TRUNKS] = on_trunks,
	[SIP_TEST_TRUNK] = on_test_trunk,
	[SIP_ORIGINATE] = on_originate,
	[SIP_HANGUP] = on_hangup,
	[SIP_VERIFY_SECRET] = on_verify,
};

static void on_ban(void *ctx, const void *rec)
{
	struct sipd *d = ctx;

	bans_fact(d->bans, rec);
}

/* It has its view ready before it takes its name. */
static void on_guard(void *ctx, bool there)
{
	struct sipd *d = ctx;

	if (there)
		bans_read(d->bans);
}

int sipd_bus_open(struct sipd *d)
{
	int rc = bus_export(d->service->bus, &sip_iface, methods, d);

	if (rc == 0)
		rc = bus_watch(d->service->bus, &guard_iface,
			       GUARD_SIG_BAN_FACT, on_ban, d);
	if (rc == 0)
		rc = bus_watch_peer(d->service->bus, guard_iface.dest, on_guard,
				    d);
	return rc;
}

void sipd_bus_fact(void *ctx, const struct binding_fact *fact)
{
	struct sipd *d = ctx;

	(void)bus_emit(d->service->bus, &sip_iface, SIP_SIG_BINDING_FACT, fact);
}

/* A report under way. */
struct asking {
	gate_reported_fn done;
	void *ctx;
};

/* No word from guardd is no leave to answer (SPEC 6). */
static enum gate_word word_of(const struct report_verdict *v)
{
	if (!v)
		return GATE_WORD_SILENCE;
	if (v->action != REPORT_VERDICT_ACTION_ANSWER)
		return GATE_WORD_DROP;
	return v->tries_left > 0 || v->banned_s > 0 ? GATE_WORD_ANSWER
						    : GATE_WORD_UNCOUNTED;
}

static void on_reported(void *ctx, const struct bus_error *error,
			const void *out)
{
	struct asking *a = ctx;

	if (a->done)
		a->done(a->ctx, word_of(error ? NULL : out));
	free(a);
}

int sipd_bus_report(void *ctx, const struct report *report,
		    gate_reported_fn done, void *done_ctx)
{
	struct sipd *d = ctx;
	struct asking *a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return -ENOMEM;
	a->done = done;
	a->ctx = done_ctx;
	rc = bus_call(d->service->bus, &guard_iface, GUARD_REPORT, report, 0,
		      on_reported, a);
	if (rc < 0)
		free(a);
	return rc;
}

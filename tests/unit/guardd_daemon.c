/*
 * guardd as a whole, on a bus and a store of the test's own, with a double in
 * the place of fwd that holds its answers back, refuses, goes and comes.
 */
#include <event2/event.h>
#include <sys/stat.h>
#include <time.h>

#include "bus.h"
#include "bus_world.h"
#include "check.h"
#include "clock.h"
#include "firewall_bus.h"
#include "guard_bus.h"
#include "guardd.h"
#include "incidents.h"
#include "live.h"
#include "log.h"
#include "service.h"
#include "store.h"
#include "table.h"
#include "wall.h"
#include "would_ban.h"

enum { TIMED = 20000 };

/* fwd's double */
struct door {
	struct bus *bus;
	struct bus_req *held;
	bool hold;
	bool refuse;
	int bans;
	int unbans;
	int permits;
	int unpermits;
	int restores;
	int networks;
	char last[80]; /* service@source of the last Ban */
};

struct asked {
	struct report_verdict verdict;
	int done;
	int errors;
};

struct heard {
	int banned;
	int lifted;
	int at; /* reports answered when the last fact came */
	int *answers;
	struct ban_fact last;
};

struct world {
	struct bus_world bus;
	struct door door;
	struct service service;
	struct asked asked;
	struct heard heard;
};

static void on_ban(void *ctx, struct bus_req *req, const void *in)
{
	struct door *d = ctx;
	const struct reject *r = in;

	d->bans++;
	snprintf(d->last, sizeof(d->last), "%.9s@%.64s", r->service, r->source);
	if (d->refuse)
		bus_reply_error(req, "Kernel", "full");
	else if (d->hold)
		d->held = req;
	else
		bus_reply(req, NULL);
}

static void on_unban(void *ctx, struct bus_req *req, const void *in)
{
	(void)in;
	((struct door *)ctx)->unbans++;
	bus_reply(req, NULL);
}

static void on_permit(void *ctx, struct bus_req *req, const void *in)
{
	(void)in;
	((struct door *)ctx)->permits++;
	bus_reply(req, NULL);
}

static void on_unpermit(void *ctx, struct bus_req *req, const void *in)
{
	(void)in;
	((struct door *)ctx)->unpermits++;
	bus_reply(req, NULL);
}

static void on_restore(void *ctx, struct bus_req *req, const void *in)
{
	struct changed_count out = { 0 };

	(void)in;
	((struct door *)ctx)->restores++;
	bus_reply(req, &out);
}

static void on_networks(void *ctx, struct bus_req *req, const void *in)
{
	struct network row;

	(void)in;
	record_init(&network_record, &row);
	snprintf(row.network, sizeof(row.network), "192.168.1.0/24");
	bus_reply_row(req, &row);
	bus_reply_end(req);
	((struct door *)ctx)->networks++;
}

static void on_entries(void *ctx, struct bus_req *req, const void *in)
{
	(void)ctx;
	(void)in;
	bus_reply_end(req);
}

static void door_opens(struct world *w)
{
	static const bus_method_fn fns[FIREWALL_N_METHODS] = {
		[FIREWALL_BAN] = on_ban,
		[FIREWALL_UNBAN] = on_unban,
		[FIREWALL_PERMIT] = on_permit,
		[FIREWALL_UNPERMIT] = on_unpermit,
		[FIREWALL_RESTORE] = on_restore,
		[FIREWALL_ENTRIES] = on_entries,
		[FIREWALL_NETWORKS] = on_networks,
	};
	int restores = w->door.restores + 1, networks = w->door.networks + 1;
	char why[200];

	w->door.bus =
		bus_world_open(&w->bus, "fwd", firewall_iface.dest, false);
	CHECK_EQ(bus_export(w->door.bus, &firewall_iface, fns, &w->door), 0);
	CHECK_EQ(bus_go(w->door.bus, why, sizeof(why)), 0);
	loop_until_count(w->bus.base, &w->door.restores, restores);
	loop_until_count(w->bus.base, &w->door.networks, networks);
}

static void on_fact(void *ctx, const void *rec)
{
	struct heard *h = ctx;

	h->last = *(const struct ban_fact *)rec;
	h->at = *h->answers;
	if (h->last.op == BAN_FACT_OP_BANNED)
		h->banned++;
	else
		h->lifted++;
}

static void on_verdict(void *ctx, const struct bus_error *error,
		       const void *out)
{
	struct asked *a = ctx;

	if (error)
		a->errors++;
	else
		a->verdict = *(const struct report_verdict *)out;
	a->done++;
}

static void send_report(struct world *w, const char *source)
{
	struct report r;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "sip");
	snprintf(r.source, sizeof(r.source), "%s", source);
	snprintf(r.account, sizeof(r.account), "801");
	CHECK_EQ(bus_call(w->bus.sipd, &guard_iface, GUARD_REPORT, &r, 0,
			  on_verdict, &w->asked),
		 0);
}

static uint32_t report(struct world *w, const char *source)
{
	int want = w->asked.done + 1;

	send_report(w, source);
	loop_until_count(w->bus.base, &w->asked.done, want);
	CHECK_EQ(w->asked.errors, 0);
	return w->asked.verdict.action;
}

static void guard_begins(struct world *w)
{
	struct bus_fixture *f = &w->bus.fixture;
	struct bus_config bus = {
		.address = f->address,
		.name = guard_iface.dest,
		.daemon = "guardd",
	};
	struct store_config store = { .truth_max = 64 << 20,
				      .view_max = 64 << 20 };
	char state[128], view[128], why[300] = "";

	snprintf(state, sizeof(state), "%s/state", f->dir);
	snprintf(view, sizeof(view), "%s/guardd", f->dir);
	(void)mkdir(state, 0700);
	(void)mkdir(view, 0750);
	store.state_dir = state;
	store.view_dir = view;
	w->service.base = w->bus.base;
	w->service.run_dir = f->dir;
	w->service.bus = bus_open(w->bus.base, &bus, why, sizeof(why));
	CHECK_STR(why, "");
	w->service.store = store_open(w->bus.base, &store, why, sizeof(why));
	CHECK_STR(why, "");
	CHECK_EQ(guardd_start(&w->service, why, sizeof(why)), 0);
	CHECK_EQ(bus_go(w->service.bus, why, sizeof(why)), 0);
}

static void guard_ends(struct world *w)
{
	guardd_stop(&w->service);
	bus_close(w->service.bus);
	store_close(w->service.store);
}

static struct guardd *guardd(struct world *w)
{
	return w->service.daemon;
}

/* SPEC 6: ten are answered, the last only once the ban is in force. */
static void test_limit(struct world *w)
{
	w->door.hold = true;
	for (int i = 0; i < 9; i++) {
		CHECK_EQ(report(w, "203.0.113.9"),
			 REPORT_VERDICT_ACTION_ANSWER);
		CHECK_EQ(w->asked.verdict.tries_left, 9 - i);
	}
	send_report(w, "203.0.113.9");
	loop_until_count(w->bus.base, &w->door.bans, 1);
	CHECK_STR(w->door.last, "sip@203.0.113.9");
	bus_world_settle(&w->bus, w->bus.sipd);
	CHECK_EQ(w->asked.done, 9);
	CHECK_EQ(w->heard.banned, 0);
	/* Meanwhile more of the same source is dropped at once. */
	CHECK_EQ(report(w, "203.0.113.9"), REPORT_VERDICT_ACTION_DROP);
	w->door.hold = false;
	bus_reply(w->door.held, NULL);
	loop_until_count(w->bus.base, &w->asked.done, 11);
	CHECK_EQ(w->asked.verdict.action, REPORT_VERDICT_ACTION_ANSWER);
	CHECK_EQ(w->asked.verdict.banned_s, 3600);
	loop_until_count(w->bus.base, &w->heard.banned, 1);
	/* The fact came behind the answer. */
	CHECK_EQ(w->heard.at, 11);
	CHECK_STR(w->heard.last.source, "203.0.113.9");
	CHECK_EQ(report(w, "203.0.113.9"), REPORT_VERDICT_ACTION_DROP);
}

/* Local as fwd told: never. */
static void test_local(struct world *w)
{
	for (int i = 0; i < 30; i++)
		CHECK_EQ(report(w, "192.168.1.9"),
			 REPORT_VERDICT_ACTION_ANSWER);
}

static uint32_t to_the_limit(struct world *w, const char *source)
{
	for (int i = 0; i < 9; i++)
		CHECK_EQ(report(w, source), REPORT_VERDICT_ACTION_ANSWER);
	return report(w, source);
}

/* fwd refuses, then is away: no answer, but the ban is not forgotten. */
static void test_fwd_away(struct world *w)
{
	int restores = w->door.restores;

	w->door.refuse = true;
	CHECK_EQ(to_the_limit(w, "203.0.113.20"), REPORT_VERDICT_ACTION_DROP);
	loop_until_count(w->bus.base, &w->door.restores, restores + 1);
	w->door.refuse = false;
	bus_close(w->door.bus);
	while (wall_there(guardd(w)->wall))
		event_base_loop(w->bus.base, EVLOOP_ONCE);
	CHECK_EQ(to_the_limit(w, "203.0.113.21"), REPORT_VERDICT_ACTION_DROP);
	CHECK_EQ(report(w, "203.0.113.21"), REPORT_VERDICT_ACTION_DROP);
	door_opens(w);
	CHECK_EQ(report(w, "203.0.113.21"), REPORT_VERDICT_ACTION_DROP);
}

/* Allowed beats rejected, at once. */
static void test_allow(struct world *w)
{
	struct guardd *d = guardd(w);
	struct allowed_address row;
	int lifted = w->heard.lifted;

	record_init(&allowed_address_record, &row);
	snprintf(row.name, sizeof(row.name), "office");
	snprintf(row.source, sizeof(row.source), "203.0.113.16/28");
	snprintf(row.services, sizeof(row.services), "sip;https");
	CHECK_EQ(table_put(d->allowed, "test", row.name, &row, NULL, NULL), 0);
	loop_until_count(w->bus.base, &w->door.permits, 2);
	loop_until_count(w->bus.base, &w->heard.lifted, lifted + 2);
	loop_until_count(w->bus.base, &w->door.unbans, 2);
	for (int i = 0; i < 12; i++)
		CHECK_EQ(report(w, "203.0.113.20"),
			 REPORT_VERDICT_ACTION_ANSWER);
	CHECK_EQ(table_put(d->allowed, "test", row.name, NULL, NULL, NULL), 0);
	loop_until_count(w->bus.base, &w->door.unpermits, 2);
}

/* An end date takes the address out; the row stays for people to see. */
static void test_allow_ends(struct world *w)
{
	struct guardd *d = guardd(w);
	struct allowed_address row;
	int unpermits = w->door.unpermits, permits = w->door.permits;

	record_init(&allowed_address_record, &row);
	snprintf(row.name, sizeof(row.name), "guest");
	snprintf(row.source, sizeof(row.source), "198.51.100.9");
	snprintf(row.services, sizeof(row.services), "sip");
	row.until_ms = clock_wall_ms() + 300;
	CHECK_EQ(table_put(d->allowed, "test", row.name, &row, NULL, NULL), 0);
	loop_until_count(w->bus.base, &w->door.permits, permits + 1);
	CHECK_EQ(report(w, "198.51.100.9"), REPORT_VERDICT_ACTION_ANSWER);
	CHECK_EQ(w->asked.verdict.tries_left, 0); /* exempt */
	loop_until_count(w->bus.base, &w->door.unpermits, unpermits + 1);
	CHECK(table_get(d->allowed, "guest"));
	CHECK_EQ(report(w, "198.51.100.9"), REPORT_VERDICT_ACTION_ANSWER);
	CHECK_EQ(w->asked.verdict.tries_left, 9);
}

/* The clock is set: a ban lasts as long, and shows the new time. */
static void test_clock(struct world *w)
{
	struct guardd *d = guardd(w);
	struct guard_now now;
	struct guard_key key;
	struct ban *b;
	uint64_t until_ms;
	uint32_t left_s;

	CHECK_EQ(guard_key_parse(&key, "sip@203.0.113.9"), 0);
	b = bans_find(d->guard.bans, &key);
	CHECK(b);
	guardd_now(d, &now);
	until_ms = b->until_ms;
	left_s = guard_left_s(b, &now);
	standing_clock_set(d, 86400000);
	CHECK_EQ(b->until_ms, until_ms + 86400000);
	CHECK_EQ(guard_left_s(b, &now), left_s);
	standing_clock_set(d, -86400000);
	CHECK_EQ(b->until_ms, until_ms);
}

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct asked *a = ctx;
	const struct changed_count *count = out;

	a->errors += error != NULL;
	if (count)
		a->verdict.tries_left = count->count;
	a->done++;
}

static void person(struct world *w, size_t method, const void *in)
{
	int want = w->asked.done + 1;

	CHECK_EQ(bus_call(w->bus.sipd, &guard_iface, method, in, 0, on_done,
			  &w->asked),
		 0);
	loop_until_count(w->bus.base, &w->asked.done, want);
}

/* 0: no such ban. */
static uint32_t bans_left_s(struct world *w, const char *id)
{
	struct guard_now now;
	struct guard_key key;
	const struct ban *b;

	CHECK_EQ(guard_key_parse(&key, id), 0);
	b = bans_find(guardd(w)->guard.bans, &key);
	guardd_now(guardd(w), &now);
	return b ? guard_left_s(b, &now) : 0;
}

static void test_person(struct world *w)
{
	struct unreject un;
	struct reject re;
	int bans = w->door.bans, lifted = w->heard.lifted;

	record_init(&reject_record, &re);
	snprintf(re.source, sizeof(re.source), "203.0.113.50");
	snprintf(re.service, sizeof(re.service), "https");
	re.seconds = 60;
	person(w, GUARD_REJECT, &re);
	CHECK_EQ(w->door.bans, bans + 1);
	snprintf(re.service, sizeof(re.service), "sip");
	person(w, GUARD_REJECT, &re);
	snprintf(re.source, sizeof(re.source), "192.168.1.9");
	person(w, GUARD_REJECT, &re);
	CHECK_EQ(w->asked.errors, 1); /* local */
	w->asked.errors = 0;
	/* fwd refuses: what was so before is so again. */
	w->door.refuse = true;
	snprintf(re.source, sizeof(re.source), "203.0.113.50");
	re.seconds = 7200;
	person(w, GUARD_REJECT, &re);
	snprintf(re.source, sizeof(re.source), "203.0.113.51");
	person(w, GUARD_REJECT, &re);
	w->door.refuse = false;
	CHECK_EQ(w->asked.errors, 2);
	w->asked.errors = 0;
	CHECK_EQ(bans_left_s(w, "sip@203.0.113.50"), 60);
	CHECK_EQ(bans_left_s(w, "sip@203.0.113.51"), 0);
	record_init(&unreject_record, &un);
	snprintf(un.source, sizeof(un.source), "203.0.113.50");
	snprintf(un.service, sizeof(un.service), "all");
	person(w, GUARD_UNREJECT, &un);
	CHECK_EQ(w->asked.verdict.tries_left, 2);
	loop_until_count(w->bus.base, &w->heard.lifted, lifted + 2);
	person(w, GUARD_UNREJECT, &un);
	CHECK_EQ(w->asked.verdict.tries_left, 0);
	CHECK_EQ(w->asked.errors, 0);
}

/* Who waits for a ban while guardd ends is told that nothing was changed. */
static void test_end_under_way(struct world *w)
{
	int want = w->asked.done + 2, bans = w->door.bans;
	int restores = w->door.restores;
	struct reject re;

	w->door.hold = true;
	record_init(&reject_record, &re);
	snprintf(re.source, sizeof(re.source), "203.0.113.61");
	snprintf(re.service, sizeof(re.service), "sip");
	CHECK_EQ(bus_call(w->bus.sipd, &guard_iface, GUARD_REJECT, &re, 0,
			  on_done, &w->asked),
		 0);
	loop_until_count(w->bus.base, &w->door.bans, bans + 1);
	/* A try that is counted, and not yet written down. */
	send_report(w, "203.0.113.71");
	guard_ends(w);
	loop_until_count(w->bus.base, &w->asked.done, want);
	CHECK(w->asked.errors >= 1);
	w->asked.errors = 0;
	w->door.hold = false;
	bus_reply(w->door.held, NULL);
	guard_begins(w);
	loop_until_count(w->bus.base, &w->door.restores, restores + 1);
	CHECK_EQ(bans_left_s(w, "sip@203.0.113.61"), 0);
	bus_world_settle(&w->bus, w->bus.sipd);
}

/* A ban that ends is told, and a restart brings the others back. */
static void test_restart(struct world *w)
{
	struct reject re;
	int lifted, restores = w->door.restores;

	record_init(&reject_record, &re);
	snprintf(re.source, sizeof(re.source), "203.0.113.60");
	snprintf(re.service, sizeof(re.service), "sip");
	re.seconds = 1;
	lifted = w->heard.lifted;
	person(w, GUARD_REJECT, &re);
	loop_until_count(w->bus.base, &w->heard.lifted, lifted + 1);
	CHECK_STR(w->heard.last.source, "203.0.113.60");
	for (int i = 0; i < 4; i++)
		CHECK_EQ(report(w, "203.0.113.70"),
			 REPORT_VERDICT_ACTION_ANSWER);
	guard_ends(w);
	guard_begins(w);
	loop_until_count(w->bus.base, &w->door.restores, restores + 1);
	CHECK_EQ(bans_count(guardd(w)->guard.bans), 1);
	bus_world_settle(&w->bus, w->bus.sipd);
	CHECK_EQ(report(w, "203.0.113.9"), REPORT_VERDICT_ACTION_DROP);
	/* A restart gives nobody new tries. */
	CHECK_EQ(report(w, "203.0.113.70"), REPORT_VERDICT_ACTION_ANSWER);
	CHECK_EQ(w->asked.verdict.tries_left, 5);
	CHECK_EQ(guardd(w)->guard.settings[GUARD_SIP].tries, 10);
	CHECK_EQ(guardd(w)->guard.settings[GUARD_SSH].tries, 5);
}

struct seen {
	struct incident rows[8];
	size_t n;
};

static bool on_seen(void *ctx, const struct incident *row)
{
	struct seen *s = ctx;

	s->rows[s->n++] = *row;
	return s->n < 8;
}

/* What happens in the house is kept, whatever it says; and it bans nobody. */
static void test_events(struct world *w)
{
	int bans = w->door.bans, want = w->asked.done + 1;
	struct seen s = { 0 };
	struct report r;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "calls");
	snprintf(r.source, sizeof(r.source), "203.0.113.77");
	snprintf(r.account, sizeof(r.account), "801");
	snprintf(r.detail, sizeof(r.detail),
		 "3 calls failed for want of a PIN");
	snprintf(r.outcome, sizeof(r.outcome), "locked for 30 min");
	r.kind = REPORT_KIND_PIN_LOCK;
	for (int i = 0; i < 20; i++)
		CHECK_EQ(bus_call(w->bus.sipd, &guard_iface, GUARD_REPORT, &r,
				  0, on_verdict, &w->asked),
			 0);
	loop_until_count(w->bus.base, &w->asked.done, want + 19);
	CHECK_EQ(w->asked.errors, 0);
	CHECK_EQ(w->asked.verdict.action, REPORT_VERDICT_ACTION_DROP);
	CHECK_EQ(w->door.bans, bans);
	incidents_each(guardd(w)->incidents, 0, on_seen, &s);
	CHECK_EQ(s.rows[0].kind, INCIDENT_KIND_PIN_LOCK);
	CHECK_EQ(s.rows[0].level, INCIDENT_LEVEL_ALARM);
	CHECK_EQ(s.rows[0].count, 20);
	CHECK_STR(s.rows[0].account, "801");
	CHECK_STR(s.rows[0].outcome, "locked for 30 min");
	snprintf(r.source, sizeof(r.source), "somewhere");
	CHECK_EQ(bus_call(w->bus.sipd, &guard_iface, GUARD_REPORT, &r, 0,
			  on_verdict, &w->asked),
		 0);
	loop_until_count(w->bus.base, &w->asked.errors, 1);
	w->asked.errors = 0;
}

/* The last things that a source was seen doing stay with its ban. */
static void test_evidence(struct world *w)
{
	struct unreject un;
	struct reject re;
	struct guard_key key;
	const struct ban *b;

	for (int i = 0; i < 10; i++)
		report(w, "2001:db8:3::9");
	CHECK_EQ(guard_key_parse(&key, "sip@2001:db8:3::/64"), 0);
	b = bans_find(guardd(w)->guard.bans, &key);
	CHECK(b);
	CHECK_STR(ban_evidence(b), "801: 10 times, UDP");
	/* Made permanent by a person: what was seen stays. */
	record_init(&reject_record, &re);
	snprintf(re.source, sizeof(re.source), "2001:db8:3::/64");
	snprintf(re.service, sizeof(re.service), "sip");
	person(w, GUARD_REJECT, &re);
	CHECK_EQ(w->asked.errors, 0);
	CHECK_EQ(b->until_ms, 0);
	CHECK_EQ(b->tries, 10);
	CHECK_STR(ban_evidence(b), "801: 10 times, UDP");
	CHECK_EQ(b->origin, REJECTED_ORIGIN_PERSON);
	record_init(&unreject_record, &un);
	snprintf(un.source, sizeof(un.source), "2001:db8:3::/64");
	snprintf(un.service, sizeof(un.service), "all");
	person(w, GUARD_UNREJECT, &un);
	CHECK_EQ(w->asked.verdict.tries_left, 1);
}

/* ---- what other settings would have done ---- */

struct whom {
	struct would_ban sum;
	struct would_ban_whom rows[WOULD_BAN_ROWS];
	size_t n;
	int done;
	int errors;
};

static void on_sum(void *ctx, const struct bus_error *error, const void *out)
{
	struct whom *o = ctx;

	if (error)
		o->errors++;
	else if (out)
		o->sum = *(const struct would_ban *)out;
	o->done++;
}

static void on_whom(void *ctx, const void *row)
{
	struct whom *o = ctx;

	CHECK(o->n < WOULD_BAN_ROWS);
	o->rows[o->n++] = *(const struct would_ban_whom *)row;
}

static void ask_whom(struct world *w, const char *service, uint32_t tries,
		     bool trust_local, struct whom *o)
{
	struct would_ban_ask ask;

	memset(o, 0, sizeof(*o));
	record_init(&would_ban_ask_record, &ask);
	snprintf(ask.service, sizeof(ask.service), "%s", service);
	ask.tries = tries;
	ask.window_s = 600;
	ask.trust_local = trust_local;
	CHECK_EQ(bus_call(w->bus.sipd, &guard_iface, GUARD_WOULD_BAN, &ask, 0,
			  on_sum, o),
		 0);
	CHECK_EQ(bus_call_rows(w->bus.sipd, &guard_iface, GUARD_WOULD_BAN_WHOM,
			       &ask, 0, on_whom, on_sum, o),
		 0);
	loop_until_count(w->bus.base, &o->done, 2);
}

static const struct would_ban_whom *found(const struct whom *o,
					  const char *source)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->rows[i].source, source) == 0)
			return &o->rows[i];
	return NULL;
}

/* By the tries of all the tests before, those before a restart included. */
static void check_whom(struct world *w)
{
	const struct would_ban_whom *row;
	struct whom o;

	ask_whom(w, "sip", 3, true, &o);
	CHECK_EQ(o.errors, 0);
	CHECK(o.sum.since_ms > 0 && o.sum.since_ms <= clock_wall_ms());
	CHECK_EQ(o.sum.more, 2); /* one is of the test before */
	CHECK_EQ(o.sum.local, 1);
	row = found(&o, "203.0.113.90");
	CHECK(row && row->would && !row->banned);
	CHECK_EQ(row->tries, 3);
	CHECK_STR(row->accounts, "801");
	/* Who is another than before comes first. */
	CHECK(row <= &o.rows[1]);
	row = found(&o, "203.0.113.9");
	CHECK(row && row->would && row->banned);
	CHECK_EQ(row->tries, 10);
	CHECK(!found(&o, "192.168.1.9"));
	ask_whom(w, "sip", 11, false, &o);
	CHECK_EQ(o.sum.more, 1); /* the local one */
	CHECK_EQ(o.sum.local, 0);
	CHECK_EQ(o.sum.fewer, 3); /* the others came no further */
	row = found(&o, "203.0.113.9");
	CHECK(row && !row->would && row->banned);
	row = found(&o, "192.168.1.9");
	CHECK(row && row->would && !row->banned);
	ask_whom(w, "https", 1, true, &o);
	CHECK_EQ(o.sum.sources, 0);
	ask_whom(w, "all", 3, true, &o);
	CHECK_EQ(o.errors, 2);
}

static void test_would_ban(struct world *w)
{
	int restores = w->door.restores;

	for (int i = 0; i < 3; i++)
		report(w, "203.0.113.90");
	check_whom(w);
	guard_ends(w);
	guard_begins(w);
	loop_until_count(w->bus.base, &w->door.restores, restores + 1);
	bus_world_settle(&w->bus, w->bus.sipd);
	check_whom(w);
}

static void ignore_verdict(void *ctx, const struct report_verdict *v)
{
	(void)v;
	(*(int *)ctx)++;
}

static void test_speed(struct world *w)
{
	struct timespec a, b;
	struct issue issue;
	struct report r;
	double us;
	int n = 0;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "sip");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < TIMED; i++) {
		snprintf(r.source, sizeof(r.source), "45.1.%d.%d", i / 250,
			 i % 250);
		CHECK_EQ(
			judge_report(guardd(w), &r, ignore_verdict, &n, &issue),
			0);
	}
	store_wait(guardd(w)->service->store);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	CHECK_EQ(n, TIMED);
	us = ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	      (double)(b.tv_nsec - a.tv_nsec)) /
	     1e3 / TIMED;
	printf("%.2f us of CPU a report\n", us);
}

int main(void)
{
	struct world *w = calloc(1, sizeof(*w));

	CHECK(w);
	log_open("test", LOG_ERR);
	bus_world_start(&w->bus, false);
	w->heard.answers = &w->asked.done;
	CHECK_EQ(bus_watch(w->bus.sipd, &guard_iface, GUARD_SIG_BAN_FACT,
			   on_fact, &w->heard),
		 0);
	guard_begins(w);
	door_opens(w);
	test_limit(w);
	test_local(w);
	test_fwd_away(w);
	test_allow(w);
	test_allow_ends(w);
	test_clock(w);
	test_person(w);
	test_events(w);
	test_evidence(w);
	test_end_under_way(w);
	test_restart(w);
	test_would_ban(w);
	test_speed(w);
	guard_ends(w);
	bus_close(w->door.bus);
	bus_world_stop(&w->bus);
	free(w);
	return 0;
}

/*
 * Commit-confirm: whose change it is, what keeps it, what takes it back, and
 * that no end of fwd keeps it. Needs root; exits 77 otherwise.
 */
#include <errno.h>
#include <event2/event.h>

#include "bus.h"
#include "check.h"
#include "clock.h"
#include "firewall_bus.h"
#include "fwd.h"
#include "fwd_asker.h"
#include "store.h"
#include "table.h"
#include "trial.h"

enum { SKIP = 77 };

static uint32_t state(struct fwd_host *w)
{
	return fwd_ask_trial(w, FIREWALL_TRIAL, 0).trial.state;
}

static bool ping(struct fwd_host *w)
{
	return fwd_daemon(w)->settings.ping;
}

static void test_keep(struct fwd_host *w)
{
	struct fwd_answer a;

	CHECK_STR(fwd_ask_trial(w, FIREWALL_CONFIRM, 0).error, "NoSuch");
	CHECK_STR(fwd_set(w, "ada@192.0.2.1", "ping", "false").error, "");
	CHECK(!ping(w));
	a = fwd_ask_trial(w, FIREWALL_TRIAL, 0);
	CHECK_EQ(a.trial.state, TRIAL_STATE_STATE_RUNNING);
	CHECK_STR(a.trial.actor, "ada@192.0.2.1");
	CHECK_STR(a.trial.differs, "answer ping: off");
	CHECK(a.trial.left_s > 50 && a.trial.left_s <= TRIAL_S);
	/* Another may not; the same user from elsewhere joins. */
	a = fwd_set(w, "bob@192.0.2.1", "ping", "true");
	CHECK_STR(a.error, "Busy");
	CHECK(strstr(a.text, "ada@192.0.2.1"));
	CHECK_STR(fwd_put_rule(w, "ada@192.0.2.9", "web", "192.0.2.0/24").error,
		  "");
	a = fwd_ask_trial(w, FIREWALL_TRIAL, 0);
	CHECK_STR(a.trial.differs, "answer ping: off; rule web: new");
	/* A number of before that change does not keep it. */
	CHECK_STR(fwd_ask_trial(w, FIREWALL_CONFIRM, a.trial.generation - 1)
			  .error,
		  "Changed");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_CONFIRM, a.trial.generation).error,
		  "");
	CHECK_EQ(state(w), TRIAL_STATE_STATE_KEPT);
	fwd_ends(w);
	fwd_begins(w);
	CHECK(!ping(w));
	CHECK_EQ(fwd_daemon(w)->common.n, 2);
}

/* From the web: only who began it, over a connection that came later. */
static void test_keep_from_the_web(struct fwd_host *w)
{
	struct trial *t = fwd_daemon(w)->trial;
	struct issue issue;
	struct confirm in;
	const char *name;

	record_init(&confirm_record, &in);
	in.opened_ms = clock_mono_ms();
	CHECK_STR(fwd_set(w, "ada@192.0.2.1", "ping", "true").error, "");
	snprintf(in.actor, sizeof(in.actor), "bob@192.0.2.1");
	CHECK_EQ(trial_keep(t, &in, true, NULL, NULL, &name, &issue), -EINVAL);
	CHECK_STR(name, "Denied");
	snprintf(in.actor, sizeof(in.actor), "ada@192.0.2.1");
	CHECK_EQ(trial_keep(t, &in, true, NULL, NULL, &name, &issue), -EINVAL);
	CHECK_STR(issue.field, "opened_ms");
	in.opened_ms = clock_mono_ms() + 1;
	CHECK_EQ(trial_keep(t, &in, true, NULL, NULL, &name, &issue), 0);
	store_wait(w->service.store);
	CHECK_EQ(state(w), TRIAL_STATE_STATE_KEPT);
	CHECK(ping(w));
}

/* What stands in the tables is kept or on trial: a change that comes while
   what was before it is being written down is neither forgotten nor lost at
   the next start. Which of both comes first is chance, and all the same. */
static void keep_beside(struct fwd_host *w, const char *field, const char *text)
{
	struct fwd_answer kept;
	struct firewall row;

	CHECK_STR(fwd_set(w, "ada", "ping", "false").error, "");
	CHECK_STR(fwd_set_and_keep(w, "ada", field, text, &kept).error, "");
	if (state(w) == TRIAL_STATE_STATE_RUNNING) {
		CHECK(fwd_ask_trial(w, FIREWALL_TRIAL, 0).trial.left_s > 0);
		CHECK_STR(fwd_ask_trial(w, FIREWALL_CONFIRM, 0).error, "");
	}
	/* Or all was put right before the word came: nothing is on trial. */
	if (strcmp(kept.error, "NoSuch") == 0) {
		CHECK_EQ(state(w), TRIAL_STATE_STATE_TAKEN_BACK);
	} else {
		CHECK_STR(kept.error, "");
		CHECK_EQ(state(w), TRIAL_STATE_STATE_KEPT);
	}
	row = fwd_daemon(w)->settings;
	fwd_ends(w);
	fwd_begins(w);
	CHECK(record_equal(&firewall_record, &row, &fwd_daemon(w)->settings,
			   NULL));
	bus_world_settle(&w->bus, w->asker);
}

static void test_change_while_kept(struct fwd_host *w)
{
	keep_beside(w, "ssh_port", "2222");
	CHECK_EQ(fwd_daemon(w)->settings.ssh_port, 2222);
	CHECK(!ping(w));
	CHECK_STR(fwd_set(w, "ada", "ssh_port", "22").error, "");
	CHECK_STR(fwd_set(w, "ada", "ping", "true").error, "");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_CONFIRM, 0).error, "");
	/* Or it puts right by hand what is being kept. */
	keep_beside(w, "ping", "true");
	CHECK(ping(w));
}

static void test_take_back(struct fwd_host *w)
{
	struct table_pair position = { "position", "1" };
	struct table_op moves[] = { { TABLE_MOVE, "web", &position, 1 } };
	struct table_op gone[] = { { TABLE_DELETE, "web", NULL, 0 } };
	const struct common_rule *first;
	struct fwd *f = fwd_daemon(w);
	struct fwd_answer a;

	CHECK_STR(fwd_change(w, &common_rule_record, "ada", false, moves, 1)
			  .error,
		  "");
	CHECK_STR(f->common.list[0].name, "web");
	a = fwd_ask_trial(w, FIREWALL_TRIAL, 0);
	CHECK_STR(a.trial.differs, "the order of the rules");
	CHECK_STR(fwd_put_rule(w, "ada", "other", "10.0.0.0/8").error, "");
	CHECK_STR(
		fwd_change(w, &common_rule_record, "ada", false, gone, 1).error,
		"");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
	CHECK_EQ(state(w), TRIAL_STATE_STATE_TAKEN_BACK);
	/* Tables, kernel and order are what was kept. */
	CHECK_EQ(table_count(f->common_rule), 2);
	first = table_at(f->common_rule, 0);
	CHECK_STR(first->name, "ami");
	CHECK_EQ(f->common.n, 2);
	CHECK_STR(f->common.list[1].name, "web");
	CHECK_STR(f->common.list[1].source, "192.0.2.0/24");
}

/* Put right by hand: nothing is on trial any more. */
static void test_undone_by_hand(struct fwd_host *w)
{
	CHECK_STR(fwd_set(w, "ada", "ping", "false").error, "");
	CHECK_EQ(state(w), TRIAL_STATE_STATE_RUNNING);
	CHECK_STR(fwd_set(w, "ada", "ping", "true").error, "");
	CHECK_EQ(state(w), TRIAL_STATE_STATE_TAKEN_BACK);
	CHECK_STR(fwd_set(w, "bob", "ping", "true").error, "");
}

static void test_extend(struct fwd_host *w)
{
	struct fwd_answer a;

	CHECK_STR(fwd_set(w, "ada", "ping", "false").error, "");
	a = fwd_ask_trial(w, FIREWALL_EXTEND, 0);
	CHECK(a.trial.extended);
	CHECK(a.trial.left_s > TRIAL_S);
	CHECK_STR(fwd_ask_trial(w, FIREWALL_EXTEND, 0).error, "Invalid");
	/* A further change starts the clock again, with its own extension. */
	CHECK_STR(fwd_put_rule(w, "ada", "fourth", "10.0.0.0/8").error, "");
	a = fwd_ask_trial(w, FIREWALL_TRIAL, 0);
	CHECK(!a.trial.extended);
	CHECK(a.trial.left_s > 0 && a.trial.left_s <= TRIAL_S);
	CHECK_STR(fwd_ask_trial(w, FIREWALL_EXTEND, 0).error, "");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
	CHECK(ping(w));
}

/* However fwd ends, what was not kept is gone: rows and rules. */
static void test_ends(struct fwd_host *w)
{
	struct fwd *f;

	CHECK_STR(fwd_set(w, "ada", "ping", "false").error, "");
	CHECK_STR(fwd_put_rule(w, "ada", "third", "10.0.0.0/8").error, "");
	fwd_ends(w);
	fwd_begins(w);
	f = fwd_daemon(w);
	CHECK(f->settings.ping);
	CHECK_EQ(f->common.n, 2);
	CHECK(!table_get(f->common_rule, "third"));
	CHECK(((const struct firewall *)table_get(f->firewall, "general"))
		      ->ping);
	CHECK_EQ(state(w), TRIAL_STATE_STATE_EXPIRED);
	CHECK_STR(fwd_set(w, "bob", "ping", "false").error, "");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
}

static void test_lockout(struct fwd_host *w)
{
	struct table_op gone = { TABLE_DELETE, "web", NULL, 0 };
	struct table_pair on = { "drop_all", "true" };
	struct table_op op = { TABLE_PUT, "general", &on, 1 };
	struct fwd_answer a;

	/* The rule "web" lets 192.0.2.0/24 in. */
	a = fwd_set(w, "ada@203.0.113.9", "drop_all", "true");
	CHECK_STR(a.error, "Invalid");
	CHECK(strstr(a.text, "drop_all: "));
	CHECK(strstr(a.text, "203.0.113.9"));
	CHECK(!fwd_daemon(w)->settings.drop_all);
	CHECK_STR(fwd_set(w, "ada@192.0.2.9", "drop_all", "true").error, "");
	a = fwd_ask_would(w, "203.0.113.9", WOULD_ASK_PROTOCOL_TCP, 9999);
	CHECK_EQ(a.would.verdict, WOULD_ANSWER_VERDICT_DROP);
	CHECK_STR(a.would.why, "drop all");
	a = fwd_ask_would(w, "192.0.2.9", WOULD_ASK_PROTOCOL_TCP, 9999);
	CHECK_EQ(a.would.verdict, WOULD_ANSWER_VERDICT_ACCEPT);
	CHECK_STR(a.would.rule, "web");
	/* The rule under one's feet may not go. */
	a = fwd_change(w, &common_rule_record, "ada@192.0.2.9", false, &gone,
		       1);
	CHECK_STR(a.error, "Failed");
	CHECK(table_get(fwd_daemon(w)->common_rule, "web"));
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
	/* A script: anybody will do. */
	CHECK_STR(fwd_set(w, "root", "drop_all", "true").error, "");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
	CHECK_STR(fwd_change(w, &common_rule_record, "root", false, &gone, 1)
			  .error,
		  "");
	CHECK_STR(fwd_set(w, "root", "drop_all", "true").error, "Invalid");
	CHECK_STR(fwd_change(w, &firewall_record, "root", true, &op, 1).error,
		  "");
	CHECK(fwd_daemon(w)->settings.drop_all);
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
	CHECK(!fwd_daemon(w)->settings.drop_all);
}

static void test_would(struct fwd_host *w)
{
	struct fwd_answer a;

	a = fwd_ask_would(w, "203.0.113.9", WOULD_ASK_PROTOCOL_TCP, 5038);
	CHECK_EQ(a.would.verdict, WOULD_ANSWER_VERDICT_DROP);
	CHECK_STR(a.would.rule, "ami");
	a = fwd_ask_would(w, "203.0.113.9", WOULD_ASK_PROTOCOL_UDP, 5060);
	CHECK_STR(a.would.why, "no rule");
	CHECK_STR(fwd_ask_would(w, "203.0.113.0/24", 0, 5060).error, "Invalid");
	CHECK_STR(fwd_ask_would(w, "nonsense", 0, 5060).error, "Invalid");
	CHECK_STR(fwd_ask_would(w, "203.0.113.9", 0, 0).error, "Invalid");
}

int main(void)
{
	struct fwd_host *w = calloc(1, sizeof(*w));

	CHECK(w);
	if (fwd_host_start(w) < 0)
		return SKIP;
	test_keep(w);
	bus_world_settle(&w->bus, w->asker);
	test_keep_from_the_web(w);
	test_change_while_kept(w);
	test_take_back(w);
	test_undone_by_hand(w);
	test_extend(w);
	test_ends(w);
	bus_world_settle(&w->bus, w->asker);
	test_would(w);
	test_lockout(w);
	fwd_host_stop(w);
	free(w);
	return 0;
}

/*
 * The power fails while changes are tried, kept and taken back. At every point,
 * in three ways: the rules that stand when fwd comes back are those that were
 * kept last, whole, in the tables and in force; what was answered as kept is.
 * Needs root; exits 77 otherwise.
 */
#include "check.h"
#include "disk_replay.h"
#include "firewall_bus.h"
#include "fwd.h"
#include "fwd_asker.h"
#include "table.h"
#include "temp.h"

enum { SKIP = 77, IMAGE = 4 << 20 };

struct run {
	struct fwd_host host;
	char path[256];
	size_t asked_at; /* operations recorded when it was to be kept */
	size_t kept_at;  /* and when it was told to be */
};

/* Ping off and a rule "web": tried, kept. A third rule: taken back. The rule
   away: on trial when the power fails. */
static void play(struct run *r)
{
	static const struct table_op gone = { TABLE_DELETE, "web", NULL, 0 };
	struct fwd_host *w = &r->host;

	CHECK_STR(fwd_set(w, "ada", "ping", "false").error, "");
	CHECK_STR(fwd_put_rule(w, "ada", "web", "192.0.2.0/24").error, "");
	r->asked_at = disk_record_count();
	CHECK_STR(fwd_ask_trial(w, FIREWALL_CONFIRM, 0).error, "");
	r->kept_at = disk_record_count();
	CHECK_STR(fwd_put_rule(w, "ada", "third", "10.0.0.0/8").error, "");
	CHECK_STR(fwd_ask_trial(w, FIREWALL_ROLLBACK, 0).error, "");
	CHECK_STR(fwd_change(w, &common_rule_record, "ada", false, &gone, 1)
			  .error,
		  "");
}

static void look(struct run *r, size_t cut)
{
	const struct firewall *general;
	struct fwd *f;
	bool kept;

	fwd_begins(&r->host);
	f = fwd_daemon(&r->host);
	kept = !f->settings.ping;
	if (cut >= r->kept_at)
		CHECK(kept);
	if (cut <= r->asked_at)
		CHECK(!kept);
	general = table_get(f->firewall, "general");
	CHECK_EQ(general->ping, !kept);
	/* Nothing of a trial, and nothing half: "ami" is built in. */
	CHECK_EQ(f->common.n, kept ? 2 : 1);
	CHECK_EQ(table_count(f->common_rule), f->common.n);
	CHECK_EQ(table_get(f->common_rule, "web") != NULL, kept);
	CHECK(!table_get(f->common_rule, "third"));
	fwd_ends(&r->host);
}

int main(void)
{
	static struct run r;
	struct disk_replay replay;
	size_t n;

	if (fwd_host_start(&r.host) < 0)
		return SKIP;
	snprintf(r.path, sizeof(r.path), "%s/fwd-state/truth/data.mdb",
		 r.host.bus.fixture.dir);
	fwd_ends(&r.host);
	disk_replay_begin(&replay, r.path, IMAGE);
	fwd_begins(&r.host);
	play(&r);
	fwd_ends(&r.host);
	n = disk_replay_end(&replay);
	CHECK(r.asked_at > 0 && r.kept_at > r.asked_at && n > r.kept_at);
	for (size_t cut = 0; cut <= n; cut++) {
		/* All that was written is on the disk: all ways are one. */
		bool whole = cut == 0 || replay.ops[cut - 1].sync;

		for (int way = 0; way < (whole ? 1 : DISK_N_WAYS); way++) {
			disk_replay_cut(&replay, cut, (enum disk_way)way);
			look(&r, cut);
		}
	}
	printf("%zu power cuts\n", n + 1);
	disk_replay_free(&replay);
	fwd_begins(&r.host);
	fwd_host_stop(&r.host);
	return 0;
}

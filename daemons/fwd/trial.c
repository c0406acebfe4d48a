#include "trial.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fwd.h"
#include "log.h"
#include "secret.h"
#include "service.h"
#include "store.h"
#include "table.h"

enum { ROW_BYTES = 2048, AGAIN_S = 1, KEY_TEXT = 32 };

/* In the truth: "general" is the switches' row, "00000" and on are the common
   rules in their order, each as the schema encodes it. */
static const char kept_db[] = "firewall_kept";
static const char general_key[] = "general";

struct trial {
	struct fwd *f;
	struct event *end;
	struct wall_state kept;
	/* The one that is running, or ran last. */
	bool running;
	bool extended;
	uint32_t generation; /* another one with each change */
	char actor[TRIAL_ACTOR];
	uint64_t since_ms;        /* wall clock */
	uint64_t changed_mono_ms; /* the last change */
	uint64_t until_mono_ms;
	uint32_t outcome; /* enum trial_state_state, of the last one */
	/* Being written down, or taken back. */
	bool keeping;
	size_t going_back; /* tables that are not yet back */
	bool back_failed;
	struct wall_state next; /* what will be kept */
	trial_done_fn done;
	void *done_ctx;
};

const struct wall_state *trial_kept(const struct trial *t)
{
	return &t->kept;
}

bool trial_goes_back(const struct trial *t)
{
	return t->going_back > 0;
}

static void finish(struct trial *t, const char *err)
{
	trial_done_fn done = t->done;

	t->done = NULL;
	if (done)
		done(t->done_ctx, err);
}

/* ---- on disk ---- */

static int read_state(const struct fwd *f, struct wall_state *s)
{
	const struct firewall *row =
		table_get(f->firewall, firewall_record.singleton);

	s->settings = *row;
	return common_rows_read(&s->common, f->common_rule);
}

/* Do the tables say what was kept last? */
static bool tables_are_kept(const struct trial *t)
{
	struct wall_state now = { .common = { NULL, 0 } };
	bool same =
		read_state(t->f, &now) == 0 && wall_state_equal(&now, &t->kept);

	free(now.common.list);
	return same;
}

static int put_row(struct store_batch *b, const char *key,
		   const struct record *r, const void *row)
{
	uint8_t buf[ROW_BYTES];
	int n = record_encode(r, row, buf, sizeof(buf));

	if (n < 0)
		return n;
	return store_batch_put(b, kept_db, (struct bytes){ key, strlen(key) },
			       (struct bytes){ buf, (size_t)n });
}

static struct store_batch *state_batch(struct store *store,
				       const struct wall_state *s)
{
	struct store_batch *b = store_batch_new(store);
	char key[KEY_TEXT];
	int err;

	if (!b)
		return NULL;
	err = store_batch_clear(b, kept_db);
	if (err == 0)
		err = put_row(b, general_key, &firewall_record, &s->settings);
	for (size_t i = 0; i < s->common.n && err == 0; i++) {
		snprintf(key, sizeof(key), "%05zu", i);
		err = put_row(b, key, &common_rule_record, &s->common.list[i]);
	}
	if (err == 0)
		return b;
	store_batch_free(b);
	return NULL;
}

struct loading {
	struct wall_state *state;
	bool general;
	int err;
};

static bool on_kept(void *ctx, struct bytes key, struct bytes value)
{
	struct loading *l = ctx;
	struct common_rows *rows = &l->state->common;
	struct common_rule row, *list;

	if (key.size == sizeof(general_key) - 1 &&
	    memcmp(key.data, general_key, key.size) == 0) {
		l->general =
			record_decode(&firewall_record, &l->state->settings,
				      value.data, value.size) == 0;
		return true;
	}
	if (record_decode(&common_rule_record, &row, value.data, value.size) <
	    0) {
		log_err("a kept common rule cannot be read: it is left out");
		return true;
	}
	list = realloc(rows->list, (rows->n + 1) * sizeof(*list));
	if (!list) {
		l->err = -ENOMEM;
		return false;
	}
	list[rows->n++] = row;
	rows->list = list;
	return true;
}

/* A newer version may have brought built-in rows: they were never on trial. */
static int add_builtin(struct wall_state *s, const struct fwd *f)
{
	const char *const *name = common_rule_record.builtin;

	for (; name && *name; name++) {
		struct common_rule *list;
		bool there = false;

		for (size_t i = 0; i < s->common.n; i++)
			there |= strcmp(s->common.list[i].name, *name) == 0;
		if (there)
			continue;
		list = realloc(s->common.list,
			       (s->common.n + 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		list[s->common.n++] = *(const struct common_rule *)table_get(
			f->common_rule, *name);
		s->common.list = list;
	}
	return 0;
}

static int load(struct trial *t)
{
	struct store *store = t->f->service->store;
	struct loading l = { .state = &t->kept };
	struct store_batch *b;
	int err = store_each(store, kept_db, (struct bytes){ NULL, 0 }, false,
			     on_kept, &l);

	if (err == -ENOENT)
		err = 0;
	if (err < 0 || l.err < 0)
		return err ? err : l.err;
	if (l.general)
		return add_builtin(&t->kept, t->f);
	/* The first start. */
	err = read_state(t->f, &t->kept);
	if (err < 0)
		return err;
	b = state_batch(store, &t->kept);
	if (!b)
		return -ENOMEM;
	err = store_commit(store, b, NULL, NULL);
	if (err < 0)
		store_batch_free(b);
	return err;
}

/* ---- going back ---- */

static void tell(struct trial *t)
{
	t->f->trial_changed(t->f);
}

static void arm(struct trial *t, uint32_t seconds)
{
	struct timeval tv = { .tv_sec = (time_t)seconds };

	(void)evtimer_add(t->end, &tv);
}

static void on_table_back(void *ctx, const struct issue *issue)
{
	struct trial *t = ctx;

	if (issue) {
		t->back_failed = true;
		log_err("the kept rules are in force, but a table cannot be "
			"taken back: %s; again in %d s",
			issue->what, AGAIN_S);
	}
	if (--t->going_back > 0)
		return;
	if (t->back_failed)
		arm(t, AGAIN_S);
	tell(t);
	finish(t, t->back_failed ? "the rules are back, a table is not: the "
				   "disk cannot be written"
				 : NULL);
}

static void tables_back(struct trial *t)
{
	struct fwd *f = t->f;

	t->back_failed = false;
	t->going_back = 2;
	if (table_replace(f->firewall, "fwd", &t->kept.settings, 1,
			  on_table_back, t) < 0)
		on_table_back(t, &(struct issue){ "", "no memory" });
	if (table_replace(f->common_rule, "fwd", t->kept.common.list,
			  t->kept.common.n, on_table_back, t) < 0)
		on_table_back(t, &(struct issue){ "", "no memory" });
}

/* The kernel first, then the tables. 0, or a negative errno and why. */
static int go_back(struct trial *t, uint32_t outcome, char *why,
		   size_t why_size)
{
	int err = fwd_apply(t->f,
			    &(struct wanted){ .settings = &t->kept.settings,
					      .common = &t->kept.common },
			    why, why_size);

	if (err < 0)
		return err;
	t->running = false;
	t->outcome = outcome;
	(void)evtimer_del(t->end);
	tables_back(t);
	return 0;
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;
	char why[200];

	(void)fd;
	(void)what;
	if (t->keeping || t->going_back > 0)
		return;
	if (!t->running) {
		/* A table could not be written when it was taken back. */
		tables_back(t);
		return;
	}
	log_warn("firewall: the change of %s was not kept: it goes back",
		 t->actor);
	if (go_back(t, TRIAL_STATE_STATE_EXPIRED, why, sizeof(why)) < 0) {
		log_err("%s; the trial cannot be taken back, again in %d s",
			why, AGAIN_S);
		arm(t, AGAIN_S);
	}
}

/* ---- the life of a trial ---- */

/* "admin@192.168.1.2": a person may come from elsewhere the next time. */
static bool same_user(const char *a, const char *b)
{
	size_t n = strcspn(a, "@");

	return n == strcspn(b, "@") && strncmp(a, b, n) == 0;
}

static uint32_t left_s(const struct trial *t)
{
	uint64_t now = clock_mono_ms();

	if (!t->running || t->until_mono_ms <= now)
		return 0;
	return (uint32_t)((t->until_mono_ms - now + 999) / 1000);
}

int trial_admits(const struct trial *t, const char *actor, struct issue *issue)
{
	if (t->going_back > 0) {
		(void)issue_set(issue, "",
				"the last change is being taken back: try "
				"again");
		return -EBUSY;
	}
	if (!t->running || same_user(t->actor, actor))
		return 0;
	(void)issue_set(issue, "",
			"a change of %s is on trial for %u s more: wait until "
			"it is kept or goes back",
			t->actor, left_s(t));
	return -EBUSY;
}

/* Seconds since the last change. */
static void set_clock(struct trial *t, uint32_t seconds)
{
	t->until_mono_ms = t->changed_mono_ms + seconds * UINT64_C(1000);
	arm(t, left_s(t));
}

void trial_changed(struct trial *t, const char *actor)
{
	bool same = tables_are_kept(t);

	if (!t->running) {
		snprintf(t->actor, sizeof(t->actor), "%s", actor);
		t->since_ms = clock_wall_ms();
	}
	t->generation++;
	t->extended = false;
	t->running = !same;
	t->outcome =
		same ? TRIAL_STATE_STATE_TAKEN_BACK : TRIAL_STATE_STATE_RUNNING;
	t->changed_mono_ms = clock_mono_ms();
	if (same)
		(void)evtimer_del(t->end);
	else
		set_clock(t, TRIAL_S);
	tell(t);
}

/* May it be kept, extended, taken back by him who asks? */
static int check(const struct trial *t, const struct confirm *in, bool web,
		 const char **name, struct issue *issue)
{
	*name = "NoSuch";
	if (!t->running)
		return issue_set(issue, "", "no change is on trial");
	*name = "Busy";
	if (t->keeping || t->going_back > 0)
		return issue_set(issue, "", "it is just being kept");
	*name = "Changed";
	if (in->generation > 0 && in->generation != t->generation)
		return issue_set(issue, "generation",
				 "the trial is number %u by now: look at it "
				 "again",
				 t->generation);
	*name = "Denied";
	if (web && !same_user(in->actor, t->actor))
		return issue_set(issue, "actor", "it is the change of %s",
				 t->actor);
	return 0;
}

/* A change may have come while what was before it was being written down: it
   is on trial, whatever it looked like beside what was kept until then. */
static void end_or_go_on(struct trial *t)
{
	if (tables_are_kept(t)) {
		t->running = false;
		t->outcome = TRIAL_STATE_STATE_KEPT;
		(void)evtimer_del(t->end);
		return;
	}
	t->running = true;
	t->outcome = TRIAL_STATE_STATE_RUNNING;
	set_clock(t, t->extended ? TRIAL_EXTENDED_S : TRIAL_S);
}

static void on_written(void *ctx, int err)
{
	struct trial *t = ctx;

	t->keeping = false;
	if (err < 0) {
		wall_state_fini(&t->next);
		/* The clock went on: what is not kept goes back. */
		if (left_s(t) == 0)
			arm(t, 0);
		finish(t, err == -ENOSPC ? "the disk is full: it cannot be kept"
					 : "it cannot be written down");
		return;
	}
	wall_state_fini(&t->kept);
	t->kept = t->next;
	t->next = (struct wall_state){ .common = { NULL, 0 } };
	end_or_go_on(t);
	log_info("firewall: the change of %s is kept", t->actor);
	tell(t);
	finish(t, NULL);
}

int trial_keep(struct trial *t, const struct confirm *in, bool web,
	       trial_done_fn done, void *ctx, const char **name,
	       struct issue *issue)
{
	struct store *store = t->f->service->store;
	struct store_batch *b = NULL;

	if (check(t, in, web, name, issue) < 0)
		return -EINVAL;
	if (web && in->opened_ms <= t->changed_mono_ms)
		return issue_set(issue, "opened_ms",
				 "keep it over a new connection: only that "
				 "shows that you still get in");
	*name = "Failed";
	if (read_state(t->f, &t->next) == 0)
		b = state_batch(store, &t->next);
	if (!b)
		return issue_set(issue, "", "no memory");
	if (store_commit(store, b, on_written, t) < 0) {
		store_batch_free(b);
		return issue_set(issue, "", "too much waits for the disk");
	}
	t->keeping = true;
	t->done = done;
	t->done_ctx = ctx;
	return 0;
}

int trial_take_back(struct trial *t, const struct confirm *in, bool web,
		    trial_done_fn done, void *ctx, const char **name,
		    struct issue *issue)
{
	char why[200];

	if (check(t, in, web, name, issue) < 0)
		return -EINVAL;
	*name = "Kernel";
	log_info("firewall: the change of %s is taken back", t->actor);
	t->done = done;
	t->done_ctx = ctx;
	if (go_back(t, TRIAL_STATE_STATE_TAKEN_BACK, why, sizeof(why)) == 0)
		return 0;
	t->done = NULL;
	return issue_set(issue, "", "%s", why);
}

int trial_extend(struct trial *t, const struct confirm *in, bool web,
		 const char **name, struct issue *issue)
{
	if (check(t, in, web, name, issue) < 0)
		return -EINVAL;
	*name = "Invalid";
	if (t->extended)
		return issue_set(issue, "", "it was extended already");
	t->extended = true;
	set_clock(t, TRIAL_EXTENDED_S);
	tell(t);
	return 0;
}

void trial_row(const struct trial *t, struct trial_state *row)
{
	struct wall_state now = { .common = { NULL, 0 } };

	record_init(&trial_state_record, row);
	row->state = t->outcome;
	row->generation = t->generation;
	snprintf(row->actor, sizeof(row->actor), "%s", t->actor);
	row->since_ms = t->since_ms;
	if (!t->running)
		return;
	row->left_s = left_s(t);
	row->until_ms = clock_wall_ms() + row->left_s * UINT64_C(1000);
	row->extended = t->extended;
	if (read_state(t->f, &now) == 0)
		wall_state_diff(&t->kept, &now, row->differs,
				sizeof(row->differs));
	free(now.common.list);
}

/* ---- start and stop ---- */

struct trial *trial_new(struct fwd *f, char *why, size_t why_size)
{
	struct trial *t = calloc(1, sizeof(*t));
	int err = -ENOMEM;

	if (t) {
		t->f = f;
		/* A number that a page of before the restart does not hold,
		   and far from 0, which means any. */
		secret_random(&t->generation, sizeof(t->generation));
		t->generation >>= 2;
		t->end = evtimer_new(f->service->base, on_end, t);
		if (t->end)
			err = load(t);
	}
	if (err == 0)
		return t;
	snprintf(why, why_size, "the kept firewall rules cannot be read: %s",
		 strerror(-err));
	trial_free(t);
	return NULL;
}

void trial_begin(struct trial *t)
{
	if (tables_are_kept(t))
		return;
	log_warn("firewall: a change was on trial when fwd ended: it went "
		 "back");
	t->outcome = TRIAL_STATE_STATE_EXPIRED;
	tables_back(t);
	store_wait(t->f->service->store);
}

void trial_free(struct trial *t)
{
	if (!t)
		return;
	if (t->end)
		event_free(t->end);
	wall_state_fini(&t->kept);
	wall_state_fini(&t->next);
	free(t);
}

/*
 * References between tables: of one daemon, and of another one's through its
 * view. The records are the test's own, so it compiles the module itself.
 */
#include "record.h"

extern const struct record *const test_records[];
#define all_records test_records
#include "table_refs.c"

#include <event2/event.h>

#include "check.h"
#include "temp.h"

struct line {
	char name[33];
};

struct rule {
	char name[33];
	char line[33];   /* one */
	char spare[129]; /* several */
};

#define FIELD(rec, member, number, kind, ...)                                  \
	{                                                                      \
		.name = #member, .code = number, .type = kind,                 \
		.off = offsetof(struct rec, member),                           \
		.size = sizeof(((struct rec *)0)->member),                     \
		.max = sizeof(((struct rec *)0)->member) - 1, __VA_ARGS__      \
	}

static const struct field line_fields[] = {
	FIELD(line, name, 1, FIELD_NAME, .format = FORMAT_NAME),
};

static const struct field rule_fields[] = {
	FIELD(rule, name, 1, FIELD_NAME, .format = FORMAT_NAME),
	FIELD(rule, line, 2, FIELD_REF, .table = "line"),
	FIELD(rule, spare, 3, FIELD_LIST, .table = "line",
	      .format = FORMAT_NAME),
};

static const struct record line_record = {
	.name = "line",
	.owner = "sipd",
	.kind = RECORD_TABLE,
	.fields = line_fields,
	.n_fields = 1,
	.key = &line_fields[0],
	.size = sizeof(struct line),
};

/* The same table twice: beside the lines, and in another daemon. */
static const struct record near_record = {
	.name = "near",
	.owner = "sipd",
	.kind = RECORD_TABLE,
	.fields = rule_fields,
	.n_fields = 3,
	.key = &rule_fields[0],
	.size = sizeof(struct rule),
};

static const struct record far_record = {
	.name = "far",
	.owner = "routed",
	.kind = RECORD_TABLE,
	.fields = rule_fields,
	.n_fields = 3,
	.key = &rule_fields[0],
	.size = sizeof(struct rule),
};

const struct record *const test_records[] = { &line_record, &near_record,
					      &far_record, NULL };

struct daemon {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH + 16];
	char view[TEMP_PATH + 16];
};

struct world {
	struct daemon sipd;
	struct daemon routed;
	struct table *lines;
	struct table *nears;
	struct table *fars;
	char dir[TEMP_PATH];
	struct refusal refusal;
	int ended;
};

static void open_daemon(struct world *w, struct daemon *d, const char *name)
{
	struct store_config config = { .state_dir = d->dir,
				       .view_dir = d->view };
	char why[256] = "";

	snprintf(d->dir, sizeof(d->dir), "%s/%s-state", w->dir, name);
	snprintf(d->view, sizeof(d->view), "%s/%s", w->dir, name);
	d->base = event_base_new();
	CHECK(d->base);
	CHECK_EQ(mkdir(d->dir, 0700), 0);
	d->store = store_open(d->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	CHECK(d->store);
}

static void close_daemon(struct daemon *d)
{
	store_close(d->store);
	event_base_free(d->base);
}

static struct table *open_table(struct world *w, struct daemon *d,
				const struct record *r)
{
	struct table_config config = { .record = r,
				       .store = d->store,
				       .run_dir = w->dir };
	char why[256] = "";
	struct table *t = table_open(&config, why, sizeof(why));

	CHECK_STR(why, "");
	CHECK(t);
	return t;
}

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	temp_dir(w->dir);
	open_daemon(w, &w->sipd, "sipd");
	open_daemon(w, &w->routed, "routed");
	w->lines = open_table(w, &w->sipd, &line_record);
	w->nears = open_table(w, &w->sipd, &near_record);
	w->fars = open_table(w, &w->routed, &far_record);
}

static void end(struct world *w)
{
	table_close(w->lines);
	table_close(w->nears);
	table_close(w->fars);
	close_daemon(&w->sipd);
	close_daemon(&w->routed);
	temp_remove(w->dir);
}

static void on_end(void *ctx, const struct table_change *c,
		   const struct refusal *refusal)
{
	struct world *w = ctx;

	(void)c;
	w->refusal = *refusal;
	w->ended++;
}

static const char *change(struct world *w, struct table *t,
			  const struct table_op *ops, size_t n, bool force)
{
	struct table_change *c = change_new(t, n);

	CHECK(c);
	c->force = force;
	for (size_t i = 0; i < n; i++) {
		c->items[i].kind = ops[i].kind;
		c->items[i].pairs = ops[i].pairs;
		c->items[i].n_pairs = ops[i].n_pairs;
		snprintf(c->items[i].key, TABLE_KEY, "%s", ops[i].key);
	}
	w->ended = 0;
	memset(&w->refusal, 0, sizeof(w->refusal));
	change_start(c, on_end, w);
	store_wait(t->config.store);
	CHECK_EQ(w->ended, 1);
	CHECK_EQ(store_view_publish(t->config.store), 0);
	return w->refusal.name ? w->refusal.name : "";
}

static const char *put(struct world *w, struct table *t, const char *key,
		       const char *field, const char *text)
{
	struct table_pair pair = { field, text };
	struct table_op op = { TABLE_PUT, key, &pair, field ? 1 : 0 };

	return change(w, t, &op, 1, false);
}

static const char *del(struct world *w, struct table *t, const char *key)
{
	struct table_op op = { TABLE_DELETE, key, NULL, 0 };

	return change(w, t, &op, 1, true);
}

static void test_near(void)
{
	struct table_op both[] = { { TABLE_DELETE, "r1", NULL, 0 },
				   { TABLE_DELETE, "r2", NULL, 0 } };
	struct world w;

	begin(&w);
	CHECK_STR(put(&w, w.lines, "a", NULL, NULL), "");
	CHECK_STR(put(&w, w.lines, "ab", NULL, NULL), "");
	CHECK_STR(put(&w, w.nears, "r1", "line", "b"), "Invalid");
	CHECK_STR(w.refusal.issue.what, "there is no line \"b\"");
	CHECK_STR(put(&w, w.nears, "r1", "line", "a"), "");
	CHECK_STR(put(&w, w.nears, "r2", "spare", "ab;a;x"), "Invalid");
	CHECK_STR(put(&w, w.nears, "r2", "spare", "ab;a"), "");
	CHECK_STR(del(&w, w.lines, "a"), "InUse");
	CHECK_STR(w.refusal.issue.what, "is used by near r1, near r2");
	CHECK_STR(put(&w, w.nears, "r2", "spare", "ab"), "");
	CHECK_STR(put(&w, w.nears, "r1", "line", ""), "");
	CHECK_STR(del(&w, w.lines, "a"), "");
	CHECK_STR(del(&w, w.lines, "ab"), "InUse");
	CHECK_STR(change(&w, w.nears, both, 2, false), "");
	CHECK_STR(del(&w, w.lines, "ab"), "");
	end(&w);
}

static void test_far(void)
{
	struct table_pair pair = { "line", "late" };
	struct table_op early = { TABLE_PUT, "r9", &pair, 1 };
	struct world w;

	begin(&w);
	/* Nobody can ask sipd yet: no reason to refuse. */
	CHECK_STR(put(&w, w.fars, "r1", "line", "a"), "");
	CHECK_STR(put(&w, w.lines, "a", NULL, NULL), "");
	CHECK_STR(put(&w, w.lines, "b", NULL, NULL), "");
	CHECK_STR(put(&w, w.fars, "r2", "spare", "b;typo"), "Invalid");
	CHECK_STR(w.refusal.issue.field, "spare");
	CHECK_STR(put(&w, w.fars, "r2", "spare", "b"), "");
	CHECK_STR(change(&w, w.fars, &early, 1, true), "");
	CHECK_STR(del(&w, w.lines, "a"), "InUse");
	CHECK_STR(w.refusal.issue.what, "is used by far r1");
	CHECK_STR(del(&w, w.lines, "b"), "InUse");
	CHECK_STR(del(&w, w.fars, "r1"), "");
	CHECK_STR(del(&w, w.lines, "a"), "");
	end(&w);
}

int main(void)
{
	test_near();
	test_far();
	return 0;
}

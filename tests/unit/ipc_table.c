/* The configuration table without a bus: checks, disk, secrets, order. */
#include "table.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "records.h"
#include "seal.h"
#include "store.h"
#include "table_impl.h"
#include "temp.h"
#include "watch.h"

/* A record of the test's own: an ordered one. */
struct step {
	char name[33];
	uint32_t value;
};

static const struct field step_fields[] = {
	{ .name = "name",
	  .code = 1,
	  .type = FIELD_NAME,
	  .format = FORMAT_NAME,
	  .off = offsetof(struct step, name),
	  .size = sizeof(((struct step *)0)->name),
	  .max = 32,
	  .required = true },
	{ .name = "value",
	  .code = 2,
	  .type = FIELD_U32,
	  .off = offsetof(struct step, value),
	  .size = sizeof(((struct step *)0)->value),
	  .max = 100 },
};

static const char *const step_builtin[] = { "last", NULL };

static const struct record step_record = {
	.name = "step",
	.owner = "sipd",
	.kind = RECORD_TABLE,
	.fields = step_fields,
	.n_fields = 2,
	.key = &step_fields[0],
	.size = sizeof(struct step),
	.max_rows = 5,
	.builtin = step_builtin,
	.ordered = true,
};

struct fixture {
	struct event_base *base;
	struct store *store;
	struct seal *seal;
	struct table *table;
	const struct record *record;
	const struct table_ops *ops;
	char dir[TEMP_PATH];
	char run[TEMP_PATH + 8];
	char view[TEMP_PATH + 16];
	struct refusal refusal;
	char made[200];
	int ended;
	int applied;
	const char *fail;     /* what apply() answers */
	const char *fail_key; /* and for which row; NULL: for all */
	char log[200];        /* what apply() was called with */
	struct table_change *held;
	struct table_pair pairs[8];
	unsigned int n_pairs;
	bool hold;
};

static void open_all(struct fixture *f)
{
	struct store_config config = { .state_dir = f->dir,
				       .view_dir = f->view };
	struct table_config table = { .record = f->record,
				      .ops = f->ops,
				      .ctx = f };
	char why[256] = "";

	f->store = store_open(f->base, &config, why, sizeof(why));
	CHECK(f->store);
	f->seal = seal_open(f->dir, why, sizeof(why));
	CHECK(f->seal);
	table.store = f->store;
	table.seal = f->seal;
	table.run_dir = f->run;
	f->table = table_open(&table, why, sizeof(why));
	if (!f->table)
		fprintf(stderr, "%s\n", why);
	CHECK(f->table);
	store_wait(f->store);
}

static void close_all(struct fixture *f)
{
	table_close(f->table);
	seal_free(f->seal);
	store_close(f->store);
}

static void begin(struct fixture *f, const struct record *record,
		  const struct table_ops *ops)
{
	*f = (struct fixture){ .base = event_base_new(),
			       .record = record,
			       .ops = ops };
	CHECK(f->base);
	temp_dir(f->dir);
	snprintf(f->run, sizeof(f->run), "%s/run", f->dir);
	CHECK_EQ(mkdir(f->run, 0700), 0);
	snprintf(f->view, sizeof(f->view), "%s/%s", f->run, record->owner);
	open_all(f);
}

static void end(struct fixture *f)
{
	close_all(f);
	event_base_free(f->base);
	temp_remove(f->dir);
}

static void again(struct fixture *f)
{
	close_all(f);
	open_all(f);
}

static void on_end(void *ctx, const struct table_change *c,
		   const struct refusal *refusal)
{
	struct fixture *f = ctx;
	char text[100];

	f->ended++;
	f->refusal = *refusal;
	f->made[0] = '\0';
	for (size_t k = 0; !refusal->name && k < c->n_items; k++) {
		for (size_t i = 0; i < c->table->r->n_fields; i++) {
			if (!c->items[k].made || !c->items[k].made[i])
				continue;
			field_get(&c->table->r->fields[i], c->items[k].row,
				  text, sizeof(text));
			snprintf(f->made + strlen(f->made),
				 sizeof(f->made) - strlen(f->made), "%s=%s ",
				 c->table->r->fields[i].name, text);
		}
	}
}

/* One operation; returns the refusal's name or "". */
static const char *op(struct fixture *f, enum table_op_kind kind,
		      const char *key, const struct table_pair *pairs, size_t n)
{
	struct table_change *c = change_new(f->table, 1);

	CHECK(c);
	c->items[0].kind = kind;
	snprintf(c->items[0].key, sizeof(c->items[0].key), "%s", key);
	c->items[0].pairs = pairs;
	c->items[0].n_pairs = n;
	snprintf(c->actor, sizeof(c->actor), "tester");
	f->ended = 0;
	change_start(c, on_end, f);
	store_wait(f->store);
	if (f->hold)
		return "";
	CHECK_EQ(f->ended, 1);
	return f->refusal.name ? f->refusal.name : "";
}

static const char *put1(struct fixture *f, const char *key, const char *field,
			const char *text)
{
	struct table_pair *pair = &f->pairs[f->n_pairs++ % 8];

	/* It must live as long as the change. */
	*pair = (struct table_pair){ field, text };
	return op(f, TABLE_PUT, key, pair, 1);
}

static const char *put0(struct fixture *f, const char *key)
{
	return op(f, TABLE_PUT, key, NULL, 0);
}

static int make_secret(void *ctx, const void *old, void *row, bool force,
		       struct issue *issue)
{
	struct extension *x = row;

	(void)ctx;
	(void)old;
	(void)force;
	if (strcmp(x->name, "bad") == 0)
		return issue_set(issue, "name", "is bad");
	if (!x->secret[0])
		snprintf(x->secret, sizeof(x->secret), "Made-by-owner1");
	return 0;
}

static void on_apply(void *ctx, struct table_change *change, const void *old,
		     const void *row)
{
	struct fixture *f = ctx;
	const struct extension *x = row ? row : old;
	bool fail = !f->fail_key || strcmp(f->fail_key, x->number) == 0;

	f->applied++;
	snprintf(f->log + strlen(f->log), sizeof(f->log) - strlen(f->log),
		 "%c%s ", row ? '+' : '-', x->number);
	if (f->hold)
		f->held = change;
	else
		table_change_done(change, fail ? f->fail : NULL);
}

static const struct table_ops extension_ops = {
	.check = make_secret,
	.apply = on_apply,
};

static const struct extension *extension(struct fixture *f, const char *key)
{
	return table_get(f->table, key);
}

static void test_put(void)
{
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	CHECK_STR(put1(&f, "801", "name", "Ada"), "");
	CHECK_STR(f.made, "secret=Made-by-owner1 ");
	CHECK_EQ(f.applied, 1);
	CHECK_STR(extension(&f, "801")->name, "Ada");
	CHECK_STR(put1(&f, "801", "max_contacts", "3"), "");
	CHECK_STR(f.made, "");
	CHECK_STR(extension(&f, "801")->name, "Ada");
	CHECK_EQ(extension(&f, "801")->max_contacts, 3);
	/* Nothing new: nothing happens. */
	CHECK_STR(put1(&f, "801", "name", "Ada"), "");
	CHECK_EQ(f.applied, 2);
	CHECK_STR(put1(&f, "801", "permit_ip", "10.0.0.0/255.0.0.0"), "");
	CHECK_STR(extension(&f, "801")->permit_ip, "10.0.0.0/8");
	again(&f);
	CHECK_EQ(table_count(f.table), 1);
	CHECK_STR(extension(&f, "801")->secret, "Made-by-owner1");
	CHECK_STR(extension(&f, "801")->permit_ip, "10.0.0.0/8");
	CHECK_EQ(table_seq(f.table), 3);
	end(&f);
}

static void test_refused(void)
{
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	CHECK_STR(put1(&f, "801", "name", "Ada"), "");
	CHECK_STR(put1(&f, "801", "name", "bad"), "Invalid");
	CHECK_STR(f.refusal.issue.field, "name");
	CHECK_STR(f.refusal.issue.what, "is bad");
	CHECK_STR(put1(&f, "801", "colour", "red"), "Invalid");
	CHECK_STR(f.refusal.issue.field, "colour");
	CHECK_STR(put1(&f, "801", "grade", "weak"), "Invalid");
	CHECK_STR(put1(&f, "801", "number", "802"), "Invalid");
	CHECK_STR(put1(&f, "8", "name", "Bob"), "Invalid");
	CHECK_STR(put1(&f, "80a", "name", "Bob"), "Invalid");
	CHECK_STR(put1(&f, "801", "max_contacts", "99"), "Invalid");
	CHECK_STR(op(&f, TABLE_CREATE, "801", NULL, 0), "Exists");
	CHECK_STR(op(&f, TABLE_UPDATE, "802", NULL, 0), "NoSuch");
	CHECK_STR(op(&f, TABLE_DELETE, "802", NULL, 0), "NoSuch");
	CHECK_STR(op(&f, TABLE_MOVE, "801", NULL, 0), "Invalid");
	CHECK_STR(extension(&f, "801")->name, "Ada");
	CHECK_EQ(f.applied, 1);
	CHECK_STR(op(&f, TABLE_DELETE, "801", NULL, 0), "");
	CHECK_EQ(table_count(f.table), 0);
	again(&f);
	CHECK_EQ(table_count(f.table), 0);
	end(&f);
}

static void test_taken_back(void)
{
	struct table_change *c;
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	CHECK_STR(put1(&f, "801", "name", "Ada"), "");
	f.fail = "the kernel says no";
	CHECK_STR(put1(&f, "801", "name", "Bob"), "Failed");
	CHECK_STR(f.refusal.issue.what, "the kernel says no");
	CHECK_STR(extension(&f, "801")->name, "Ada");
	CHECK_STR(put1(&f, "802", "name", "Bob"), "Failed");
	CHECK(!extension(&f, "802"));
	/* Several rows: those before the one refused go back, the last first.
	 */
	f.fail_key = "805";
	f.log[0] = '\0';
	c = change_new(f.table, 4);
	CHECK(c);
	for (unsigned int i = 0; i < 4; i++)
		snprintf(c->items[i].key, TABLE_KEY, "80%u", i + 3);
	change_start(c, on_end, &f);
	store_wait(f.store);
	CHECK_STR(f.refusal.name, "Failed");
	CHECK_STR(f.log, "+803 +804 +805 -804 -803 ");
	CHECK_EQ(table_count(f.table), 1);
	f.fail = NULL;
	again(&f);
	CHECK_STR(extension(&f, "801")->name, "Ada");
	CHECK_EQ(table_count(f.table), 1);
	end(&f);
}

static void test_waits(void)
{
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	f.hold = true;
	(void)put1(&f, "801", "name", "Ada");
	(void)put1(&f, "801", "name", "Bob");
	CHECK_EQ(f.ended, 0);
	CHECK_EQ(f.applied, 1);
	CHECK_STR(extension(&f, "801")->name, "Ada");
	table_change_done(f.held, NULL);
	CHECK_EQ(f.ended, 1);
	store_wait(f.store);
	CHECK_EQ(f.applied, 2);
	table_change_done(f.held, NULL);
	CHECK_EQ(f.ended, 2);
	CHECK_STR(extension(&f, "801")->name, "Bob");
	/* One that waits for the owner when the table closes. */
	(void)put1(&f, "801", "name", "Cem");
	(void)put1(&f, "801", "name", "Dan");
	f.ended = 0;
	close_all(&f);
	CHECK_EQ(f.ended, 2);
	CHECK_STR(f.refusal.name, "Busy");
	f.hold = false;
	open_all(&f);
	CHECK_STR(extension(&f, "801")->name, "Cem");
	end(&f);
}

static bool find_secret(const char *dir, const char *file)
{
	static const char secret[] = "Made-by-owner1";
	char path[2 * TEMP_PATH];
	char *data = malloc(4 << 20);
	size_t n;
	FILE *in;
	bool found;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	in = fopen(path, "r");
	CHECK(in && data);
	n = fread(data, 1, 4 << 20, in);
	CHECK(n > 4096);
	fclose(in);
	found = memmem(data, n, secret, strlen(secret)) != NULL;
	free(data);
	return found;
}

static bool on_json(void *ctx, uint64_t seq, const char *json)
{
	char *all = ctx;

	CHECK(seq > 0);
	snprintf(all + strlen(all), 2000 - strlen(all), "%s\n", json);
	return true;
}

static void test_secrets(void)
{
	char path[2 * TEMP_PATH];
	char all[2000] = "";
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	CHECK_STR(put1(&f, "801", "name", "Ada"), "");
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	CHECK(!find_secret(f.dir, "truth/data.mdb"));
	CHECK(!find_secret(f.view, "view.mdb"));
	CHECK_EQ(journal_each(f.store, "extension", 0, on_json, all), 0);
	CHECK(strstr(all, "\"actor\":\"tester\""));
	CHECK(strstr(all, "\"secrets\":[\"secret\"]"));
	CHECK(!strstr(all, "Made-by"));
	/* Another key: the row cannot be opened, and is not in force. */
	close_all(&f);
	snprintf(path, sizeof(path), "%s/key", f.dir);
	CHECK_EQ(unlink(path), 0);
	open_all(&f);
	CHECK_EQ(table_count(f.table), 0);
	end(&f);
}

static void names(struct fixture *f, char all[100])
{
	all[0] = '\0';
	for (size_t i = 0; i < table_count(f->table); i++) {
		const struct step *s = table_at(f->table, i);

		snprintf(all + strlen(all), 100 - strlen(all), "%s ", s->name);
	}
}

static const char *move(struct fixture *f, const char *key, uint32_t position)
{
	struct table_change *c = change_new(f->table, 1);

	CHECK(c);
	c->items[0].kind = TABLE_MOVE;
	c->items[0].position = position;
	snprintf(c->items[0].key, sizeof(c->items[0].key), "%s", key);
	f->ended = 0;
	change_start(c, on_end, f);
	store_wait(f->store);
	CHECK_EQ(f->ended, 1);
	return f->refusal.name ? f->refusal.name : "";
}

static void test_order(void)
{
	char all[100];
	struct fixture f;

	begin(&f, &step_record, NULL);
	names(&f, all);
	CHECK_STR(all, "last ");
	CHECK_STR(put0(&f, "c"), "");
	CHECK_STR(put0(&f, "b"), "");
	CHECK_STR(put0(&f, "a"), "");
	names(&f, all);
	CHECK_STR(all, "last c b a ");
	CHECK_STR(move(&f, "last", 4), "");
	CHECK_STR(move(&f, "a", 1), "");
	names(&f, all);
	CHECK_STR(all, "a c b last ");
	CHECK_STR(move(&f, "a", 2), "");
	names(&f, all);
	CHECK_STR(all, "c a b last ");
	CHECK_STR(move(&f, "c", 99), "");
	CHECK_STR(move(&f, "c", 0), "Invalid");
	names(&f, all);
	CHECK_STR(all, "a b last c ");
	again(&f);
	names(&f, all);
	CHECK_STR(all, "a b last c ");
	CHECK_STR(put0(&f, "d"), "");
	CHECK_STR(put0(&f, "e"), "Full");
	CHECK_STR(op(&f, TABLE_DELETE, "last", NULL, 0), "Invalid");
	CHECK_STR(op(&f, TABLE_DELETE, "b", NULL, 0), "");
	CHECK_STR(put0(&f, "e"), "");
	again(&f);
	names(&f, all);
	CHECK_STR(all, "a last c d e ");
	end(&f);
}

static void on_own(void *ctx, const struct issue *issue)
{
	struct fixture *f = ctx;

	f->ended++;
	f->refusal.issue = issue ? *issue : (struct issue){ "", "" };
}

static int nobody(void *ctx, const char *actor, struct issue *issue)
{
	(void)ctx;
	(void)issue_set(issue, "", "%s may not now", actor);
	return -EBUSY;
}

/* The owner makes the table what it was, order and all, at one blow. */
static void test_replace(void)
{
	static const struct table_ops busy = { .admit = nobody };
	struct step rows[3] = { { "b", 2 }, { "last", 9 }, { "c", 3 } };
	char all[100];
	struct fixture f;

	begin(&f, &step_record, NULL);
	CHECK_STR(put0(&f, "a"), "");
	CHECK_STR(put0(&f, "b"), "");
	CHECK_EQ(table_replace(f.table, "me", rows, 3, on_own, &f), 0);
	store_wait(f.store);
	CHECK_STR(f.refusal.issue.what, "");
	names(&f, all);
	CHECK_STR(all, "b last c ");
	CHECK_EQ(((const struct step *)table_get(f.table, "last"))->value, 9);
	f.ops = &busy;
	again(&f);
	names(&f, all);
	CHECK_STR(all, "b last c ");
	/* Nobody else may change anything now; the owner may. */
	CHECK_STR(put0(&f, "d"), "Busy");
	CHECK_STR(f.refusal.issue.what, "tester may not now");
	CHECK_EQ(table_replace(f.table, "me", &rows[1], 1, on_own, &f), 0);
	store_wait(f.store);
	names(&f, all);
	CHECK_STR(all, "last ");
	/* What is built in cannot be left out: nothing changes then. */
	CHECK_EQ(table_replace(f.table, "me", rows, 1, on_own, &f), 0);
	store_wait(f.store);
	CHECK(f.refusal.issue.what[0]);
	names(&f, all);
	CHECK_STR(all, "last ");
	end(&f);
}

static void test_many(void)
{
	static const char *const keys[] = { "900", "1000", "90", "0900" };
	char why[256] = "";
	struct table_change *c;
	struct fixture f;
	struct watch *w;

	begin(&f, &extension_record, &extension_ops);
	c = change_new(f.table, 4);
	for (size_t i = 0; i < 4; i++)
		snprintf(c->items[i].key, TABLE_KEY, "%s", keys[i]);
	change_start(c, on_end, &f);
	store_wait(f.store);
	CHECK_EQ(f.ended, 1);
	CHECK(!f.refusal.name);
	CHECK_STR(((const struct extension *)table_at(f.table, 0))->number,
		  "90");
	CHECK_STR(((const struct extension *)table_at(f.table, 3))->number,
		  "1000");
	/* All or nothing. */
	c = change_new(f.table, 2);
	snprintf(c->items[0].key, TABLE_KEY, "700");
	snprintf(c->items[1].key, TABLE_KEY, "x");
	change_start(c, on_end, &f);
	store_wait(f.store);
	CHECK_STR(f.refusal.name, "Invalid");
	CHECK_EQ(table_count(f.table), 4);
	/* Somebody else was faster. */
	c = change_new(f.table, 1);
	c->if_seq = 1;
	c->items[0].kind = TABLE_DELETE;
	snprintf(c->items[0].key, TABLE_KEY, "1000");
	change_start(c, on_end, &f);
	CHECK_STR(f.refusal.name, "Changed");
	/* As others see it. */
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	w = watch_open(NULL, f.run, &extension_record, NULL, why);
	CHECK(w);
	CHECK_EQ(watch_count(w), 4);
	CHECK_STR(((const struct extension *)watch_at(w, 3))->number, "1000");
	CHECK_STR(((const struct extension *)watch_get(w, "90"))->secret, "");
	CHECK(!watch_get(w, "91"));
	watch_close(w);
	end(&f);
}

static void test_own(void)
{
	struct extension x;
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	record_init(&extension_record, &x);
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(x.number, sizeof(x.number), "80%u", i % 10);
		x.secret_set_ms = 7;
		CHECK_EQ(table_put(f.table, "sipd", x.number, &x, on_own, &f),
			 0);
	}
	store_wait(f.store);
	CHECK_EQ(f.ended, 10);
	CHECK_EQ(table_count(f.table), 10);
	CHECK_EQ(extension(&f, "805")->secret_set_ms, 7);
	CHECK_EQ(table_put(f.table, "sipd", "805", NULL, on_own, &f), 0);
	store_wait(f.store);
	CHECK_EQ(table_count(f.table), 9);
	end(&f);
}

/* The owner's change waits behind a person's of the same row. */
static void test_own_meets_other(void)
{
	struct extension x;
	struct fixture f;

	begin(&f, &extension_record, &extension_ops);
	CHECK_STR(put1(&f, "801", "name", "Ada"), "");
	f.hold = true;
	(void)put1(&f, "801", "name", "Bob");
	(void)put1(&f, "801", "name", "Cem");
	x = *extension(&f, "801");
	x.secret_set_ms = 5;
	CHECK_EQ(table_put(f.table, "sipd", "801", &x, NULL, NULL), 0);
	x = *extension(&f, "801");
	x.max_contacts = 2;
	CHECK_EQ(table_put(f.table, "sipd", "801", &x, NULL, NULL), 0);
	f.applied = 0;
	for (int i = 1; i <= 2; i++) {
		table_change_done(f.held, NULL);
		store_wait(f.store);
		CHECK_EQ(f.applied, i);
	}
	table_change_done(f.held, NULL);
	store_wait(f.store);
	CHECK_EQ(f.applied, 2);
	CHECK_STR(extension(&f, "801")->name, "Cem");
	CHECK_EQ(extension(&f, "801")->secret_set_ms, 5);
	CHECK_EQ(extension(&f, "801")->max_contacts, 2);
	/* Behind a deletion it does not bring the row back. */
	(void)put1(&f, "802", "name", "Dan");
	(void)op(&f, TABLE_DELETE, "801", NULL, 0);
	x = *extension(&f, "801");
	x.secret_set_ms = 6;
	CHECK_EQ(table_put(f.table, "sipd", "801", &x, NULL, NULL), 0);
	for (int i = 0; i < 2; i++) {
		table_change_done(f.held, NULL);
		store_wait(f.store);
	}
	CHECK_EQ(table_count(f.table), 1);
	CHECK(!extension(&f, "801"));
	end(&f);
}

int main(void)
{
	test_own_meets_other();
	test_put();
	test_refused();
	test_taken_back();
	test_waits();
	test_secrets();
	test_order();
	test_replace();
	test_many();
	test_own();
	return 0;
}

#include "routed_world.h"

#include <stdlib.h>

#include "check.h"

static const struct record *const records[WORLD_TABLES] = {
	&extension_record,    &trunk_record,
	&call_profile_record, &route_settings_record,
	&emergency_record,    &dial_plan_record,
	&dial_rule_record,    &inbound_rule_record,
	&pin_set_record,      &pin_record,
	&time_rule_record,    &holiday_record,
};

void world_init(struct world *w)
{
	*w = (struct world){ 0 };
	for (size_t i = 0; i < WORLD_TABLES; i++)
		w->tables[i].record = records[i];
	world_add(w, "route_settings name=general");
	world_add(w, "dial_plan name=default");
}

void world_fini(struct world *w)
{
	plan_free(w->plan);
	for (size_t i = 0; i < WORLD_TABLES; i++)
		free(w->tables[i].rows);
}

static size_t table_of(const char *name)
{
	for (size_t i = 0; i < WORLD_TABLES; i++)
		if (strcmp(records[i]->name, name) == 0)
			return i;
	fprintf(stderr, "there is no table %s\n", name);
	abort();
}

static void set(const struct record *r, void *rec, char *word)
{
	char *value = strchr(word, '=');
	const struct field *f;
	struct issue issue;

	CHECK(value);
	*value++ = '\0';
	for (char *c = value; *c; c++)
		if (*c == '~')
			*c = ' ';
	f = record_field(r, word);
	CHECK(f);
	CHECK_EQ(field_set(r, f, rec, value, &issue), 0);
}

static void set_all(const struct record *r, void *rec, const char *words)
{
	char *text = strdup(words), *save = NULL, *word;

	CHECK(text);
	for (word = strtok_r(text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		set(r, rec, word);
	free(text);
}

static void must_be_right(const struct record *r, void *rec, const char *row)
{
	struct issue issue;

	if (record_check(r, rec, &issue)) {
		fprintf(stderr, "%s: %s: %s\n", row, issue.field, issue.what);
		abort();
	}
}

/* What stands behind the table's name; *table is its index. */
static const char *fields_of(const char *row, size_t *table)
{
	char name[40];
	int n = 0;

	CHECK_EQ(sscanf(row, "%39s %n", name, &n), 1);
	*table = table_of(name);
	return row + n;
}

static void *make_row(const char *row, const struct record **record)
{
	const char *fields;
	size_t table;
	void *rec;

	fields = fields_of(row, &table);
	*record = records[table];
	rec = calloc(1, records[table]->size);
	CHECK(rec);
	record_init(records[table], rec);
	set_all(records[table], rec, fields);
	return rec;
}

void *world_row(const char *row, const struct record **record)
{
	void *rec = make_row(row, record);

	must_be_right(*record, rec, row);
	return rec;
}

/* The row with the same key, or a new one. */
static void *place_of(struct world_table *t, const void *rec)
{
	char key[256], other[256];

	record_key(t->record, rec, key, sizeof(key));
	for (size_t i = 0; i < t->n; i++) {
		record_key(t->record, t->rows + i * t->record->size, other,
			   sizeof(other));
		if (strcmp(key, other) == 0)
			return t->rows + i * t->record->size;
	}
	t->rows = realloc(t->rows, (t->n + 1) * t->record->size);
	CHECK(t->rows);
	memcpy(t->rows + t->n * t->record->size, rec, t->record->size);
	return t->rows + t->n++ * t->record->size;
}

void world_add(struct world *w, const char *row)
{
	const struct record *r;
	const char *fields;
	size_t table;
	void *rec = make_row(row, &r);
	void *place;

	fields = fields_of(row, &table);
	place = place_of(&w->tables[table], rec);
	set_all(r, place, fields);
	must_be_right(r, place, row);
	free(rec);
	plan_free(w->plan);
	w->plan = NULL;
}

static const void *row_at(const void *from, size_t i)
{
	const struct world_table *t = from;

	return t->rows + i * t->record->size;
}

static struct plan_rows rows(const struct world *w, size_t i)
{
	return (struct plan_rows){ row_at, &w->tables[i], w->tables[i].n };
}

const struct plan *world_plan(struct world *w)
{
	struct plan_input in = {
		.extensions = rows(w, 0),
		.trunks = rows(w, 1),
		.profiles = rows(w, 2),
		.settings = rows(w, 3),
		.emergencies = rows(w, 4),
		.dial_plans = rows(w, 5),
		.dial_rules = rows(w, 6),
		.inbound_rules = rows(w, 7),
		.pin_sets = rows(w, 8),
		.pins = rows(w, 9),
		.time_rules = rows(w, 10),
		.holidays = rows(w, 11),
		.clock_from_ms = WORLD_CLOCK_FROM_MS,
	};

	if (!w->plan)
		w->plan = plan_new(&in);
	CHECK(w->plan);
	return w->plan;
}

void world_again(struct world *w, const char *who, const char *number,
		 const char *step, struct verdict *v,
		 struct plan_choice *choice)
{
	struct plan_question q = { 0 };
	struct ask ask;

	record_init(&ask_record, &ask);
	snprintf(ask.who, sizeof(ask.who), "%s", who);
	snprintf(ask.number, sizeof(ask.number), "%s", number);
	snprintf(ask.step, sizeof(ask.step), "%s", step);
	q.ask = &ask;
	plan_decide(world_plan(w), &q, v, choice);
}

void world_decide(struct world *w, const char *who, const char *number,
		  struct verdict *v, struct plan_choice *choice)
{
	world_again(w, who, number, "", v, choice);
}

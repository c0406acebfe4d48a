#include "routed_world.h"

#include <stdlib.h>

#include "check.h"

static const struct record *const records[WORLD_TABLES] = {
	&extension_record,    &trunk_record,
	&call_profile_record, &route_settings_record,
	&emergency_record,    &dial_plan_record,
	&dial_rule_record,    &inbound_rule_record,
	&pin_set_record,      &pin_record,
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

static struct world_table *table_of(struct world *w, const char *name)
{
	for (size_t i = 0; i < WORLD_TABLES; i++)
		if (strcmp(records[i]->name, name) == 0)
			return &w->tables[i];
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
	f = record_field(r, word);
	CHECK(f);
	CHECK_EQ(field_set(r, f, rec, value, &issue), 0);
}

void world_add(struct world *w, const char *row)
{
	char *text = strdup(row), *save = NULL, *word, *rec;
	struct world_table *t;
	struct issue issue;

	CHECK(text);
	t = table_of(w, strtok_r(text, " ", &save));
	t->rows = realloc(t->rows, (t->n + 1) * t->record->size);
	CHECK(t->rows);
	rec = t->rows + t->n * t->record->size;
	record_init(t->record, rec);
	while ((word = strtok_r(NULL, " ", &save)))
		set(t->record, rec, word);
	if (record_check(t->record, rec, &issue)) {
		fprintf(stderr, "%s: %s: %s\n", row, issue.field, issue.what);
		abort();
	}
	t->n++;
	free(text);
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

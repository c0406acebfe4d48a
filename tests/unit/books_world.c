#include "books_world.h"

#include <event2/event.h>

#include "cdr.h"
#include "check.h"
#include "store.h"

static const void *credit_at(const void *from, size_t i)
{
	return &((const struct credit *)from)[i];
}

static const void *rate_at(const void *from, size_t i)
{
	return &((const struct call_rate *)from)[i];
}

static void on_alarm(void *ctx, const char *account, const char *detail)
{
	struct books_world *w = ctx;

	w->alarms++;
	snprintf(w->alarm, sizeof(w->alarm), "%s: %s", account, detail);
}

static void on_bound(void *ctx, const char *call)
{
	struct books_world *w = ctx;
	size_t n = strlen(w->bound);

	snprintf(w->bound + n, sizeof(w->bound) - n, " %s", call);
}

static void configure(struct books_world *w)
{
	books_configure(
		w->books,
		&(struct books_rows){
			.credits = { credit_at, w->credits, w->n_credits },
			.rates = { rate_at, w->rates, w->n_rates },
		});
}

void books_world_open(struct books_world *w)
{
	const struct store_config config = {
		.state_dir = w->state,
		.view_dir = w->run,
		.truth_max = 256 << 20,
		.view_max = 16 << 20,
	};
	const struct books_config books = {
		.base = w->base,
		.run_dir = w->run,
		.alarm = on_alarm,
		.bound = on_bound,
		.ctx = w,
	};
	struct books_config with = books;
	char why[256] = "";

	w->store = store_open(w->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	with.store = w->store;
	w->books = books_new(&with);
	CHECK(w->books);
	configure(w);
}

void books_world_close(struct books_world *w)
{
	store_wait(w->store);
	books_free(w->books);
	store_close(w->store);
}

void books_world_init(struct books_world *w)
{
	*w = (struct books_world){ .now_ms = 1772366400000 };
	temp_dir(w->dir);
	snprintf(w->state, sizeof(w->state), "%s/s", w->dir);
	snprintf(w->run, sizeof(w->run), "%s/v", w->dir);
	CHECK_EQ(mkdir(w->state, 0700), 0);
	CHECK_EQ(mkdir(w->run, 0700), 0);
	w->base = event_base_new();
	CHECK(w->base);
	books_world_open(w);
}

void books_world_fini(struct books_world *w)
{
	books_world_close(w);
	event_base_free(w->base);
	temp_remove(w->dir);
}

void words_set(const struct record *r, void *rec, const char *words)
{
	char *text = strdup(words), *save = NULL, *word;
	struct issue issue;

	CHECK(text);
	for (word = strtok_r(text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');
		const struct field *f;

		CHECK(value);
		*value++ = '\0';
		f = record_field(r, word);
		if (!f)
			fprintf(stderr, "no field %s\n", word);
		CHECK(f);
		CHECK_EQ(field_set(r, f, rec, value, &issue), 0);
	}
	free(text);
}

void books_world_cap(struct books_world *w, const char *words)
{
	struct credit row;
	size_t at = 0;

	record_init(&credit_record, &row);
	words_set(&credit_record, &row, words);
	while (at < w->n_credits && strcmp(w->credits[at].name, row.name))
		at++;
	CHECK(at < BOOKS_ROWS);
	w->credits[at] = row;
	if (at == w->n_credits)
		w->n_credits++;
	configure(w);
}

void books_world_drop(struct books_world *w, const char *name)
{
	size_t at = 0;

	while (at < w->n_credits && strcmp(w->credits[at].name, name))
		at++;
	CHECK(at < w->n_credits);
	w->credits[at] = w->credits[--w->n_credits];
	configure(w);
}

void books_world_rate(struct books_world *w, const char *words)
{
	struct call_rate *row = &w->rates[w->n_rates++];

	CHECK(w->n_rates < BOOKS_ROWS);
	record_init(&call_rate_record, row);
	words_set(&call_rate_record, row, words);
	configure(w);
}

static void on_done(void *ctx, int err)
{
	struct books_world *w = ctx;

	w->err = err;
	w->done = true;
}

static void on_lease(void *ctx, int err, const struct lease *lease)
{
	struct books_world *w = ctx;

	on_done(w, err);
	if (lease)
		w->lease = *lease;
}

/* Nothing else happens meanwhile, so nothing is gained by gathering. */
void books_world_wait(struct books_world *w)
{
	while (!w->done)
		store_wait(w->store);
}

/* The choice that a decision would have made of the same words. */
static void choose(const struct open_call *c, struct plan_choice *choice)
{
	*choice = (struct plan_choice){ .outbound = !c->emergency,
					.emergency = c->emergency };
	memcpy(choice->dial_rule, c->dial_rule, sizeof(choice->dial_rule));
	memcpy(choice->trunk, c->trunk, sizeof(choice->trunk));
	memcpy(choice->rates, c->rates, sizeof(choice->rates));
	memcpy(choice->number, c->number, sizeof(choice->number));
	memcpy(choice->pin, c->pin, sizeof(choice->pin));
	memcpy(choice->pin_holder, c->pin_holder, sizeof(choice->pin_holder));
	memcpy(choice->pin_digits, c->pin_digits, sizeof(choice->pin_digits));
}

bool book_ask(struct books_world *w, const char *words)
{
	struct plan_choice choice;
	struct open_call c;
	struct ask ask;

	record_init(&open_call_record, &c);
	words_set(&open_call_record, &c, words);
	choose(&c, &choice);
	w->err = 0;
	if (!books_credit(w->books,
			  &(struct plan_call){ .id = c.call,
					       .extension = c.extension,
					       .source = c.source,
					       .dial_rule = c.dial_rule,
					       .trunk = c.trunk,
					       .rates = c.rates,
					       .number = c.number,
					       .pin = c.pin,
					       .pin_holder = c.pin_holder,
					       .now_ms = w->now_ms },
			  &w->credit) &&
	    !c.emergency)
		return false;
	record_init(&ask_record, &ask);
	memcpy(ask.call, c.call, sizeof(ask.call));
	memcpy(ask.who, c.extension, sizeof(ask.who));
	memcpy(ask.number, c.dialled, sizeof(ask.number));
	memcpy(ask.source, c.source, sizeof(ask.source));
	w->done = false;
	books_reserve(w->books, &ask, &choice, w->now_ms, on_done, w);
	books_world_wait(w);
	return !w->err;
}

void book_renew(struct books_world *w, const char *call, uint32_t talk_s)
{
	struct renew ask = { .talk_s = talk_s };

	snprintf(ask.call, sizeof(ask.call), "%s", call);
	w->done = false;
	books_renew(w->books, &ask, w->now_ms, on_lease, w);
	books_world_wait(w);
}

void book_end(struct books_world *w, const char *call, uint32_t talk_s)
{
	struct cdr row;

	record_init(&cdr_record, &row);
	snprintf(row.id, sizeof(row.id), "%s", call);
	row.start_ms = w->now_ms - talk_s * UINT64_C(1000) - 5000;
	row.end_ms = w->now_ms;
	row.talk_s = talk_s;
	if (talk_s) {
		row.answer_ms = w->now_ms - talk_s * UINT64_C(1000);
		row.disposition = CDR_DISPOSITION_ANSWERED;
	}
	w->done = false;
	books_end(w->books, &row, w->now_ms, on_done, w);
	books_world_wait(w);
}

bool book_record(struct books_world *w, const char *call, struct cdr *row)
{
	uint8_t key[CDR_KEY_MAX], value[CDR_MAX];
	size_t n, size = sizeof(value);

	if (cdr_find(w->store, call, key, &n))
		return false;
	CHECK_EQ(store_get(w->store, CDR_DB, (struct bytes){ key, n }, value,
			   &size),
		 0);
	CHECK_EQ(record_decode(&cdr_record, row, value, size), 0);
	return true;
}

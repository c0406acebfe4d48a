#include "books.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

enum {
	START_BYTES = 8,
	KEY_MAX = START_BYTES + sizeof(((struct cdr *)0)->id),
	CDR_MAX = 2048, /* more than record_encoded_max(&cdr_record) */
	LOOK_AT_MOST = 20000,
	MAX_WORDS = 8,
};

struct books {
	struct store *store;
	struct pending *pending; /* on their way to the disk */
};

/* A record on its way, and who waits for it. */
struct pending {
	struct books *books;
	struct pending *next;
	struct waiter *waiters;
	char id[sizeof(((struct cdr *)0)->id)];
};

struct waiter {
	struct waiter *next;
	books_done_fn done;
	void *ctx;
};

struct books *books_new(struct store *store)
{
	struct books *b = calloc(1, sizeof(*b));

	if (b)
		b->store = store;
	return b;
}

static void pending_free(struct pending *p)
{
	while (p->waiters) {
		struct waiter *w = p->waiters;

		p->waiters = w->next;
		free(w);
	}
	free(p);
}

void books_free(struct books *b)
{
	if (!b)
		return;
	while (b->pending) {
		struct pending *p = b->pending;

		b->pending = p->next;
		pending_free(p);
	}
	free(b);
}

static size_t key_of(const struct cdr *row, uint8_t key[KEY_MAX])
{
	size_t n = strlen(row->id);

	for (size_t i = 0; i < START_BYTES; i++)
		key[i] = (uint8_t)(row->start_ms >> (56 - 8 * i));
	memcpy(key + START_BYTES, row->id, n);
	return START_BYTES + n;
}

static void complete(struct cdr *row)
{
	uint64_t rang_until = row->answer_ms ? row->answer_ms : row->end_ms;

	row->ring_s = rang_until > row->start_ms
			      ? (uint32_t)((rang_until - row->start_ms) / 1000)
			      : 0;
	row->talk_s =
		row->answer_ms && row->end_ms > row->answer_ms
			? (uint32_t)((row->end_ms - row->answer_ms + 999) /
				     1000)
			: 0;
}

static void unlink_pending(struct pending *p)
{
	struct pending **at = &p->books->pending;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
}

static void on_committed(void *ctx, int err)
{
	struct pending *p = ctx;

	unlink_pending(p);
	for (struct waiter *w = p->waiters; w; w = w->next)
		w->done(w->ctx, err);
	pending_free(p);
}

static struct pending *find_pending(struct books *b, const char *id)
{
	struct pending *p = b->pending;

	while (p && strcmp(p->id, id))
		p = p->next;
	return p;
}

static int add_waiter(struct pending *p, books_done_fn done, void *ctx)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	*w = (struct waiter){ .next = p->waiters, .done = done, .ctx = ctx };
	p->waiters = w;
	return 0;
}

static int commit(struct books *b, const struct cdr *row, struct pending *p)
{
	struct store_batch *batch = store_batch_new(b->store);
	uint8_t key[KEY_MAX], value[CDR_MAX];
	size_t n = key_of(row, key);
	int len = record_encode(&cdr_record, row, value, sizeof(value));
	int err;

	if (!batch)
		return -ENOMEM;
	err = len < 0 ? len
		      : store_batch_put(batch, "cdr", (struct bytes){ key, n },
					(struct bytes){ value, (size_t)len });
	if (!err)
		err = store_batch_put(
			batch, "cdr_id",
			(struct bytes){ row->id, strlen(row->id) },
			(struct bytes){ key, n });
	if (err) {
		store_batch_free(batch);
		return err;
	}
	err = store_commit(b->store, batch, on_committed, p);
	if (err)
		store_batch_free(batch); /* too much waits: it stayed ours */
	return err;
}

void books_write(struct books *b, const struct cdr *facts, books_done_fn done,
		 void *ctx)
{
	struct cdr row = *facts;
	struct pending *p = find_pending(b, row.id);
	uint8_t key[KEY_MAX];
	size_t size = sizeof(key);
	int err;

	if (p) {
		err = add_waiter(p, done, ctx);
		if (err)
			done(ctx, err);
		return;
	}
	if (!store_get(b->store, "cdr_id",
		       (struct bytes){ row.id, strlen(row.id) }, key, &size)) {
		done(ctx, 0);
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p || add_waiter(p, done, ctx)) {
		free(p);
		done(ctx, -ENOMEM);
		return;
	}
	p->books = b;
	snprintf(p->id, sizeof(p->id), "%s", row.id);
	p->next = b->pending;
	b->pending = p;
	complete(&row);
	err = commit(b, &row, p);
	if (err)
		on_committed(p, err);
}

/* --- a page --- */

struct word {
	const struct field *field;
	const char *text;
};

struct page {
	struct word words[MAX_WORDS];
	size_t n_words;
	uint8_t before[KEY_MAX];
	size_t before_bytes;
	uint32_t left;
	uint32_t looks;
	books_row_fn row;
	void *ctx;
};

static bool passes(const struct page *p, const struct cdr *row)
{
	char text[256];

	for (size_t i = 0; i < p->n_words; i++) {
		field_get(p->words[i].field, row, text, sizeof(text));
		if (strcmp(text, p->words[i].text))
			return false;
	}
	return true;
}

static bool on_row(void *ctx, struct bytes key, struct bytes value)
{
	struct page *p = ctx;
	struct cdr row;

	if (p->before_bytes && key.size == p->before_bytes &&
	    !memcmp(key.data, p->before, key.size))
		return true;
	if (!record_decode(&cdr_record, &row, value.data, value.size) &&
	    passes(p, &row)) {
		p->row(p->ctx, &row);
		p->left--;
	}
	return p->left && --p->looks;
}

static int take_word(struct books *b, struct page *p, char *word,
		     struct issue *issue)
{
	char *text = strchr(word, '=');
	const struct field *f;

	if (!text)
		return issue_set(issue, "filter", "\"%.40s\" is no field=text",
				 word);
	*text++ = '\0';
	if (!strcmp(word, "before")) {
		p->before_bytes = sizeof(p->before);
		if (store_get(b->store, "cdr_id",
			      (struct bytes){ text, strlen(text) }, p->before,
			      &p->before_bytes))
			return issue_set(issue, "filter",
					 "before: no such call");
		return 0;
	}
	f = record_field(&cdr_record, word);
	if (!f || p->n_words == MAX_WORDS)
		return issue_set(issue, "filter",
				 f ? "at most 8 words"
				   : "a call record has no such field");
	p->words[p->n_words++] = (struct word){ f, text };
	return 0;
}

int books_page(struct books *b, const struct records_ask *ask, books_row_fn row,
	       void *ctx, struct issue *issue)
{
	struct page p = { .left = ask->limit,
			  .looks = LOOK_AT_MOST,
			  .row = row,
			  .ctx = ctx };
	char filter[sizeof(ask->filter)], *rest = filter, *word;
	int err;

	memcpy(filter, ask->filter, sizeof(filter));
	while ((word = strsep(&rest, ";"))) {
		if (!*word)
			continue;
		err = take_word(b, &p, word, issue);
		if (err)
			return err;
	}
	err = store_each(b->store, "cdr",
			 (struct bytes){ p.before, p.before_bytes }, true,
			 on_row, &p);
	return err == -ENOENT ? 0 : err;
}

#include "cdr_search.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "store.h"

#include "cdr.h"
#include "cdr_filter.h"

enum {
	AT_ONCE = 8,
	STEP = 1000, /* records a turn of the loop: some 2 ms */
	AT_MAX = CDR_INDEX_HEAD + CDR_KEY_MAX,
};

struct search {
	LIST_ENTRY(search) next;
	struct cdr_searches *all;
	struct cdr_hunt hunt;
	struct cdr_filter filter;
	struct event *turn;
	const char *db;
	size_t head;        /* bytes that all keys of the walk begin with */
	uint8_t at[AT_MAX]; /* where it is; not looked at again */
	size_t at_bytes;
	size_t looks; /* left in this turn */
	bool begun;
	bool over;
};

struct cdr_searches {
	LIST_HEAD(, search) list;
	struct event_base *base;
	struct store *store;
	size_t n;
};

struct cdr_searches *cdr_searches_new(struct event_base *base,
				      struct store *store)
{
	struct cdr_searches *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	LIST_INIT(&s->list);
	s->base = base;
	s->store = store;
	return s;
}

static void search_free(struct search *s)
{
	LIST_REMOVE(s, next);
	s->all->n--;
	event_free(s->turn);
	free(s);
}

void cdr_searches_free(struct cdr_searches *s)
{
	if (!s)
		return;
	while (!LIST_EMPTY(&s->list)) {
		struct search *one = LIST_FIRST(&s->list);

		one->hunt.done(one->hunt.ctx, -ECANCELED);
		search_free(one);
	}
	free(s);
}

static void take(struct search *s, const void *data, size_t n)
{
	struct cdr row;

	if (record_decode(&cdr_record, &row, data, n) < 0 ||
	    !cdr_filter_passes(&s->filter, &row))
		return;
	s->hunt.row(s->hunt.ctx, &row);
	s->over = --s->hunt.limit == 0;
}

/* Of an index: the record itself, unless it went meanwhile. */
static void take_pointed(struct search *s, struct bytes key)
{
	uint8_t value[CDR_MAX];
	size_t n = sizeof(value);

	if (!store_get(s->all->store, CDR_DB, key, value, &n))
		take(s, value, n);
}

static bool on_key(void *ctx, struct bytes key, struct bytes value)
{
	struct search *s = ctx;
	struct bytes own = { (const uint8_t *)key.data + s->head,
			     key.size - s->head };

	if (key.size < s->head || key.size > AT_MAX ||
	    memcmp(key.data, s->at, s->head) ||
	    cdr_key_ms(own) < s->filter.from_ms) {
		s->over = true;
		return false;
	}
	if (s->begun && key.size == s->at_bytes &&
	    !memcmp(key.data, s->at, key.size))
		return true;
	s->begun = true;
	memcpy(s->at, key.data, key.size);
	s->at_bytes = key.size;
	if (s->head)
		take_pointed(s, own);
	else
		take(s, value.data, value.size);
	return !s->over && --s->looks;
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval next = { 0, 0 };
	struct search *s = ctx;
	int err;

	(void)fd;
	(void)what;
	s->looks = STEP;
	err = store_each(s->all->store, s->db,
			 (struct bytes){ s->at, s->at_bytes }, true, on_key, s);
	if (err == -ENOENT)
		err = 0;
	/* It came to the first record of all before its turn was over. */
	if (s->looks)
		s->over = true;
	if (!err && !s->over && !event_add(s->turn, &next))
		return;
	s->hunt.done(s->hunt.ctx, err ? err : s->over ? 0 : -ENOMEM);
	search_free(s);
}

/* The index that tells most, of those that the filter can go by. */
static void choose_index(struct search *s)
{
	uint8_t head[CDR_INDEX_HEAD];
	int best = -1, rank;

	for (size_t i = 0; i < s->filter.n; i++) {
		const struct cdr_word *w = &s->filter.words[i];

		rank = w->op == '=' ? cdr_index(w->field, w->text, head) : -1;
		if (rank < 0 || (best >= 0 && rank >= best))
			continue;
		best = rank;
		s->db = CDR_INDEX_DB;
		s->head = CDR_INDEX_HEAD;
		memcpy(s->at, head, sizeof(head));
	}
}

/* Where it begins: before a record, or before a moment. */
static int place(struct search *s, struct issue *issue)
{
	uint8_t key[CDR_KEY_MAX], before[CDR_KEY_MAX];
	size_t n = cdr_key_at(s->filter.to_ms, key), n_before;

	s->db = CDR_DB;
	choose_index(s);
	if (*s->filter.before) {
		if (cdr_find(s->all->store, s->filter.before, before,
			     &n_before))
			return issue_set(issue, "filter",
					 "before: no such call");
		s->begun = memcmp(before, key, CDR_START_BYTES) < 0;
	}
	if (s->begun) {
		memcpy(key, before, n_before);
		n = n_before;
	}
	memcpy(s->at + s->head, key, n);
	s->at_bytes = s->head + n;
	return 0;
}

int cdr_search(struct cdr_searches *all, const struct cdr_hunt *hunt,
	       struct issue *issue)
{
	struct search *s;
	int rc = 0;

	if (all->n == AT_ONCE)
		return -EBUSY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->all = all;
	s->hunt = *hunt;
	s->turn = event_new(all->base, -1, 0, on_turn, s);
	rc = s->turn ? cdr_filter_parse(&s->filter, hunt->filter, issue)
		     : -ENOMEM;
	if (!rc)
		rc = place(s, issue);
	if (rc) {
		if (s->turn)
			event_free(s->turn);
		free(s);
		return rc;
	}
	LIST_INSERT_HEAD(&all->list, s, next);
	all->n++;
	on_turn(-1, 0, s);
	return 0;
}

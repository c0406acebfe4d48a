#include "would_ban.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardd.h"
#include "service.h"
#include "store.h"
#include "what_if.h"

/* Of the registrations so many are looked at. */
enum { PHONES_MAX = 8192 };

struct phone {
	struct guard_key key; /* service GUARD_ALL */
	char extension[16];
};

struct asking {
	struct guardd *d;
	struct what_if ask;
	struct what_if_sum sum;
	struct phone *phones; /* by key, then by extension */
	size_t n_phones;
	/* The summary: */
	struct would_ban *out;
	/* The list, best first: */
	struct what_if_source *top;
	size_t n_top;
};

/* ---- telephones ---- */

static int by_key(const void *a, const void *b)
{
	const struct phone *x = a, *y = b;
	int order = memcmp(&x->key, &y->key, sizeof(x->key));

	return order ? order : strcmp(x->extension, y->extension);
}

static bool on_binding(void *ctx, struct bytes key, struct bytes value)
{
	struct asking *a = ctx;
	struct binding row;
	struct addr source;
	struct phone *p;

	(void)key;
	if (record_decode(&binding_record, &row, value.data, value.size) < 0 ||
	    addr_parse(&source, row.source) < 0)
		return true;
	p = &a->phones[a->n_phones++];
	guard_key_make(&p->key, GUARD_ALL, &source);
	snprintf(p->extension, sizeof(p->extension), "%s", row.extension);
	return a->n_phones < PHONES_MAX;
}

static void again(void *ctx)
{
	((struct asking *)ctx)->n_phones = 0;
}

/* Without sipd nobody is registered. */
static int find_phones(struct asking *a)
{
	char dir[256];
	struct view *v;

	snprintf(dir, sizeof(dir), "%s/sipd", a->d->service->run_dir);
	a->phones = malloc(PHONES_MAX * sizeof(*a->phones));
	v = a->phones ? view_open(dir) : NULL;
	if (!v)
		return -ENOMEM;
	(void)view_each(v, "binding", on_binding, again, a);
	view_close(v);
	qsort(a->phones, a->n_phones, sizeof(*a->phones), by_key);
	return 0;
}

static int before(const void *key, const void *phone)
{
	return memcmp(key, &((const struct phone *)phone)->key,
		      sizeof(struct guard_key));
}

/* Adds "801, 802" to the list, what has room of it. Is there any? */
static bool add_extensions(const struct asking *a, const struct guard_key *of,
			   char *list, size_t size)
{
	struct guard_key key = *of;
	const struct phone *p, *last = a->phones + a->n_phones;
	const char *said = "";

	key.service = GUARD_ALL;
	p = bsearch(&key, a->phones, a->n_phones, sizeof(*p), before);
	if (!p)
		return false;
	while (p > a->phones && before(&key, p - 1) == 0)
		p--;
	for (; p < last && before(&key, p) == 0; p++) {
		size_t used = strlen(list);

		/* Several contacts of one are one. */
		if (strcmp(said, p->extension) == 0 ||
		    used + strlen(p->extension) + sizeof(", ") > size)
			continue;
		said = p->extension;
		(void)snprintf(list + used, size - used, "%s%s",
			       used ? ", " : "", p->extension);
	}
	return true;
}

/* ---- asking ---- */

static int prepare(struct asking *a, struct guardd *d,
		   const struct would_ban_ask *ask, struct issue *issue)
{
	int service = guard_service_find(ask->service);
	struct guard_now now;

	if (service < 0 || service == GUARD_ALL)
		return issue_set(issue, "service", "no such service");
	guardd_now(d, &now);
	a->d = d;
	a->ask = (struct what_if){
		.service = (enum guard_service_id)service,
		.tries = ask->tries,
		.window_s = ask->window_s,
		.trust_local = ask->trust_local,
		.wall_ms = now.wall_ms,
	};
	if (find_phones(a) < 0)
		return issue_set(issue, "", "no memory");
	return 0;
}

static int look(struct asking *a, what_if_fn fn, struct issue *issue)
{
	struct guardd *d = a->d;
	const struct tries *const of[] = { d->tries, d->tries_spared };

	if (what_if(&d->guard, of, 2, &a->ask, &a->sum, fn, a) < 0)
		return issue_set(issue, "", "no memory");
	return 0;
}

static void count_phone(void *ctx, const struct what_if_source *s)
{
	struct asking *a = ctx;

	if (s->would && add_extensions(a, &s->key, a->out->extensions,
				       sizeof(a->out->extensions)))
		a->out->phones++;
}

int would_ban(struct guardd *d, const struct would_ban_ask *ask,
	      struct would_ban *out, struct issue *issue)
{
	struct asking a = { .out = out };
	int err;

	record_init(&would_ban_record, out);
	err = prepare(&a, d, ask, issue);
	if (err == 0)
		err = look(&a, count_phone, issue);
	free(a.phones);
	if (err < 0)
		return err;
	out->since_ms = tries_since(d->tries, a.ask.wall_ms);
	out->sources = a.sum.sources;
	out->would = a.sum.would;
	out->more = a.sum.more;
	out->fewer = a.sum.fewer;
	out->local = a.sum.local;
	out->allowed = a.sum.allowed;
	return 0;
}

/* ---- the list ---- */

static bool goes_before(const struct what_if_source *a,
			const struct what_if_source *b)
{
	bool changes = a->would != a->did;

	if (changes != (b->would != b->did))
		return changes;
	return a->most > b->most;
}

static void note_top(void *ctx, const struct what_if_source *s)
{
	struct asking *a = ctx;
	size_t i = a->n_top;

	while (i > 0 && goes_before(s, &a->top[i - 1]))
		i--;
	if (i == WOULD_BAN_ROWS)
		return;
	if (a->n_top < WOULD_BAN_ROWS)
		a->n_top++;
	memmove(&a->top[i + 1], &a->top[i],
		(a->n_top - i - 1) * sizeof(a->top[0]));
	a->top[i] = *s;
}

static void row_of(const struct asking *a, const struct what_if_source *s,
		   struct would_ban_whom *row)
{
	record_init(&would_ban_whom_record, row);
	guard_key_source(&s->key, row->source);
	row->tries = s->most;
	row->at_ms = s->at_ms;
	row->would = s->would;
	row->banned = s->did;
	snprintf(row->accounts, sizeof(row->accounts), "%s", s->accounts);
	(void)add_extensions(a, &s->key, row->extensions,
			     sizeof(row->extensions));
}

int would_ban_whom(struct guardd *d, const struct would_ban_ask *ask,
		   would_ban_fn fn, void *ctx, struct issue *issue)
{
	struct asking a = { 0 };
	struct would_ban_whom row;
	int err;

	a.top = malloc(WOULD_BAN_ROWS * sizeof(*a.top));
	if (!a.top)
		return issue_set(issue, "", "no memory");
	err = prepare(&a, d, ask, issue);
	if (err == 0)
		err = look(&a, note_top, issue);
	for (size_t i = 0; err == 0 && i < a.n_top; i++) {
		row_of(&a, &a.top[i], &row);
		fn(ctx, &row);
	}
	free(a.phones);
	free(a.top);
	return err;
}

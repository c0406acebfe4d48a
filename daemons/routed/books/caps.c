#include "caps.h"

#include <stdlib.h>
#include <string.h>

#define EACH "*"

struct caps {
	struct credit *rows; /* by scope and who */
	size_t n;
};

static int by_whose(const void *a, const void *b)
{
	const struct credit *x = a, *y = b;
	int rc;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	rc = strcmp(x->who, y->who);
	return rc ? rc : strcmp(x->name, y->name);
}

struct caps *caps_new(const struct plan_rows *rows)
{
	struct caps *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->rows = calloc(rows->n + 1, sizeof(*c->rows));
	if (!c->rows) {
		free(c);
		return NULL;
	}
	for (size_t i = 0; i < rows->n; i++)
		c->rows[c->n++] = *(const struct credit *)plan_row(rows, i);
	qsort(c->rows, c->n, sizeof(*c->rows), by_whose);
	return c;
}

void caps_free(struct caps *c)
{
	if (!c)
		return;
	free(c->rows);
	free(c);
}

int caps_check(const struct credit *row, struct issue *issue)
{
	if (!*row->who)
		return issue_set(issue, "who",
				 "names a trunk, an extension, a PIN holder or "
				 "a dial rule; " EACH " is each of them");
	if (!row->seconds && !row->money_milli)
		return issue_set(issue, "seconds",
				 "give seconds, or money_milli, or both: this "
				 "would limit nothing");
	return 0;
}

void caps_each(const struct caps *c, caps_fn fn, void *ctx)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->rows[i].enabled)
			fn(ctx, &c->rows[i]);
}

bool caps_is_each(const struct credit *cap)
{
	return !strcmp(cap->who, EACH);
}

/* The first row that is not before (scope, who). */
static size_t first_of(const struct caps *c, enum scope scope, const char *who)
{
	struct credit key = { .scope = (uint32_t)scope };
	size_t low = 0, high = c->n;

	if (strlen(who) >= sizeof(key.who))
		return c->n;
	memcpy(key.who, who, strlen(who) + 1);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_whose(&c->rows[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_of(const struct caps *c, size_t i, enum scope scope,
		  const char *who)
{
	return i < c->n && c->rows[i].scope == (uint32_t)scope &&
	       !strcmp(c->rows[i].who, who);
}

bool caps_limit(const struct caps *c, const struct credit *cap, const char *who,
		struct limit *out)
{
	enum scope scope = (enum scope)cap->scope;
	size_t i;

	*out = (struct limit){ cap, cap->seconds, cap->money_milli };
	if (!caps_is_each(cap) || !strcmp(who, EACH))
		return true;
	for (i = first_of(c, scope, who); is_of(c, i, scope, who); i++) {
		const struct credit *own = &c->rows[i];

		if (!own->enabled || own->period != cap->period)
			continue;
		if (own->seconds)
			out->seconds = 0;
		if (own->money_milli)
			out->money_milli = 0;
	}
	return out->seconds || out->money_milli;
}

struct caps_walk caps_of(const struct caps *c, enum scope scope,
			 const char *who)
{
	if (!*who) /* nobody is none of each */
		return (struct caps_walk){ c, scope, who, c->n, true };
	return (struct caps_walk){ c, scope, who, first_of(c, scope, who),
				   false };
}

bool caps_next(struct caps_walk *w, struct limit *out)
{
	for (;;) {
		const struct caps *c = w->caps;
		const struct credit *cap = &c->rows[w->at];

		if (is_of(c, w->at, w->scope, w->each ? EACH : w->who)) {
			w->at++;
			if (cap->enabled && caps_limit(c, cap, w->who, out))
				return true;
		} else if (!w->each) {
			w->each = true;
			w->at = first_of(c, w->scope, EACH);
		} else {
			return false;
		}
	}
}

static bool has_total(const struct caps *c, enum scope scope, const char *who)
{
	for (size_t i = first_of(c, scope, who); is_of(c, i, scope, who); i++)
		if (c->rows[i].period == PERIOD_TOTAL)
			return true;
	return false;
}

bool caps_in_all(const struct caps *c, enum scope scope, const char *who)
{
	return has_total(c, scope, who) || has_total(c, scope, EACH);
}

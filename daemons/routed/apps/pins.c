#include "pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "secret.h"

struct pins {
	struct pins_set *sets; /* sorted by name */
	struct pins_row *rows; /* sorted by set */
	size_t n_sets;
	size_t n_rows;
	size_t most_sets;
	size_t most_rows;
};

struct pins *pins_new(size_t n_sets, size_t n_pins)
{
	struct pins *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->most_sets = n_sets;
	p->most_rows = n_pins;
	p->sets = calloc(n_sets + 1, sizeof(*p->sets));
	p->rows = calloc(n_pins + 1, sizeof(*p->rows));
	if (p->sets && p->rows)
		return p;
	pins_free(p);
	return NULL;
}

void pins_free(struct pins *p)
{
	if (!p)
		return;
	if (p->rows)
		secret_wipe(p->rows, p->n_rows * sizeof(*p->rows));
	free(p->rows);
	free(p->sets);
	free(p);
}

void pins_add_set(struct pins *p, const struct pin_set *row)
{
	struct pins_set *s;

	if (p->n_sets == p->most_sets)
		return;
	s = &p->sets[p->n_sets++];
	snprintf(s->name, sizeof(s->name), "%s", row->name);
	s->tries = row->tries;
	s->record = row->record_in_cdr;
}

void pins_add(struct pins *p, const struct pin *row)
{
	struct pins_row *r;

	if (p->n_rows == p->most_rows)
		return;
	r = &p->rows[p->n_rows++];
	snprintf(r->name, sizeof(r->name), "%s", row->name);
	snprintf(r->set, sizeof(r->set), "%s", row->pin_set);
	snprintf(r->digits, sizeof(r->digits), "%s", row->pin);
	snprintf(r->holder, sizeof(r->holder), "%s", row->holder);
	r->until_ms = row->until_ms;
	r->enabled = row->enabled;
}

static int by_name(const void *a, const void *b)
{
	const struct pins_set *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_set(const void *a, const void *b)
{
	const struct pins_row *x = a, *y = b;
	int order = strcmp(x->set, y->set);

	return order ? order : strcmp(x->name, y->name);
}

void pins_sort(struct pins *p)
{
	if (p->n_sets)
		qsort(p->sets, p->n_sets, sizeof(*p->sets), by_name);
	if (p->n_rows)
		qsort(p->rows, p->n_rows, sizeof(*p->rows), by_set);
}

const struct pins_set *pins_set(const struct pins *p, const char *name)
{
	struct pins_set key = { 0 };

	if (!p->n_sets || strlen(name) >= sizeof(key.name))
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return bsearch(&key, p->sets, p->n_sets, sizeof(*p->sets), by_name);
}

/* The first row of a set, or of the next one. */
static size_t first_of(const struct pins *p, const char *set)
{
	size_t low = 0, high = p->n_rows;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(p->rows[mid].set, set) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum pins_found found(const struct pins_row *r, uint64_t now_ms)
{
	if (!r->enabled)
		return PINS_OFF;
	if (r->until_ms && now_ms >= r->until_ms)
		return PINS_EXPIRED;
	return PINS_RIGHT;
}

enum pins_found pins_match(const struct pins *p, const char *set,
			   const char *digits, uint64_t now_ms,
			   const struct pins_row **row)
{
	char entry[PIN_DIGITS_MAX + 1] = { 0 };
	size_t n = strlen(digits);
	size_t hit = SIZE_MAX;
	enum pins_found how = PINS_NONE;

	/* What is too long is compared as what no PIN is. */
	if (n >= PIN_DIGITS_MIN && n <= PIN_DIGITS_MAX)
		memcpy(entry, digits, n);
	else
		entry[0] = '!';
	for (size_t i = first_of(p, set);
	     i < p->n_rows && !strcmp(p->rows[i].set, set); i++) {
		size_t same = secret_equal(p->rows[i].digits, sizeof(entry),
					   entry, sizeof(entry));

		hit = (hit & ~(0 - same)) | (i & (0 - same));
	}
	secret_wipe(entry, sizeof(entry));
	if (hit != SIZE_MAX) {
		*row = &p->rows[hit];
		how = found(*row, now_ms);
	}
	return how;
}

enum pins_found pins_again(const struct pins *p, const char *name,
			   uint64_t now_ms, const struct pins_row **row)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		if (strcmp(p->rows[i].name, name) != 0)
			continue;
		*row = &p->rows[i];
		return found(*row, now_ms);
	}
	return PINS_NONE;
}

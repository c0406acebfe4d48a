#include "pattern.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ALPHABET "0123456789*#+"

enum { DIGITS = 0x3ff, STAR_HASH = 0xc00, PLUS = 0x1000 };

/* One reading of a pattern's text. */
struct reading {
	const char *text;
	const char *at;
	struct pattern p;
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 3, 4))) static int wrong(struct reading *r,
						       const char *at,
						       const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->why, r->why_size, "column %td: ", at - r->text + 1);

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->why_size)
		vsnprintf(r->why + n, r->why_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

uint16_t pattern_bit(char c)
{
	const char *at = c ? strchr(ALPHABET, c) : NULL;

	return at ? (uint16_t)(1u << (at - ALPHABET)) : 0;
}

/* What stands for itself, or names a class; 0: neither. */
static uint16_t item_of(char c)
{
	switch (c) {
	case 'X':
	case 'x':
		return DIGITS;
	case 'Z':
	case 'z':
		return DIGITS & ~1;
	case 'N':
	case 'n':
		return DIGITS & ~3;
	case '.':
		return PATTERN_SOME;
	case '!':
		return PATTERN_ANY;
	default:
		return pattern_bit(c);
	}
}

/* a-b inside of brackets; r->at stands on the a. */
static int read_range(struct reading *r, uint16_t *set)
{
	char from = r->at[0], to = r->at[2];

	if (from < '0' || from > '9' || to < '0' || to > '9')
		return wrong(r, r->at, "a range goes from digit to digit");
	if (from > to)
		return wrong(r, r->at, "the range %c-%c goes backwards", from,
			     to);
	for (char c = from; c <= to; c++)
		*set |= pattern_bit(c);
	r->at += 3;
	return 0;
}

static int read_set(struct reading *r, uint16_t *set)
{
	const char *open = r->at++;
	int rc = 0;

	*set = 0;
	while (!rc && *r->at && *r->at != ']') {
		if (r->at[1] == '-' && r->at[2] != '\0')
			rc = read_range(r, set);
		else if (!(pattern_bit(*r->at) & (DIGITS | STAR_HASH)))
			rc = wrong(r, r->at,
				   "only 0-9, * and # can stand "
				   "inside of [ ]");
		else
			*set |= pattern_bit(*r->at++);
	}
	if (rc)
		return rc;
	if (!*r->at)
		return wrong(r, open, "this [ has no ]");
	if (!*set)
		return wrong(r, open, "the set is empty");
	r->at++;
	return 0;
}

/* One item, or nothing for what is ignored. */
static int read_item(struct reading *r)
{
	const char *here = r->at;
	uint16_t item;
	int rc = 0;

	if (*here == '-') {
		r->at++;
		return 0;
	}
	item = r->p.n ? r->p.items[r->p.n - 1] : 0;
	if (item & (PATTERN_SOME | PATTERN_ANY))
		return wrong(r, here, "nothing can follow '%c'",
			     item & PATTERN_SOME ? '.' : '!');
	if (r->p.n == PATTERN_ITEMS)
		return wrong(r, here, "longer than any number");
	if (*here == '[') {
		rc = read_set(r, &item);
	} else {
		item = item_of(*here);
		r->at++;
	}
	if (rc)
		return rc;
	if (!item)
		return wrong(r, here,
			     "a pattern has 0-9 * # + X Z N [ ] . ! "
			     "and -");
	if (item == PLUS && r->p.n)
		return wrong(r, here, "a + stands in front only");
	r->p.items[r->p.n++] = item;
	return 0;
}

int pattern_parse(struct pattern *p, const char *text, char *why,
		  size_t why_size)
{
	struct reading r = {
		.text = text, .at = text, .why = why, .why_size = why_size
	};
	int rc = 0;

	if (*r.at == '_')
		r.at++;
	while (!rc && *r.at)
		rc = read_item(&r);
	if (rc)
		return rc;
	if (!r.p.n)
		return wrong(&r, r.at, "the pattern is empty");
	*p = r.p;
	return 0;
}

bool pattern_matches(const struct pattern *p, const char *number)
{
	size_t left = strlen(number);

	for (uint8_t i = 0; i < p->n; i++, number++, left--) {
		if (p->items[i] & PATTERN_ANY)
			return true;
		if (!left)
			return false;
		if (p->items[i] & PATTERN_SOME)
			return true;
		if (!(p->items[i] & pattern_bit(*number)))
			return false;
	}
	return !left;
}

size_t pattern_fits(const struct pattern *p, const char *number)
{
	size_t n = 0;

	for (uint8_t i = 0; i < p->n && number[n]; i++, n++) {
		if (p->items[i] & (PATTERN_ANY | PATTERN_SOME))
			return strlen(number);
		if (!(p->items[i] & pattern_bit(number[n])))
			break;
	}
	return n;
}

/* How much an item leaves open; the end of a pattern: nothing. */
static int openness(const struct pattern *p, uint8_t i)
{
	if (i >= p->n)
		return 0;
	if (p->items[i] & PATTERN_ANY)
		return 15;
	if (p->items[i] & PATTERN_SOME)
		return 14;
	return __builtin_popcount(p->items[i]);
}

/* Of two sets of one size, the one with the first character in which they
   differ; the characters are in the order of ASCII, but for * # +, which come
   last. */
static int first_that_differs(uint16_t a, uint16_t b)
{
	uint16_t differs = a ^ b;

	if (!differs)
		return 0;
	return a & (differs & -differs) ? -1 : 1;
}

int pattern_compare(const struct pattern *a, const struct pattern *b)
{
	for (uint8_t i = 0; i < a->n || i < b->n; i++) {
		int d = openness(a, i) - openness(b, i);

		if (!d && i < a->n)
			d = first_that_differs(a->items[i], b->items[i]);
		if (d)
			return d;
	}
	return 0;
}

size_t pattern_shortest(const struct pattern *p)
{
	return p->n - (p->items[p->n - 1] & PATTERN_ANY ? 1u : 0u);
}

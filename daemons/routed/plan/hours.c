#include "hours.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "zone.h"

enum { DAY_MIN = 24 * 60, DAY_S = 86400 };

/* One reading of a text. */
struct reading {
	const char *text;
	const char *at;
	struct hours h;
	struct hours_row row; /* that is being read */
	size_t n_times;       /* of it */
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int wrong(struct reading *r,
						       const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->why, r->why_size,
			 "column %td: ", r->at - r->text + 1);

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->why_size)
		vsnprintf(r->why + n, r->why_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* --- words: mon-fri, sat, jul-aug --- */

static int index_of(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strncasecmp(word, words[i], 3) == 0 &&
		    !isalpha((unsigned char)word[3]))
			return i;
	return -1;
}

/* A name or a range of names as bits; ranges go round: sat-mon. 0: none. */
static uint32_t bits_of(const char **p, const char *const *words, int n)
{
	int from = index_of(*p, words, n), to = from;
	uint32_t bits = 0;

	if (from < 0)
		return 0;
	if ((*p)[3] == '-')
		to = index_of(*p + 4, words, n);
	if (to < 0)
		return 0;
	*p += (*p)[3] == '-' ? 7 : 3;
	for (int i = from;; i = (i + 1) % n) {
		bits |= 1u << i;
		if (i == to)
			return bits;
	}
}

static int read_word(struct reading *r)
{
	static const char *const weekdays[] = { "sun", "mon", "tue", "wed",
						"thu", "fri", "sat" };
	static const char *const months[] = { "jan", "feb", "mar", "apr",
					      "may", "jun", "jul", "aug",
					      "sep", "oct", "nov", "dec" };
	const char *p = r->at;
	uint32_t bits = bits_of(&p, weekdays, 7);

	if (bits) {
		r->row.weekdays |= (uint8_t)bits;
	} else {
		bits = bits_of(&p, months, 12);
		r->row.months |= (uint16_t)bits;
	}
	if (!bits || (*p && !strchr(" ;,", *p)))
		return wrong(r, "no weekday or month: write mon-fri, sat, jan "
				"or jul-aug");
	r->at = p;
	return 0;
}

/* --- times: 09:00-18:00 --- */

static bool read_minute(const char **p, int *out)
{
	int n = 0, h = 0, m = 0;

	while (n < 2 && isdigit((unsigned char)(*p)[n]))
		h = h * 10 + (*p)[n++] - '0';
	*p += n;
	if (!n || *(*p)++ != ':')
		return false;
	for (n = 0; n < 2; n++) {
		if (!isdigit((unsigned char)(*p)[n]))
			return false;
		m = m * 10 + (*p)[n] - '0';
	}
	*p += 2;
	*out = h * 60 + m;
	return m < 60 && *out <= DAY_MIN;
}

static int keep_row(struct reading *r)
{
	if (r->h.n == HOURS_ROWS)
		return wrong(r, "more than %d rows", HOURS_ROWS);
	r->h.rows[r->h.n++] = r->row;
	return 0;
}

static int read_times(struct reading *r)
{
	const char *p = r->at;
	int from, to;

	if (!read_minute(&p, &from) || *p++ != '-' || !read_minute(&p, &to) ||
	    (*p && !strchr(" ;,", *p)) || from == DAY_MIN)
		return wrong(r, "times are written 09:00-18:00, the last one "
				"is 24:00");
	if (from == to)
		return wrong(r, "begins and ends at once: a whole day is "
				"00:00-24:00");
	r->row.from = (uint16_t)from;
	r->row.to = (uint16_t)(to > from ? to : to + DAY_MIN);
	r->n_times++;
	if (keep_row(r))
		return -EINVAL;
	r->at = p;
	return 0;
}

static int read_dates(struct reading *r)
{
	char why[120];
	int n;

	if (r->row.dated)
		return wrong(r, "one date or range of dates a row");
	n = days_parse(&r->row.dates, r->at, why, sizeof(why));
	if (n < 0)
		return wrong(r, "%s", why);
	r->row.dated = true;
	r->at += n;
	return 0;
}

static int read_token(struct reading *r)
{
	size_t len = strcspn(r->at, " ;,");

	if (isalpha((unsigned char)*r->at) && !r->n_times)
		return read_word(r);
	if (memchr(r->at, ':', len))
		return read_times(r);
	if (isdigit((unsigned char)*r->at) && !r->n_times)
		return read_dates(r);
	if (r->n_times)
		return wrong(r, "the times come last in a row: put ; before "
				"the next");
	return wrong(r, "write weekdays, months, dates or times, as in mon-fri "
			"09:00-18:00");
}

/* Up to ';' or the end; an empty row is none. */
static int read_row(struct reading *r)
{
	bool empty = true;
	int rc = 0;

	r->row = (struct hours_row){ .to = DAY_MIN };
	r->n_times = 0;
	for (;;) {
		r->at += strspn(r->at, " ,");
		if (rc || !*r->at || *r->at == ';')
			break;
		empty = false;
		rc = read_token(r);
	}
	return rc || empty || r->n_times ? rc : keep_row(r);
}

int hours_parse(struct hours *h, const char *text, char *why, size_t why_size)
{
	struct reading r = {
		.text = text, .at = text, .why = why, .why_size = why_size
	};
	int rc = read_row(&r);

	while (!rc && *r.at == ';') {
		r.at++;
		rc = read_row(&r);
	}
	if (!rc)
		*h = r.h;
	return rc;
}

/* --- the clock on the wall --- */

static bool is_closed(const struct holidays *closed, const struct day *day)
{
	for (size_t i = 0; closed && i < closed->n; i++)
		if (days_have(&closed->days[i], day))
			return true;
	return false;
}

/* Is a row that starts on that day open, so many minutes after its midnight? */
static bool row_open(const struct hours_row *row, const struct day *day,
		     int minute)
{
	if (minute < row->from || minute >= row->to)
		return false;
	if (row->weekdays && !(row->weekdays >> day->weekday & 1))
		return false;
	if (row->months && !(row->months >> (day->month - 1) & 1))
		return false;
	return !row->dated || days_have(&row->dates, day);
}

static bool day_open(const struct hours *h, const struct holidays *closed,
		     int64_t n, int minute)
{
	struct day day = day_of(n);

	for (size_t i = 0; i < h->n; i++)
		if (row_open(&h->rows[i], &day, minute))
			return !is_closed(closed, &day);
	return false;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

bool hours_open(const struct hours *h, const struct zone *zone,
		const struct holidays *closed, int64_t utc_s)
{
	int64_t local = utc_s + zone_offset(zone, utc_s);
	int64_t n = floor_div(local, DAY_S);
	int minute = (int)(local - n * DAY_S) / 60;

	/* What began yesterday may go on. */
	return day_open(h, closed, n, minute) ||
	       day_open(h, closed, n - 1, minute + DAY_MIN);
}

/* --- the next change --- */

/* The nearest moment found so far at which the hours are not as they were. */
struct change {
	const struct hours *h;
	const struct zone *zone;
	const struct holidays *closed;
	int64_t after;
	int64_t found; /* 0: none */
	bool open;
};

static void try_moment(struct change *c, int64_t utc_s)
{
	if (utc_s > c->after && (!c->found || utc_s < c->found) &&
	    hours_open(c->h, c->zone, c->closed, utc_s) != c->open)
		c->found = utc_s;
}

/* A time on the wall comes once, twice, or not at all. */
static void try_wall(struct change *c, int64_t local)
{
	try_moment(c, local - zone_offset(c->zone, local - DAY_S));
	try_moment(c, local - zone_offset(c->zone, local + DAY_S));
}

/* When clocks change between two moments, if they do. */
static void try_shift(struct change *c, int64_t from, int64_t to)
{
	int32_t before = zone_offset(c->zone, from);

	if (zone_offset(c->zone, to) == before)
		return;
	while (to - from > 1) {
		int64_t mid = from + (to - from) / 2;

		if (zone_offset(c->zone, mid) == before)
			from = mid;
		else
			to = mid;
	}
	try_moment(c, to);
}

int64_t hours_change(const struct hours *h, const struct zone *zone,
		     const struct holidays *closed, int64_t utc_s, int days)
{
	struct change c = { .h = h,
			    .zone = zone,
			    .closed = closed,
			    .after = utc_s,
			    .open = hours_open(h, zone, closed, utc_s) };
	int64_t day = floor_div(utc_s + zone_offset(zone, utc_s), DAY_S);
	int64_t last = day + days;

	for (; day <= last; day++) {
		int64_t midnight = day * DAY_S;

		try_wall(&c, midnight);
		try_shift(&c, midnight - DAY_S, midnight + 2 * DAY_S);
		for (size_t i = 0; i < h->n; i++) {
			try_wall(&c, midnight + h->rows[i].from * 60);
			try_wall(&c, midnight + h->rows[i].to % DAY_MIN * 60);
		}
		/* Clocks that change reach into the days beside them. */
		if (c.found && last > day + 2)
			last = day + 2;
	}
	return c.found;
}

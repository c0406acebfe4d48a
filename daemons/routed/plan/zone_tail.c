#include "zone_tail.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400, HOURS_MAX = 167 };

/* Each reads at *p and moves it; false: it is not there. */

static bool read_number(const char **p, int max, int *out)
{
	int n = 0;

	if (!isdigit((unsigned char)**p))
		return false;
	while (isdigit((unsigned char)**p)) {
		n = n * 10 + (*(*p)++ - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

static bool skip_name(const char **p)
{
	const char *from = *p;

	if (**p == '<') {
		*p += strcspn(*p, ">");
		return *(*p) && (*p)++;
	}
	while (isalpha((unsigned char)**p))
		(*p)++;
	return *p - from >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **p, int32_t *out)
{
	int sign = **p == '-' ? -1 : 1;
	int h, m = 0, s = 0;

	if (**p == '-' || **p == '+')
		(*p)++;
	if (!read_number(p, HOURS_MAX, &h))
		return false;
	if (**p == ':' && !((*p)++, read_number(p, 59, &m)))
		return false;
	if (**p == ':' && !((*p)++, read_number(p, 59, &s)))
		return false;
	*out = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool read_week_day(const char **p, struct zone_change *c)
{
	c->kind = ZONE_DAY_WEEK;
	if (!read_number(p, 12, &c->month) || c->month < 1 || *(*p)++ != '.')
		return false;
	if (!read_number(p, 5, &c->week) || c->week < 1 || *(*p)++ != '.')
		return false;
	return read_number(p, 6, &c->day);
}

static bool read_change(const char **p, struct zone_change *c)
{
	bool ok;

	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		(*p)++;
		ok = read_week_day(p, c);
	} else if (**p == 'J') {
		(*p)++;
		c->kind = ZONE_DAY_JULIAN;
		ok = read_number(p, 365, &c->day) && c->day >= 1;
	} else {
		c->kind = ZONE_DAY_ZERO;
		ok = read_number(p, 365, &c->day);
	}
	c->time_s = 2 * 3600;
	if (ok && **p == '/') {
		(*p)++;
		ok = read_time(p, &c->time_s);
	}
	return ok;
}

int zone_tail_parse(struct zone_tail *t, const char *text)
{
	struct zone_tail got = { 0 };
	const char *p = text;

	if (!skip_name(&p) || !read_time(&p, &got.standard_s))
		return -EINVAL;
	/* POSIX counts to the west. */
	got.standard_s = -got.standard_s;
	if (*p) {
		got.daylight = true;
		got.daylight_s = got.standard_s + 3600;
		if (!skip_name(&p))
			return -EINVAL;
		if (*p != ',') {
			if (!read_time(&p, &got.daylight_s))
				return -EINVAL;
			got.daylight_s = -got.daylight_s;
		}
		if (!read_change(&p, &got.start) || !read_change(&p, &got.end))
			return -EINVAL;
	}
	if (*p)
		return -EINVAL;
	*t = got;
	return 0;
}

static int64_t day_s(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900,
			 .tm_mon = month - 1,
			 .tm_mday = day };

	return timegm(&tm);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The w-th weekday of a month; 5: the last. */
static int64_t week_day_s(const struct zone_change *c, int year)
{
	int64_t first = day_s(year, c->month, 1);
	int64_t next = day_s(year, c->month + 1, 1);
	struct tm tm;
	time_t t = first;
	int64_t at;

	(void)gmtime_r(&t, &tm);
	at = first + (int64_t)((c->day - tm.tm_wday + 7) % 7) * DAY_S +
	     (int64_t)(c->week - 1) * 7 * DAY_S;
	return at < next ? at : at - 7 * DAY_S;
}

/* The moment of a change in a year, by a clock that stands `offset` east. */
static int64_t change_s(const struct zone_change *c, int year, int32_t offset)
{
	int64_t at = 0;

	switch (c->kind) {
	case ZONE_DAY_WEEK:
		at = week_day_s(c, year);
		break;
	case ZONE_DAY_JULIAN:
		at = day_s(year, 1, c->day) +
		     (is_leap(year) && c->day >= 60 ? DAY_S : 0);
		break;
	case ZONE_DAY_ZERO:
		at = day_s(year, 1, c->day + 1);
		break;
	}
	return at + c->time_s - offset;
}

int32_t zone_tail_offset(const struct zone_tail *t, int64_t utc_s)
{
	time_t local = utc_s + t->standard_s;
	int64_t start, end;
	struct tm tm;
	int year;
	bool in;

	if (!t->daylight || !gmtime_r(&local, &tm))
		return t->standard_s;
	year = tm.tm_year + 1900;
	start = change_s(&t->start, year, t->standard_s);
	end = change_s(&t->end, year, t->daylight_s);
	in = start < end ? utc_s >= start && utc_s < end
			 : utc_s >= start || utc_s < end;
	return in ? t->daylight_s : t->standard_s;
}

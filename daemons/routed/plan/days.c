#include "days.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct day day_of(int64_t n)
{
	time_t t = n * 86400;
	struct tm tm = { .tm_mday = 1 };

	(void)gmtime_r(&t, &tm);
	return (struct day){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			     tm.tm_wday };
}

__attribute__((format(printf, 3, 4))) static int wrong(char *why, size_t size,
						       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool digits(const char **p, int n, int *out)
{
	*out = 0;
	for (; n; n--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

/* Days of a month; February of no particular year has 29. */
static int days_in(int year, int month)
{
	static const int n[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	if (month == 2 && year && (year % 4 || (year % 100 == 0 && year % 400)))
		return 28;
	return n[month - 1];
}

/* [YYYY-]MM-DD at *p. */
static int read_day(const char **p, int *out, char *why, size_t why_size)
{
	const char *from = *p;
	int year = 0, month, day;
	bool ok;

	if (isdigit((unsigned char)from[0]) &&
	    isdigit((unsigned char)from[1]) && isdigit((unsigned char)from[2]))
		ok = digits(p, 4, &year) && *(*p)++ == '-';
	else
		ok = true;
	ok = ok && digits(p, 2, &month) && *(*p)++ == '-' &&
	     digits(p, 2, &day) && !isdigit((unsigned char)**p);
	if (!ok)
		return wrong(why, why_size,
			     "a date is written 2026-12-25, or 12-25 for "
			     "every year");
	if (month < 1 || month > 12)
		return wrong(why, why_size, "there is no month %02d", month);
	if (day < 1 || day > days_in(year, month))
		return wrong(why, why_size, "month %02d has no day %02d", month,
			     day);
	*out = (year * 100 + month) * 100 + day;
	return 0;
}

int days_parse(struct days *d, const char *text, char *why, size_t why_size)
{
	const char *p = text;
	int from, to;
	int rc = read_day(&p, &from, why, why_size);

	if (rc)
		return rc;
	to = from;
	if (p[0] == '.' && p[1] == '.') {
		p += 2;
		rc = read_day(&p, &to, why, why_size);
	}
	if (rc)
		return rc;
	if (*p && !strchr(" ;", *p))
		return wrong(why, why_size,
			     "a range of dates is written 12-24..12-26");
	if ((from >= 10000) != (to >= 10000))
		return wrong(why, why_size,
			     "both dates of a range have a year, or neither");
	if (from >= 10000 && from > to)
		return wrong(why, why_size,
			     "the range of dates goes "
			     "backwards");
	*d = (struct days){ from < 10000, from, to };
	return (int)(p - text);
}

bool days_have(const struct days *d, const struct day *day)
{
	int n = day->month * 100 + day->day;

	if (!d->yearly)
		n += day->year * 10000;
	if (d->from <= d->to)
		return n >= d->from && n <= d->to;
	return n >= d->from || n <= d->to;
}

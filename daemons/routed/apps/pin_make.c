#include "pin_make.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "secret.h"

const char *pin_wrong(const char *digits)
{
	size_t n = strlen(digits);

	if (n < PIN_DIGITS_MIN || n > PIN_DIGITS_MAX ||
	    strspn(digits, "0123456789") != n)
		return "4 to 12 digits";
	return NULL;
}

/* Is each digit the one before plus `step`? */
static bool is_run(const char *digits, int step)
{
	for (const char *p = digits; p[0] && p[1]; p++)
		if (p[1] - p[0] != step)
			return false;
	return true;
}

const char *pin_easy(const char *digits)
{
	if (is_run(digits, 0))
		return "the same digit again and again is guessed first";
	if (is_run(digits, 1) || is_run(digits, -1))
		return "digits in a row are guessed first";
	return NULL;
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

static bool is_day(int day, int month)
{
	return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

/* Six digits as day, month and year, in the orders people write them. */
static bool is_date(const char *d)
{
	int a = two(d), b = two(d + 2), c = two(d + 4);

	return is_day(a, b) || is_day(b, a) || is_day(c, b);
}

/* Eight digits as day, month and the whole year, in those orders. */
static bool is_long_date(const char *d)
{
	int century = two(d), century_last = two(d + 4);

	if (century == 19 || century == 20)
		return is_day(two(d + 6), two(d + 4)) ||
		       is_day(two(d + 4), two(d + 6));
	return (century_last == 19 || century_last == 20) &&
	       (is_day(two(d), two(d + 2)) || is_day(two(d + 2), two(d)));
}

static unsigned kinds_of(const char *digits)
{
	unsigned seen = 0, kinds = 0;

	for (; *digits; digits++)
		seen |= 1u << (*digits - '0');
	for (; seen; seen &= seen - 1)
		kinds++;
	return kinds;
}

/* abab.., abcabc, aab.. with few digits: less to guess than six. */
static bool is_pattern(const char *d)
{
	return kinds_of(d) < 4 || !strncmp(d, d + 3, 3);
}

/* Three in a row, anywhere: 123, 987, 444. */
static bool has_run(const char *d)
{
	for (; d[2]; d++)
		if (d[1] - d[0] == d[2] - d[1] &&
		    (d[1] - d[0] <= 1 && d[1] - d[0] >= -1))
			return true;
	return false;
}

bool pin_made_is_good(const char *digits)
{
	return strlen(digits) == PIN_MADE_DIGITS && !pin_wrong(digits) &&
	       !is_date(digits) && !is_pattern(digits) && !has_run(digits);
}

bool pin_is_weak(const char *digits)
{
	size_t n = strlen(digits);

	if (pin_wrong(digits) || pin_easy(digits) || n < PIN_MADE_DIGITS)
		return true;
	if (n == PIN_MADE_DIGITS)
		return !pin_made_is_good(digits);
	return kinds_of(digits) < 4 || (n == 8 && is_long_date(digits));
}

void pin_make(char digits[PIN_DIGITS_MAX + 1])
{
	uint32_t n;

	do {
		/* Without the tail that would make some numbers likelier. */
		do
			secret_random(&n, sizeof(n));
		while (n >= UINT32_MAX / 1000000 * 1000000);
		snprintf(digits, PIN_DIGITS_MAX + 1, "%06u", n % 1000000);
	} while (!pin_made_is_good(digits));
	secret_wipe(&n, sizeof(n));
}

#include "period.h"

#include <time.h>

/* Midnight of a day of the month of tm; mktime() carries days that are not. */
static uint64_t midnight(const struct tm *tm, int day)
{
	struct tm at = {
		.tm_year = tm->tm_year,
		.tm_mon = tm->tm_mon,
		.tm_mday = day,
		.tm_isdst = -1,
	};
	time_t t = mktime(&at);

	return t < 0 ? 0 : (uint64_t)t * 1000;
}

void period_starts(uint64_t now_ms, struct period_starts *out)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;

	if (now_ms >= out->at_ms[PERIOD_DAY] && now_ms < out->until_ms)
		return;
	if (!localtime_r(&now, &tm))
		return; /* no year that a clock can show */
	out->at_ms[PERIOD_DAY] = midnight(&tm, tm.tm_mday);
	out->at_ms[PERIOD_WEEK] =
		midnight(&tm, tm.tm_mday - (tm.tm_wday + 6) % 7);
	out->at_ms[PERIOD_MONTH] = midnight(&tm, 1);
	out->at_ms[PERIOD_TOTAL] = 0;
	out->until_ms = midnight(&tm, tm.tm_mday + 1);
}

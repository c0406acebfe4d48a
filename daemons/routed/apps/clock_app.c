#include "clock_app.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIMES = 3, LONGEST_S = 120 };

static void minute_prompts(unsigned minute, char *text, unsigned size)
{
	if (!minute)
		snprintf(text, size, "digits/oclock");
	else if (minute < 10)
		snprintf(text, size, "digits/oh;digits/%u", minute);
	else if (minute <= 20 || minute % 10 == 0)
		snprintf(text, size, "digits/%u", minute);
	else
		snprintf(text, size, "digits/%u;digits/%u", minute / 10 * 10,
			 minute % 10);
}

void clock_app_prompts(unsigned hour, unsigned minute, char *text,
		       unsigned size)
{
	char minutes[48];

	minute_prompts(minute, minutes, sizeof(minutes));
	snprintf(text, size, "at-tone-time-exactly;digits/%u;%s;digits/%s;beep",
		 hour % 12 ? hour % 12 : 12, minutes,
		 hour < 12 ? "a-m" : "p-m");
}

/* "" is the first time, "clock/2" the second. */
static unsigned time_of_step(const char *step)
{
	if (!strncmp(step, "clock/", 6) && step[6] >= '1' &&
	    step[6] <= '0' + TIMES && !step[7])
		return (unsigned)(step[6] - '0');
	return 1;
}

void clock_app_decide(const struct ask *ask, uint64_t now_ms,
		      struct verdict *out)
{
	time_t now = (time_t)(now_ms / 1000);
	unsigned n = time_of_step(ask->step);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	out->action = VERDICT_ACTION_PLAY;
	out->answer = true;
	out->longest_s = LONGEST_S;
	clock_app_prompts((unsigned)tm.tm_hour, (unsigned)tm.tm_min,
			  out->prompts, sizeof(out->prompts));
	snprintf(out->sent, sizeof(out->sent), "*60");
	if (n < TIMES)
		snprintf(out->step, sizeof(out->step), "clock/%u", n + 1);
}

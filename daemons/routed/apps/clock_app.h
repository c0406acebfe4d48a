/*
 * *60: the speaking clock. Says the time of the box's zone three times, once a
 * step ("clock/1" ... ), so that routed can be restarted in the middle.
 */
#pragma once

#include <stdint.h>

#include "records.h"

void clock_app_decide(const struct ask *ask, uint64_t now_ms,
		      struct verdict *out);

/*
 * The prompts that say hour:minute on a twelve-hour clock, as
 * "at-tone-time-exactly;digits/9;digits/oh;digits/5;digits/a-m;beep".
 */
void clock_app_prompts(unsigned hour, unsigned minute, char *text,
		       unsigned size);

/* What a provider's refusal means: in words, and for the next trunk. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trunk;

/* In words, for records and states. silent: nobody answered at all. */
const char *trunk_code_text(uint32_t code, bool silent);

/* Did the provider fail, and not the called party? row may be NULL. */
bool trunk_code_fault(const struct trunk *row, uint32_t code, bool silent);

/* May another trunk be tried: silence, or a code of the row's list. */
bool trunk_code_goes_on(const struct trunk *row, uint32_t code, bool silent);

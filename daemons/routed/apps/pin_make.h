/* What a PIN may be, and one made from the kernel's random source. */
#pragma once

#include <stdbool.h>

#include "pins.h"

enum { PIN_MADE_DIGITS = 6 };

/*
 * What is wrong with these digits as a PIN, in words; NULL: nothing. `easy`
 * ones (1234, 1111) are among the first that anybody tries.
 */
const char *pin_wrong(const char *digits);
const char *pin_easy(const char *digits);

/* Weak: fewer than six digits, a date, digits in a row, or few different ones;
   some of the first that an insider tries. */
bool pin_is_weak(const char *digits);

/* Six digits that are not easy, no date, and no short pattern. */
void pin_make(char digits[PIN_DIGITS_MAX + 1]);

/* Would pin_make() have given these away again? For tests. */
bool pin_made_is_good(const char *digits);

/*
 * Which numbers of the world cost more than a call to a desk: mobile ones,
 * those at a premium or a shared rate, satellites. By their first digits, as
 * the national numbering plans are generally known; gathered by hand and not
 * held row by row against the regulators' own lists, so a range may be missing:
 * the word that is made of it warns, and locks nothing. Numbers of four to six
 * digits without any code (such as directory enquiries) are not among them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum number_kind { NUMBER_MOBILE, NUMBER_PREMIUM };

struct number_kind_row {
	const char *code; /* in international digits, without + */
	enum number_kind kind;
};

/* All of them; NULL behind the last. */
const struct number_kind_row *number_kind_at(size_t i);

/* Are premium numbers of a country (its code) among them? */
bool number_kinds_know(const char *country);

/* Countries in which such a number is dialled as it is, also where other
   numbers have a national prefix in front. */
bool number_is_dialled_whole(const char *country);

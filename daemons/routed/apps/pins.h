/*
 * The PINs and their sets, compiled from the tables: immutable, swapped whole
 * when one changes. The digits are secrets; they are in no other place of the
 * decision, and wiped with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PIN_DIGITS_MIN = 4,
	PIN_DIGITS_MAX = 12, /* SPEC 5 */
};

/* The texts are sized as the rows of schema/tables/pin*.toml. */
struct pins_row {
	char name[33];
	char set[33];
	char digits[PIN_DIGITS_MAX + 1]; /* filled up with zeros */
	char holder[65];
	uint64_t until_ms; /* wall clock; 0: for ever */
	bool enabled;
};

struct pins_set {
	char name[33];
	uint32_t tries; /* entries a call */
	bool record;    /* the PIN, in call records */
};

struct pins;
struct pin;
struct pin_set;

/* NULL: no memory. Rows are copied; `n_sets` and `n_pins` are the most. */
struct pins *pins_new(size_t n_sets, size_t n_pins);
void pins_add_set(struct pins *p, const struct pin_set *row);
void pins_add(struct pins *p, const struct pin *row);
/* All rows are there; before any question. */
void pins_sort(struct pins *p);
void pins_free(struct pins *p);

/* NULL: no such set. */
const struct pins_set *pins_set(const struct pins *p, const char *name);

enum pins_found {
	PINS_NONE,
	PINS_RIGHT,
	PINS_OFF,     /* switched off */
	PINS_EXPIRED, /* until_ms is over */
};

/*
 * Whose PIN of this set the digits are. The time it takes depends on how many
 * PINs the set has, and on nothing else (SPEC 5). *row is set unless
 * PINS_NONE.
 */
enum pins_found pins_match(const struct pins *p, const char *set,
			   const char *digits, uint64_t now_ms,
			   const struct pins_row **row);

/* The same for one that was right a moment ago, by its name. */
enum pins_found pins_again(const struct pins *p, const char *name,
			   uint64_t now_ms, const struct pins_row **row);

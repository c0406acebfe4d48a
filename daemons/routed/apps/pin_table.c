#include "pin_table.h"

#include <string.h>

#include "pin_make.h"
#include "records.h"
#include "table.h"

enum { MAKE_TRIES = 64 };

static bool is_same(const struct pin *a, const struct pin *b)
{
	return strcmp(a->name, b->name) != 0 &&
	       strcmp(a->pin_set, b->pin_set) == 0 &&
	       strcmp(a->pin, b->pin) == 0;
}

/* Has another row of its set these digits, before or in this change? */
static bool is_taken(const struct table *t, const struct pin *row)
{
	const void *other;

	for (size_t i = 0; i < table_count(t); i++)
		if (is_same(table_at(t, i), row))
			return true;
	for (size_t i = 0; table_check_before(t, i, &other); i++)
		if (other && is_same(other, row))
			return true;
	return false;
}

static int make(const struct table *t, struct pin *row, struct issue *issue)
{
	for (int i = 0; i < MAKE_TRIES; i++) {
		pin_make(row->pin);
		if (!is_taken(t, row))
			return 0;
	}
	return issue_set(issue, "pin",
			 "this set has so many PINs that none can be made: "
			 "take another set");
}

static int check_pin(const struct table *pins, const struct pin *old,
		     struct pin *row, bool force, struct issue *issue)
{
	const char *wrong;

	if (!row->pin[0])
		return make(pins, row, issue);
	/* What stood there stays, whatever is easy today. */
	if (old && !strcmp(old->pin, row->pin) &&
	    !strcmp(old->pin_set, row->pin_set))
		return 0;
	wrong = pin_wrong(row->pin);
	if (!wrong && !force)
		wrong = pin_easy(row->pin);
	if (wrong)
		return issue_set(issue, "pin", "%s", wrong);
	/* Not whose: that would be telling. */
	if (is_taken(pins, row))
		return issue_set(issue, "pin",
				 "cannot be taken in this set; another one, or "
				 "empty for a made one");
	return 0;
}

int pin_table_check(const struct table *pins, const void *old_row,
		    void *new_row, bool force, struct issue *issue)
{
	struct pin *row = new_row;
	int rc = check_pin(pins, old_row, row, force, issue);

	if (!rc)
		row->grade = pin_is_weak(row->pin) ? PIN_GRADE_WEAK
						   : PIN_GRADE_STRONG;
	return rc;
}

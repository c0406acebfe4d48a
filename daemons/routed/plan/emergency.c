#include "emergency.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "names.h"

static int by_number(const void *a, const void *b)
{
	const struct emergency *x = a, *y = b;

	return strcmp(x->number, y->number);
}

static int number_and_row(const void *number, const void *row)
{
	return strcmp(number, ((const struct emergency *)row)->number);
}

int emergencies_init(struct emergencies *e, const struct plan_rows *rows)
{
	e->rows = calloc(rows->n + 1, sizeof(*e->rows));
	if (!e->rows)
		return -ENOMEM;
	for (; e->n < rows->n; e->n++)
		e->rows[e->n] = *(const struct emergency *)plan_row(rows, e->n);
	qsort(e->rows, e->n, sizeof(*e->rows), by_number);
	return 0;
}

void emergencies_fini(struct emergencies *e)
{
	free(e->rows);
	*e = (struct emergencies){ 0 };
}

const struct emergency *emergencies_find(const struct emergencies *e,
					 const char *number)
{
	return e->n ? bsearch(number, e->rows, e->n, sizeof(*e->rows),
			      number_and_row)
		    : NULL;
}

/* The trunk at i: first those of the row, then all others, for a wrong line is
   better than none. NULL: none there; false: no more. */
static bool trunk_at(const struct decision *d, const struct emergency *row,
		     size_t i, const struct plan_trunk **trunk)
{
	const struct trunks *t = &d->plan->trunks;
	size_t listed = 0;
	char name[33];

	while (names_at(row->trunks, listed, name)) {
		if (listed == i) {
			*trunk = trunks_find(t, name);
			return true;
		}
		listed++;
	}
	if (i - listed >= t->n)
		return false;
	*trunk = &t->rows[i - listed];
	if (names_have(row->trunks, (*trunk)->name))
		*trunk = NULL; /* had its turn */
	return true;
}

/* The first usable one at or behind i, NULL: none. */
static const struct plan_trunk *usable(const struct decision *d,
				       const struct emergency *row, size_t *i)
{
	const struct plan_trunk *trunk;

	for (; trunk_at(d, row, *i, &trunk); (*i)++)
		if (trunk && trunk->enabled)
			return trunk;
	return NULL;
}

/* Behind the trunk that failed, if one has. */
static size_t first(const struct decision *d, const struct emergency *row)
{
	const struct plan_trunk *trunk;

	if (!*d->step.after)
		return 0;
	for (size_t i = 0; trunk_at(d, row, i, &trunk); i++)
		if (trunk && strcmp(trunk->name, d->step.after) == 0)
			return i + 1;
	return 0;
}

bool decide_emergency(struct decision *d)
{
	const char *number = d->q->ask->number;
	const struct emergency *row =
		emergencies_find(&d->plan->emergencies, number);
	size_t at;

	if (!row)
		return decide_trace(d, "emergency", number, false,
				    "is no emergency number");
	d->out->emergency = true;
	at = first(d, row);
	d->way.trunk = usable(d, row, &at);
	if (!d->way.trunk) {
		decide_refuse(d, 503, "ss-noservice",
			      "there is no trunk that could carry an "
			      "emergency call");
		return decide_trace(d, "emergency", number, true,
				    "goes past every limit, but there is no "
				    "trunk to carry it");
	}
	snprintf(d->way.sent, sizeof(d->way.sent), "%s", number);
	decide_trace(d, "emergency", number, true,
		     "goes past every limit, over trunk %s",
		     d->way.trunk->name);
	at++;
	decide_dial(d, usable(d, row, &at) != NULL);
	if (*row->caller_id)
		snprintf(d->out->caller_number, sizeof(d->out->caller_number),
			 "%s", row->caller_id);
	d->out->hide_caller = false; /* they must be able to call back */
	return true;
}

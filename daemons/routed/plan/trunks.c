#include "trunks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

static int by_name(const void *a, const void *b)
{
	const struct plan_trunk *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int name_and_trunk(const void *name, const void *trunk)
{
	return strcmp(name, ((const struct plan_trunk *)trunk)->name);
}

const struct plan_trunk *trunks_find(const struct trunks *t, const char *name)
{
	return t->n ? bsearch(name, t->rows, t->n, sizeof(*t->rows),
			      name_and_trunk)
		    : NULL;
}

int trunks_init(struct trunks *t, const struct plan_rows *rows)
{
	t->rows = calloc(rows->n + 1, sizeof(*t->rows));
	if (!t->rows)
		return -ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		const struct trunk *from = plan_row(rows, i);
		struct plan_trunk *to = &t->rows[t->n++];

		memcpy(to->name, from->name, sizeof(to->name));
		memcpy(to->caller_id, from->caller_id, sizeof(to->caller_id));
		memcpy(to->caller_name, from->caller_name,
		       sizeof(to->caller_name));
		memcpy(to->rates, from->rates, sizeof(to->rates));
		memcpy(to->countries, from->countries, sizeof(to->countries));
		to->enabled = from->enabled;
		to->privacy = from->privacy;
		to->max_calls = from->max_calls;
	}
	qsort(t->rows, t->n, sizeof(*t->rows), by_name);
	return 0;
}

void trunks_fini(struct trunks *t)
{
	free(t->rows);
	*t = (struct trunks){ 0 };
}

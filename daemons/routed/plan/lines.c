#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

static int by_number(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return strcmp(x->number, y->number);
}

static int number_and_line(const void *number, const void *line)
{
	return strcmp(number, ((const struct line *)line)->number);
}

const struct line *lines_find(const struct lines *l, const char *number)
{
	return l->n ? bsearch(number, l->rows, l->n, sizeof(*l->rows),
			      number_and_line)
		    : NULL;
}

static void take_profile(struct line *l, const struct call_profile *p)
{
	l->do_not_disturb = p->do_not_disturb;
	l->ring_s = p->ring_s;
	l->longest_s = p->longest_s;
	l->max_calls = p->max_calls;
	l->most_calls = p->most_calls;
	memcpy(l->dial_plan, p->dial_plan, sizeof(l->dial_plan));
}

int lines_init(struct lines *l, const struct plan_rows *extensions,
	       const struct plan_rows *profiles)
{
	struct call_profile dflt;
	struct line *line;

	record_init(&call_profile_record, &dflt);
	l->rows = calloc(extensions->n + 1, sizeof(*l->rows));
	if (!l->rows)
		return -ENOMEM;
	for (size_t i = 0; i < extensions->n; i++) {
		const struct extension *e = plan_row(extensions, i);

		line = &l->rows[l->n++];
		memcpy(line->number, e->number, sizeof(line->number));
		memcpy(line->name, e->name, sizeof(line->name));
		line->enabled = e->enabled;
		take_profile(line, &dflt);
	}
	qsort(l->rows, l->n, sizeof(*l->rows), by_number);
	for (size_t i = 0; i < profiles->n; i++) {
		const struct call_profile *p = plan_row(profiles, i);

		line = (struct line *)lines_find(l, p->extension);
		if (line)
			take_profile(line, p);
	}
	return 0;
}

void lines_fini(struct lines *l)
{
	free(l->rows);
	*l = (struct lines){ 0 };
}

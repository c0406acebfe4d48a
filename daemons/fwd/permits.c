#include "permits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void permits_fini(struct permits *ps)
{
	free(ps->list);
	memset(ps, 0, sizeof(*ps));
}

void permits_clear(struct permits *ps)
{
	ps->n = 0;
}

static struct permitted *find(const struct permits *ps,
			      enum wall_service service,
			      const struct prefix *source)
{
	for (size_t i = 0; i < ps->n; i++) {
		struct permitted *p = &ps->list[i];

		if (p->service == service && p->source.len == source->len &&
		    addr_equal(&p->source.addr, &source->addr))
			return p;
	}
	return NULL;
}

int permits_add(struct permits *ps, enum wall_service service,
		const struct prefix *source)
{
	if (find(ps, service, source))
		return 0;
	if (ps->n == PERMITS_MAX)
		return -ENOSPC;
	if (ps->n == ps->room) {
		size_t room = ps->room ? ps->room * 2 : 16;
		struct permitted *list =
			realloc(ps->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		ps->list = list;
		ps->room = room;
	}
	ps->list[ps->n++] = (struct permitted){ *source, service };
	return 0;
}

bool permits_take(struct permits *ps, enum wall_service service,
		  const struct prefix *source)
{
	struct permitted *p = find(ps, service, source);

	if (!p)
		return false;
	*p = ps->list[--ps->n];
	return true;
}

struct interval *permits_ranges(const struct permits *ps,
				enum wall_service service, size_t *n)
{
	struct interval *list = calloc(ps->n + 1, sizeof(*list));

	if (!list)
		return NULL;
	*n = 0;
	for (size_t i = 0; i < ps->n; i++)
		if (ps->list[i].service == service)
			interval_of_prefix(&list[(*n)++], &ps->list[i].source);
	*n = intervals_merge(list, *n);
	return list;
}

/*
 * The addresses of trunks (SPEC 6): nobody there is banned from SIP. sipd knows
 * them, and what their names say; its view is followed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guardd.h"
#include "records.h"
#include "service.h"
#include "watch.h"

static void take(struct guard *g, const char *list)
{
	char item[ADDR_TEXT], why[160];

	while (*list && g->n_trunks < GUARD_TRUNKS_MAX) {
		size_t n = strcspn(list, ";");

		(void)snprintf(item, sizeof(item), "%.*s", (int)n, list);
		if (prefix_parse(&g->trunks[g->n_trunks], item, why,
				 sizeof(why)) == 0)
			g->n_trunks++;
		list += n;
		list += *list == ';';
	}
}

static void on_trunks(void *ctx)
{
	struct guardd *d = ctx;
	struct guard *g = &d->guard;

	g->n_trunks = 0;
	for (size_t i = 0; i < watch_count(d->trunks); i++) {
		const struct trunk_state *row = watch_at(d->trunks, i);

		take(g, row->addresses);
	}
	/* Before it was a trunk's, it may have been banned. */
	for (size_t i = 0; i < g->n_trunks; i++)
		standing_let_in(d, &g->trunks[i],
				1u << GUARD_SIP | 1u << GUARD_ALL,
				"a trunk's address");
}

int trunks_open(struct guardd *d)
{
	d->trunks = watch_open(d->service->bus, d->service->run_dir,
			       &trunk_state_record, on_trunks, d);
	return d->trunks ? 0 : -ENOMEM;
}

void trunks_close(struct guardd *d)
{
	watch_close(d->trunks);
	d->trunks = NULL;
}

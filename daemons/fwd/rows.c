/* The tables of the packet filter: its switches, and the common rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "fwd.h"
#include "service.h"
#include "table.h"

static int bring_into_force(struct fwd *f, char *why, size_t why_size)
{
	const struct firewall *settings =
		table_get(f->firewall, firewall_record.singleton);
	struct common_rows rows = { 0 };
	int err = common_rows_read(&rows, f->common_rule);

	if (err < 0)
		snprintf(why, why_size, "no memory");
	else
		err = fwd_apply(f,
				&(struct wanted){ .settings = settings,
						  .common = &rows },
				why, why_size);
	free(rows.list);
	return err;
}

/* Several rows of one change go into the kernel together, with the last. */
static void on_apply(void *ctx, struct table_change *change, const void *old,
		     const void *row)
{
	struct fwd *f = ctx;
	char why[200];
	int err = 0;

	(void)old;
	(void)row;
	if (f->started && !table_change_more(change))
		err = bring_into_force(f, why, sizeof(why));
	table_change_done(change, err < 0 ? why : NULL);
}

static int on_check(void *ctx, const void *old, void *row, bool force,
		    struct issue *issue)
{
	const struct fwd *f = ctx;

	(void)force;
	return common_check(row, old == NULL, &f->networks, issue);
}

int rows_open(struct fwd *f, char *why, size_t why_size)
{
	static const struct table_ops firewall_ops = { .apply = on_apply };
	static const struct table_ops common_ops = { .check = on_check,
						     .apply = on_apply };
	struct service *s = f->service;
	struct table_config config = {
		.record = &firewall_record,
		.ops = &firewall_ops,
		.ctx = f,
		.bus = s->bus,
		.store = s->store,
		.seal = s->seal,
	};

	f->firewall = table_open(&config, why, why_size);
	config.record = &common_rule_record;
	config.ops = &common_ops;
	if (f->firewall)
		f->common_rule = table_open(&config, why, why_size);
	return f->common_rule ? 0 : -EIO;
}

int rows_apply(struct fwd *f, char *why, size_t why_size)
{
	return bring_into_force(f, why, why_size);
}

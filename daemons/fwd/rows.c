/* The tables of the packet filter: its switches, and the common rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "fwd.h"
#include "lockout.h"
#include "service.h"
#include "table.h"
#include "trial.h"

int common_rows_read(struct common_rows *to, const struct table *t)
{
	struct common_rows rows = { .n = table_count(t) };

	rows.list = calloc(rows.n + 1, sizeof(*rows.list));
	if (!rows.list)
		return -ENOMEM;
	for (size_t i = 0; i < rows.n; i++)
		rows.list[i] = *(const struct common_rule *)table_at(t, i);
	free(to->list);
	*to = rows;
	return 0;
}

/* ---- drop all and who asks for it ---- */

/* Would these settings and rules shut out the actor, whom those in force do
   not? Then `why` says so. */
static bool shuts_out(struct fwd *f, const struct wanted *w, const char *actor,
		      char *why, size_t why_size)
{
	const struct firewall *new = w->settings ? w->settings : &f->settings;
	char who[80];

	if (!new->enabled || !new->drop_all)
		return false;
	if (lockout_passes(f, w, actor, who, sizeof(who)))
		return false;
	if (f->settings.enabled && f->settings.drop_all &&
	    !lockout_passes(f, &(struct wanted){ NULL }, actor, who,
			    sizeof(who)))
		return false;
	snprintf(why, why_size,
		 "drop all would shut out %s: first let https in by a common "
		 "rule or an allowed address",
		 who);
	return true;
}

static bool has_service(const struct ruleset_input *in,
			enum wall_service service)
{
	for (size_t i = 0; i < in->n_ports; i++)
		if (in->ports[i].service == service)
			return true;
	return false;
}

/* A new port that is another's already would guard nothing. */
static int check_ports(const struct fwd *f, const struct firewall *old,
		       const struct firewall *row, struct issue *issue)
{
	const struct {
		enum wall_service service;
		const char *field;
		uint32_t old;
		uint32_t port;
	} ports[] = {
		{ WALL_SSH, "ssh_port", old->ssh_port, row->ssh_port },
		{ WALL_IAX2, "iax2_port", old->iax2_port, row->iax2_port },
		{ WALL_AMI, "ami_port", old->ami_port, row->ami_port },
	};
	struct ruleset_input in = { 0 };

	fwd_ports(f, row, &in);
	/* The only one beside SIP that is UDP, as sound is. */
	if (row->iax2_port != old->iax2_port && in.rtp_min <= row->iax2_port &&
	    row->iax2_port <= in.rtp_max)
		return issue_set(issue, "iax2_port",
				 "%u to %u are the ports of calls: choose "
				 "another",
				 in.rtp_min, in.rtp_max);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		if (ports[i].port != ports[i].old &&
		    !has_service(&in, ports[i].service))
			return issue_set(issue, ports[i].field,
					 "another service of this box has port "
					 "%u: choose its own",
					 ports[i].port);
	}
	return 0;
}

static int check_firewall(void *ctx, const void *old, void *row, bool force,
			  struct issue *issue)
{
	struct fwd *f = ctx;
	struct wanted w = { .settings = row };
	char why[240];

	if (!f->started || (f->trial && trial_goes_back(f->trial)))
		return 0;
	if (old && check_ports(f, old, row, issue) < 0)
		return -EINVAL;
	if (force ||
	    !shuts_out(f, &w, table_check_actor(f->firewall), why, sizeof(why)))
		return 0;
	return issue_set(issue, "drop_all", "%s", why);
}

static int check_common(void *ctx, const void *old, void *row, bool force,
			struct issue *issue)
{
	const struct fwd *f = ctx;

	(void)force;
	/* What was kept once goes back whatever we would say today. */
	if (f->trial && trial_goes_back(f->trial))
		return 0;
	return common_check(row, old == NULL, &f->networks, issue);
}

/* ---- into force ---- */

static int bring_into_force(struct fwd *f, const struct table_change *change,
			    char *why, size_t why_size)
{
	struct common_rows rows = { NULL, 0 };
	struct wanted w = {
		.settings = table_get(f->firewall, firewall_record.singleton),
		.common = &rows,
	};
	int err = common_rows_read(&rows, f->common_rule);

	if (err < 0)
		snprintf(why, why_size, "no memory");
	else if (!table_change_forced(change) &&
		 shuts_out(f, &w, table_change_actor(change), why, why_size))
		err = -EPERM;
	if (err == 0)
		err = fwd_apply(f, &w, why, why_size);
	free(rows.list);
	return err;
}

/* Several rows of one change go into the kernel together, with the last. */
static void on_apply(void *ctx, struct table_change *change, const void *old,
		     const void *row)
{
	struct fwd *f = ctx;
	char why[240];
	int err;

	(void)old;
	(void)row;
	/* The kernel is back already when the tables are taken back. */
	if (!f->started || table_change_own(change) ||
	    table_change_more(change)) {
		table_change_done(change, NULL);
		return;
	}
	if (trial_goes_back(f->trial)) {
		table_change_done(change, "the change before it is being taken "
					  "back: try again");
		return;
	}
	err = bring_into_force(f, change, why, sizeof(why));
	if (err == 0)
		trial_changed(f->trial, table_change_actor(change));
	table_change_done(change, err < 0 ? why : NULL);
}

static int admit(void *ctx, const char *actor, struct issue *issue)
{
	const struct fwd *f = ctx;

	return f->trial ? trial_admits(f->trial, actor, issue) : 0;
}

int rows_open(struct fwd *f, char *why, size_t why_size)
{
	static const struct table_ops firewall_ops = { .admit = admit,
						       .check = check_firewall,
						       .apply = on_apply };
	static const struct table_ops common_ops = { .admit = admit,
						     .check = check_common,
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

#include "fwd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "flows.h"
#include "hits.h"
#include "interfaces.h"
#include "log.h"
#include "nft.h"
#include "rates.h"
#include "secret.h"
#include "service.h"
#include "store.h"
#include "table.h"
#include "taker.h"
#include "trial.h"
#include "watch.h"

const char *fwd_error(int err)
{
	switch (-err) {
	case EPERM:
		return "fwd lost the right to change the packet filter";
	case ENFILE:
	case ENOSPC:
		return "the packet filter is full";
	case EINVAL:
		return "neither an address nor a /64";
	case ENOENT:
	case EAGAIN:
		return "guardd's view cannot be read: nothing was changed";
	}
	return strerror(-err);
}

/* ---- local networks ---- */

static void list_network(struct networks *ns, const struct local_network *row)
{
	struct prefix p;
	char why[100];

	if (prefix_parse(&p, row->network, why, sizeof(why)) == 0)
		networks_list(ns, &p);
}

/* With row `key` as it will be (NULL: gone), whatever the table has now. */
static int gather_networks(struct fwd *f, struct networks *ns, const char *key,
			   const struct local_network *row)
{
	int err;

	networks_init(ns);
	err = interfaces_read(f->interfaces, ns);
	if (err < 0)
		return err;
	for (size_t i = 0; i < table_count(f->local_network); i++) {
		const struct local_network *other =
			table_at(f->local_network, i);

		if (!key || strcmp(other->name, key) != 0)
			list_network(ns, other);
	}
	if (row)
		list_network(ns, row);
	if (ns->full)
		log_warn("more local networks than %d: the rest is not "
			 "trusted; list what is missing",
			 NETWORKS_MAX);
	return 0;
}

static void networks_may_have_changed(void *ctx)
{
	struct fwd *f = ctx;
	struct networks ns;
	char why[200];

	if (!f->started)
		return;
	if (gather_networks(f, &ns, NULL, NULL) < 0) {
		log_err("cannot read the network interfaces: the local "
			"networks stay as they are");
		return;
	}
	if (networks_equal(&ns, &f->networks))
		return;
	if (fwd_apply(f, &(struct wanted){ .networks = &ns }, why,
		      sizeof(why)) < 0) {
		log_err("%s; the local networks stay as they are", why);
		return;
	}
	log_info("local networks changed: %zu now", ns.n);
	f->networks_changed(f);
}

static void settings_changed(void *ctx)
{
	struct fwd *f = ctx;
	struct ruleset_input in = { 0 };
	const struct ruleset_input *now = &f->ruleset.in;
	char why[200];

	if (!f->started)
		return;
	fwd_ports(f, &f->settings, &in);
	if (in.n_ports == now->n_ports && in.rtp_min == now->rtp_min &&
	    in.rtp_max == now->rtp_max &&
	    memcmp(in.ports, now->ports, sizeof(in.ports)) == 0)
		return;
	if (fwd_apply(f, &(struct wanted){ 0 }, why, sizeof(why)) < 0)
		log_err("%s; the ports stay as they are", why);
	else
		log_info("ports changed");
}

/* ---- tables ---- */

static int network_check(void *ctx, const void *old, void *row, bool force,
			 struct issue *issue)
{
	const struct local_network *n = row;
	struct prefix p;
	char why[100];

	(void)ctx;
	(void)old;
	if (prefix_parse(&p, n->network, why, sizeof(why)) < 0)
		return issue_set(issue, "network", "%s", why);
	if (!force && p.len < (p.addr.family == AF_INET ? 8 : 16))
		return issue_set(issue, "network",
				 "so wide a network would trust strangers");
	return 0;
}

static void network_apply(void *ctx, struct table_change *change,
			  const void *old, const void *row)
{
	struct fwd *f = ctx;
	const struct local_network *n = row ? row : old;
	struct networks ns;
	char why[200] = "cannot read the network interfaces";
	int err;

	if (!f->started) {
		table_change_done(change, NULL);
		return;
	}
	err = gather_networks(f, &ns, n->name, row);
	if (err == 0)
		err = fwd_apply(f, &(struct wanted){ .networks = &ns }, why,
				sizeof(why));
	table_change_done(change, err < 0 ? why : NULL);
	if (err == 0)
		f->networks_changed(f);
}

static const struct table_ops network_ops = { .check = network_check,
					      .apply = network_apply };

/* ---- what guardd asks for ---- */

int fwd_ban(struct fwd *f, enum wall_service service, const struct addr *source,
	    uint64_t timeout_ms)
{
	struct nft_ban ban = { .service = service, .timeout_ms = timeout_ms };

	prefix_of_source(&ban.source, source);
	return nft_ban(f->nft, &ban);
}

int fwd_unban(struct fwd *f, enum wall_service service,
	      const struct addr *source)
{
	struct nft_ban ban = { .service = service };

	prefix_of_source(&ban.source, source);
	return nft_unban(f->nft, &ban);
}

static int allow(struct fwd *f, enum wall_service service)
{
	struct nft_allowed allowed = { 0 };
	struct interval *list;
	int err;

	list = permits_ranges(&f->permits, service, &allowed.n);
	if (!list)
		return -ENOMEM;
	allowed.list = list;
	err = nft_allow(f->nft, service, &allowed);
	free(list);
	return err;
}

int fwd_permit(struct fwd *f, enum wall_service service,
	       const struct prefix *source)
{
	int err = 0;

	/* What the kernel still has from before our start must not go. */
	if (!f->restored)
		err = fwd_restore(f);
	if (err >= 0)
		err = permits_add(&f->permits, service, source);
	if (err < 0)
		return err;
	err = allow(f, service);
	if (err < 0)
		(void)permits_take(&f->permits, service, source);
	return err;
}

int fwd_unpermit(struct fwd *f, enum wall_service service,
		 const struct prefix *source)
{
	int err = 0;

	if (!f->restored)
		err = fwd_restore(f);
	if (err < 0)
		return err;
	if (!permits_take(&f->permits, service, source))
		return 0;
	err = allow(f, service);
	if (err < 0)
		(void)permits_add(&f->permits, service, source);
	return err;
}

/* ---- start and stop ---- */

static int open_tables(struct fwd *f, char *why, size_t why_size)
{
	struct service *s = f->service;
	struct table_config config = {
		.record = &local_network_record,
		.ops = &network_ops,
		.ctx = f,
		.bus = s->bus,
		.store = s->store,
		.seal = s->seal,
	};

	f->local_network = table_open(&config, why, why_size);
	return f->local_network ? 0 : -EIO;
}

static int open_neighbours(struct fwd *f, char *why, size_t why_size)
{
	struct service *s = f->service;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/guardd", s->run_dir);
	f->guard = view_open(dir);
	f->sip_settings = watch_open(s->bus, s->run_dir, &sip_settings_record,
				     settings_changed, f);
	f->media_settings =
		watch_open(s->bus, s->run_dir, &media_settings_record,
			   settings_changed, f);
	f->web_settings = watch_open(s->bus, s->run_dir, &web_settings_record,
				     settings_changed, f);
	if (!f->guard || !f->sip_settings || !f->media_settings ||
	    !f->web_settings) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	return 0;
}

static int read_option(struct fwd *f, char *why, size_t why_size)
{
	const struct start_option *o = f->service->options;
	const char *text = o ? *o[0].value : NULL;
	char *end;
	unsigned long port;

	if (!text)
		return 0;
	port = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || port == 0 ||
	    port > UINT16_MAX) {
		snprintf(why, why_size,
			 "--https-port %s: must be a number from 1 to 65535",
			 text);
		return -EINVAL;
	}
	f->https_port = (uint16_t)port;
	return 0;
}

/* What was kept last comes into force, whatever the tables say. */
static int begin_rules(struct fwd *f, char *why, size_t why_size)
{
	struct defense_rows defense = { NULL, 0 };
	const struct wall_state *kept;
	int err;

	f->trial = trial_new(f, why, why_size);
	if (!f->trial)
		return -EIO;
	kept = trial_kept(f->trial);
	/* What cannot be read now comes with guardd's Restore. */
	if (fwd_read_defense(f, &defense) < 0)
		defense.n = 0;
	err = fwd_apply(f,
			&(struct wanted){ .settings = &kept->settings,
					  .common = &kept->common,
					  .defense = &defense },
			why, why_size);
	free(defense.list);
	return err;
}

int fwd_start(struct service *s, char *why, size_t why_size)
{
	struct fwd *f = calloc(1, sizeof(*f));
	int err = -ENOMEM;

	s->daemon = f;
	if (!f) {
		snprintf(why, why_size, "no memory");
		return err;
	}
	f->service = s;
	/* Any number that the run before ours hardly used: flows that are
	   accepted walk the rules once more. */
	secret_random(&f->generation, sizeof(f->generation));
	err = read_option(f, why, why_size);
	if (err < 0)
		goto out;
	err = -EIO;
	f->nft = nft_open(why, why_size);
	if (f->nft)
		f->interfaces = interfaces_open(
			s->base, networks_may_have_changed, f, why, why_size);
	if (!f->interfaces)
		goto out;
	err = open_tables(f, why, why_size);
	if (err == 0)
		err = open_neighbours(f, why, why_size);
	if (err < 0)
		goto out;
	err = gather_networks(f, &f->networks, NULL, NULL);
	if (err < 0) {
		snprintf(why, why_size, "cannot read the network interfaces");
		goto out;
	}
	/* After the networks, by which rows are checked. */
	err = rows_open(f, why, why_size);
	if (err < 0)
		goto out;
	err = begin_rules(f, why, why_size);
	if (err < 0)
		goto out;
	f->taker = taker_new(s->base, why, why_size);
	if (!f->taker)
		goto out;
	f->counts = counts_new(f->nft);
	f->rates = f->counts ? rates_new(f) : NULL;
	f->hits = f->rates ? hits_new(f) : NULL;
	f->flows = f->hits ? flows_new(f) : NULL;
	err = f->flows ? fwd_bus_export(f) : -ENOMEM;
	if (err < 0) {
		snprintf(why, why_size, "no memory");
		goto out;
	}
	trial_begin(f->trial);
	f->started = true;
	return 0;
out:
	fwd_stop(s);
	return err;
}

void fwd_stop(struct service *s)
{
	struct fwd *f = s->daemon;

	s->daemon = NULL;
	if (!f)
		return;
	watch_close(f->sip_settings);
	watch_close(f->media_settings);
	watch_close(f->web_settings);
	view_close(f->guard);
	table_close(f->firewall);
	table_close(f->common_rule);
	table_close(f->local_network);
	interfaces_close(f->interfaces);
	trial_free(f->trial);
	flows_free(f->flows);
	hits_free(f->hits);
	rates_free(f->rates);
	counts_free(f->counts);
	taker_free(f->taker);
	permits_fini(&f->permits);
	ruleset_fini(&f->ruleset);
	free(f->common.list);
	free(f->defense.list);
	nft_close(f->nft);
	free(f);
}

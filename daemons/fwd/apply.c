/* From the tables to rules in force. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fwd.h"
#include "nft.h"
#include "service.h"
#include "table.h"
#include "watch.h"

static void add_port(struct ruleset_input *in, uint8_t protocol, uint32_t port,
		     enum wall_service service)
{
	if (port == 0 || port > UINT16_MAX || in->n_ports == RULESET_PORTS)
		return;
	/* Two services on one port cannot be: who came first keeps it. */
	for (size_t i = 0; i < in->n_ports; i++)
		if (in->ports[i].protocol == protocol &&
		    in->ports[i].port == port)
			return;
	in->ports[in->n_ports++] =
		(struct ruleset_port){ protocol, (uint16_t)port, service };
}

/* The only row of another daemon's settings; its defaults while it is silent.
 */
static void watched(const struct watch *w, const struct record *record,
		    void *row)
{
	const void *found = w ? watch_get(w, record->singleton) : NULL;

	record_init(record, row);
	if (found)
		memcpy(row, found, record->size);
}

void fwd_ports(const struct fwd *f, const struct firewall *settings,
	       struct ruleset_input *in)
{
	struct sip_settings sip;
	struct web_settings web;
	struct media_settings media;

	watched(f->sip_settings, &sip_settings_record, &sip);
	watched(f->web_settings, &web_settings_record, &web);
	watched(f->media_settings, &media_settings_record, &media);
	add_port(in, IPPROTO_UDP, sip.port, WALL_SIP);
	add_port(in, IPPROTO_TCP, sip.port, WALL_SIP);
	add_port(in, IPPROTO_TCP, sip.tls_port, WALL_SIP);
	add_port(in, IPPROTO_TCP, f->https_port ? f->https_port : web.port,
		 WALL_HTTPS);
	add_port(in, IPPROTO_TCP, settings->ssh_port, WALL_SSH);
	add_port(in, IPPROTO_UDP, settings->iax2_port, WALL_IAX2);
	add_port(in, IPPROTO_TCP, settings->ami_port, WALL_AMI);
	if (media.port_min <= media.port_max && media.port_max <= UINT16_MAX) {
		in->rtp_min = (uint16_t)media.port_min;
		in->rtp_max = (uint16_t)media.port_max;
	}
}

int fwd_build(const struct fwd *f, const struct wanted *w, struct built *b)
{
	const struct firewall *settings =
		w->settings ? w->settings : &f->settings;
	const struct common_rows *common = w->common ? w->common : &f->common;
	const struct defense_rows *defense =
		w->defense ? w->defense : &f->defense;
	struct ruleset_input in = {
		.enabled = settings->enabled,
		.ping = settings->ping,
		.drop_all = settings->drop_all,
		.generation = (uint16_t)(f->generation + 1),
		.local = b->local,
		.common = common->list,
		.n_common = common->n,
		.defense = defense->list,
		.n_defense = defense->n,
	};

	fwd_ports(f, settings, &in);
	in.n_local = networks_intervals(
		w->networks ? w->networks : &f->networks, b->local);
	return ruleset_build(&b->ruleset, &in);
}

static int defense_copy(struct defense_rows *to,
			const struct defense_rows *from)
{
	to->list = calloc(from->n + 1, sizeof(*to->list));
	if (!to->list)
		return -ENOMEM;
	to->n = from->n;
	if (from->n > 0)
		memcpy(to->list, from->list, from->n * sizeof(*to->list));
	return 0;
}

/* Keeps what is in force now; lists are copied before, so nothing can fail. */
static void keep(struct fwd *f, const struct wanted *w, struct built *b,
		 struct common_rows *common, struct defense_rows *defense)
{
	f->generation = b->ruleset.in.generation;
	if (w->settings)
		f->settings = *w->settings;
	if (w->networks)
		f->networks = *w->networks;
	if (w->common) {
		free(f->common.list);
		f->common = *common;
		common->list = NULL;
	}
	if (w->defense) {
		free(f->defense.list);
		f->defense = *defense;
		defense->list = NULL;
	}
	ruleset_fini(&f->ruleset);
	f->ruleset = b->ruleset;
	memcpy(f->local, b->local, sizeof(f->local));
	f->ruleset.in.local = f->local;
	memset(&b->ruleset, 0, sizeof(b->ruleset));
}

int fwd_apply(struct fwd *f, const struct wanted *w, char *why, size_t why_size)
{
	struct built *b = calloc(1, sizeof(*b));
	struct common_rows common = { 0 };
	struct defense_rows defense = { 0 };
	int err = b ? fwd_build(f, w, b) : -ENOMEM;

	if (err == 0 && w->common)
		err = common_rows_copy(&common, w->common);
	if (err == 0 && w->defense)
		err = defense_copy(&defense, w->defense);
	if (err < 0)
		snprintf(why, why_size, "no memory");
	if (err == 0)
		err = nft_apply(f->nft, &b->ruleset, why, why_size);
	if (err == 0)
		keep(f, w, b, &common, &defense);
	free(common.list);
	free(defense.list);
	if (b)
		ruleset_fini(&b->ruleset);
	free(b);
	return err;
}

int fwd_defend(struct fwd *f, const char *name, const struct auto_defense *row,
	       char *why, size_t why_size)
{
	struct defense_rows rows = { .n = 0 };
	int err;

	rows.list = calloc(f->defense.n + 1, sizeof(*rows.list));
	if (!rows.list) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < f->defense.n; i++)
		if (strcmp(f->defense.list[i].name, name) != 0)
			rows.list[rows.n++] = f->defense.list[i];
	if (row)
		rows.list[rows.n++] = *row;
	err = fwd_apply(f, &(struct wanted){ .defense = &rows }, why, why_size);
	free(rows.list);
	return err;
}

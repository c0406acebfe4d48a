/*
 * fwd: the packet filter's only owner. It turns its tables and the ports of
 * the other daemons into the ruleset, keeps the kernel's sets of banned and
 * allowed addresses as guardd says, and knows which networks are local.
 *
 * One struct fwd a daemon, made in fwd_start(), owned by the service.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "networks.h"
#include "permits.h"
#include "records.h"
#include "ruleset.h"
#include "trial_diff.h"

struct counts;
struct flows;
struct hits;
struct interfaces;
struct nft;
struct rates;
struct service;
struct table;
struct taker;
struct trial;
struct view;
struct watch;

struct defense_rows {
	struct auto_defense *list;
	size_t n;
};

struct fwd {
	struct service *service;
	struct nft *nft;
	struct interfaces *interfaces;
	struct counts *counts;
	struct taker *taker;
	struct hits *hits;
	struct flows *flows;
	struct rates *rates;
	struct trial *trial;
	struct table *firewall;
	struct table *common_rule;
	struct table *local_network;
	struct watch *sip_settings;
	struct watch *media_settings;
	struct watch *web_settings;
	struct view *guard; /* guardd's */
	struct networks networks;
	struct permits permits;
	struct firewall settings;    /* in force */
	struct common_rows common;   /* in force */
	struct defense_rows defense; /* in force; guardd's */
	struct ruleset ruleset;      /* in force */
	struct interval local[NETWORKS_MAX];
	uint16_t generation;
	uint16_t https_port; /* the option; 0: as web_settings says */
	bool started;
	bool restored; /* the sets are as guardd wants them */
	/* Set by bus.c: they tell everybody. */
	void (*networks_changed)(struct fwd *f);
	void (*trial_changed)(struct fwd *f);
	void (*exceeded)(struct fwd *f, const struct exceeded *e);
};

int fwd_start(struct service *s, char *why, size_t why_size);
void fwd_stop(struct service *s);

/* ---- apply.c: from the tables to rules in force ---- */

/* What shall be; NULL: as it is in force. */
struct wanted {
	const struct firewall *settings;
	const struct networks *networks;
	const struct common_rows *common;
	const struct defense_rows *defense;
};

struct built {
	struct ruleset ruleset; /* its `local` is the one below */
	struct interval local[NETWORKS_MAX];
};

/* The rules that would be. 0 or -ENOMEM; end b->ruleset in any case. */
int fwd_build(const struct fwd *f, const struct wanted *w, struct built *b);
/* Brings them into force; what is in force stays on error. */
int fwd_apply(struct fwd *f, const struct wanted *w, char *why,
	      size_t why_size);
/* The ports of the services, as these settings and the neighbours' say. Of two
   services on one port the second is left out. */
void fwd_ports(const struct fwd *f, const struct firewall *settings,
	       struct ruleset_input *in);

/* ---- rows.c: the switches and the common rules ---- */

/* Opens both tables. 0, or a negative errno and why. */
int rows_open(struct fwd *f, char *why, size_t why_size);
/* A copy of all rows in the place of what `to` had. 0 or -ENOMEM. */
int common_rows_read(struct common_rows *to, const struct table *t);

/* ---- fwd.c ---- */

/* Bans, and takes back; in force when they return. */
int fwd_ban(struct fwd *f, enum wall_service service, const struct addr *source,
	    uint64_t timeout_ms);
int fwd_unban(struct fwd *f, enum wall_service service,
	      const struct addr *source);
int fwd_permit(struct fwd *f, enum wall_service service,
	       const struct prefix *source);
int fwd_unpermit(struct fwd *f, enum wall_service service,
		 const struct prefix *source);

/* A row of auto defense, in the place of its old self; NULL: `name` goes. In
   force when it returns. */
int fwd_defend(struct fwd *f, const char *name, const struct auto_defense *row,
	       char *why, size_t why_size);

/* Takes bans, allowed addresses and auto defense from guardd's view. Returns
   how many they are, or a negative errno. */
int fwd_restore(struct fwd *f);
/* The rows of auto defense alone, before the first rules. 0 or a negative
   errno; without a view there are none. */
int fwd_read_defense(struct fwd *f, struct defense_rows *rows);

/* fwd's side of the bus (bus.c). */
int fwd_bus_export(struct fwd *f);

/* Why the kernel refused, for people. */
const char *fwd_error(int err);

/*
 * Who changes the firewall of fwd_host.h over the bus, and waits for each
 * answer.
 */
#pragma once

#include "fwd_host.h"
#include "records.h"
#include "table_client.h"

struct fwd_answer {
	int done;
	char error[80];
	char text[300];
	struct trial_state trial;
	struct would_answer would;
};

struct fwd *fwd_daemon(struct fwd_host *w);

struct fwd_answer fwd_change(struct fwd_host *w, const struct record *r,
			     const char *actor, bool force,
			     const struct table_op *ops, size_t n);
/* A switch of the table firewall. */
struct fwd_answer fwd_set(struct fwd_host *w, const char *actor,
			  const char *field, const char *text);
/* The same, and right behind it, without waiting, the word that keeps what is
   on trial. Both are answered: the switch's answer, and
   the word's in *kept. */
struct fwd_answer fwd_set_and_keep(struct fwd_host *w, const char *actor,
				   const char *field, const char *text,
				   struct fwd_answer *kept);
/* A common rule that lets a source in to https. */
struct fwd_answer fwd_put_rule(struct fwd_host *w, const char *actor,
			       const char *name, const char *source);
/* FIREWALL_TRIAL, _CONFIRM, _EXTEND, _ROLLBACK; 0: whatever is on trial. */
struct fwd_answer fwd_ask_trial(struct fwd_host *w, size_t method,
				uint32_t generation);
struct fwd_answer fwd_ask_would(struct fwd_host *w, const char *source,
				uint32_t protocol, uint32_t port);

#include "httpd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "clock.h"
#include "log.h"

#include "records.h"

#include "bus.h"
#include "guard_bus.h"
#include "table.h"
#include "watch.h"

#include "account.h"
#include "audit.h"
#include "conn.h"
#include "events.h"
#include "facts.h"
#include "hash.h"
#include "known.h"
#include "reverse.h"
#include "session.h"
#include "signin.h"
#include "tls.h"

const struct web_settings *httpd_settings(const struct httpd *h)
{
	return table_get(h->settings, "general");
}

/* --- what others tell us --- */

static void on_session_ended(void *ctx, const struct login *l, const char *why)
{
	struct httpd *h = ctx;

	log_info("session of %s from %s ended: %s", l->row.account,
		 l->row.source, why);
	if (h->events)
		events_end_session(h->events, l->row.id);
	if (h->audit && strcmp(why, "signed out") != 0)
		audit_add(h->audit, AUDIT_WHAT_ENDED, l->row.account,
			  l->row.source, why);
}

static void on_peer(void *ctx, const char *name, bool there, uint64_t since_ms)
{
	struct httpd *h = ctx;

	if (h->events)
		events_tell_peer(h->events, name, there, since_ms);
}

struct stale {
	const struct httpd *h;
	const struct login *found;
};

static bool permits(const struct extension *x, const char *source)
{
	struct addr a;

	return !x->permit_ip[0] || (!addr_parse(&a, source) &&
				    prefix_list_contains(x->permit_ip, &a));
}

static void find_stale(void *ctx, const struct login *l)
{
	struct stale *s = ctx;
	const struct extension *x;

	if (s->found || l->row.role != SESSION_ROLE_EXTENSION)
		return;
	x = facts_extension(s->h->facts, l->row.account);
	/* one that is not in the table may just not have been read yet: its
	   owner may be starting; but a changed password is a fact */
	if (x && (!x->enabled || x->secret_set_ms > l->row.since_ms ||
		  !permits(x, l->row.source)))
		s->found = l;
}

/* An extension's new password ends the sessions of the old one, its Permit IP
   those from elsewhere. */
static void on_extensions(void *ctx)
{
	struct httpd *h = ctx;

	for (;;) {
		struct stale s = { .h = h };

		if (!h->facts || !h->sessions)
			return;
		sessions_each(h->sessions, find_stale, &s);
		if (!s.found)
			return;
		(void)sessions_end_account(h->sessions, s.found->row.account,
					   "the extension was changed", NULL,
					   NULL);
	}
}

/* The packet filter lets a source in again before we hear of it: a ban counts
   only while it stands in guardd's view. */
static bool still_banned(void *ctx, const struct prefix *source)
{
	struct httpd *h = ctx;

	return !h->facts || facts_banned(h->facts, "https", source);
}

static bool is_known(void *ctx, const struct addr *source)
{
	const struct httpd *h = ctx;

	return h->known && known_source(h->known, source);
}

/* guardd has shut somebody out: what is open from there ends now, not at the
   packet filter's next packet. */
static void on_ban(void *ctx, const void *rec)
{
	const struct ban_fact *f = rec;
	struct httpd *h = ctx;
	struct prefix source;
	char why[128];
	bool banned = f->op == BAN_FACT_OP_BANNED;

	if (strcmp(f->service, "https") != 0 && strcmp(f->service, "all") != 0)
		return;
	if (prefix_parse(&source, f->source, why, sizeof(why)))
		return;
	conns_ban(h->conns, &source, banned, f->until_ms);
	if (banned && still_banned(h, &source))
		conns_close_source(h->conns, &source);
}

static void on_guard(void *ctx)
{
	(void)ctx; /* read when a sign-in is refused */
}

/* --- settings --- */

/* A port that was given at the start stays: a setting that is taken but not in
   force would be a lie. */
static int check_settings(void *ctx, const void *old, void *row, bool force,
			  struct issue *issue)
{
	const struct web_settings *was = old, *now = row;
	const struct httpd *h = ctx;

	(void)force;
	if (!h->port_option || !was || now->port == was->port)
		return 0;
	return issue_set(issue, "port",
			 "it was given at the start (--port %s): start "
			 "without it, and the setting counts",
			 h->port_option);
}

static void apply_settings(void *ctx, struct table_change *change,
			   const void *old, const void *row)
{
	const struct web_settings *was = old, *now = row;
	struct httpd *h = ctx;
	char why[200];

	if (!now) {
		table_change_done(change, "this row cannot be deleted");
		return;
	}
	if (was && was->port != now->port &&
	    conns_listen(h->conns, (uint16_t)now->port, why, sizeof(why))) {
		table_change_done(change, why);
		return;
	}
	sessions_limits(h->sessions, now->idle_s, now->absolute_s);
	table_change_done(change, NULL);
}

static int read_port(const struct httpd *h, uint16_t *port, char *why,
		     size_t why_size)
{
	unsigned long n;
	char *end;

	*port = (uint16_t)httpd_settings(h)->port;
	if (!h->port_option)
		return 0;
	n = strtoul(h->port_option, &end, 10);
	if (h->port_option[0] < '0' || h->port_option[0] > '9' || *end || !n ||
	    n > 65535) {
		(void)snprintf(why, why_size,
			       "--port %s: give a number from 1 to 65535",
			       h->port_option);
		return -EINVAL;
	}
	*port = (uint16_t)n;
	return 0;
}

/* --- start and stop --- */

static int open_store(struct httpd *h, char *why, size_t why_size)
{
	static const struct table_ops ops = { .check = check_settings,
					      .apply = apply_settings };
	struct service *s = h->service;

	h->settings = table_open(
		&(struct table_config){ .record = &web_settings_record,
					.ops = &ops,
					.ctx = h,
					.bus = s->bus,
					.store = s->store,
					.seal = s->seal },
		why, why_size);
	if (!h->settings)
		return -EIO;
	h->audit = audit_new(s->store);
	h->sessions = sessions_new(
		&(struct sessions_config){ .base = s->base,
					   .bus = s->bus,
					   .store = s->store,
					   .ended = on_session_ended,
					   .ctx = h });
	if (!h->audit || !h->sessions) {
		(void)snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	sessions_limits(h->sessions, httpd_settings(h)->idle_s,
			httpd_settings(h)->absolute_s);
	h->accounts = accounts_open(
		&(struct accounts_config){ .bus = s->bus,
					   .store = s->store,
					   .seal = s->seal,
					   .sessions = h->sessions,
					   .state_dir = s->state_dir },
		why, why_size);
	return h->accounts ? 0 : -EIO;
}

static int open_bus(struct httpd *h)
{
	struct service *s = h->service;

	h->events = events_new(&(struct events_config){
		.base = s->base, .bus = s->bus, .sessions = h->sessions });
	h->facts =
		facts_new(&(struct facts_config){ .bus = s->bus,
						  .run_dir = s->run_dir,
						  .peer = on_peer,
						  .extensions = on_extensions,
						  .ctx = h });
	h->guard = watch_open(s->bus, s->run_dir, &guard_service_record,
			      on_guard, h);
	h->known = known_new(s->bus, s->run_dir, h->sessions);
	if (!h->events || !h->facts || !h->guard || !h->known)
		return -ENOMEM;
	events_set_facts(h->events, h->facts);
	if (bus_watch(s->bus, &guard_iface, GUARD_SIG_BAN_FACT, on_ban, h))
		return -ENOMEM;
	return httpd_export(h);
}

static int open_web(struct httpd *h, char *why, size_t why_size)
{
	uint16_t port;
	int err = read_port(h, &port, why, why_size);

	if (err)
		return err;
	h->tls = tls_server_new(h->service->state_dir, why, why_size);
	if (!h->tls)
		return -EIO;
	h->hasher = hasher_new(h->service->base);
	h->http = http_new(&(struct http_config){ .base = h->service->base,
						  .begin = api_begin,
						  .run = api_run,
						  .ctx = h });
	if (h->http)
		h->conns = conns_new(
			&(struct conns_config){ .base = h->service->base,
						.tls = h->tls,
						.attach = http_attach,
						.gone = http_gone,
						.ctx = h->http,
						.banned = still_banned,
						.banned_ctx = h,
						.known = is_known,
						.known_ctx = h });
	if (!h->hasher || !h->http || !h->conns) {
		(void)snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	err = conns_listen(h->conns, port, why, why_size);
	if (!err)
		log_info("https on port %u", port);
	return err;
}

int httpd_start(struct service *s, char *why, size_t why_size)
{
	struct httpd *h = calloc(1, sizeof(*h));
	int err;

	if (!h) {
		(void)snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	s->daemon = h;
	h->service = s;
	h->port_option = s->options ? *s->options[0].value : NULL;
	h->since_ms = clock_wall_ms();
	LIST_INIT(&h->signins);
	err = open_store(h, why, why_size);
	if (!err)
		err = open_web(h, why, why_size);
	if (!err) {
		err = open_bus(h);
		if (err)
			(void)snprintf(why, why_size, "out of memory");
	}
	if (err)
		httpd_stop(s);
	return err;
}

void httpd_stop(struct service *s)
{
	struct httpd *h = s->daemon;

	if (!h)
		return;
	/* first who could ask, then whom they ask */
	conns_free(h->conns);
	http_free(h->http);
	signin_close(h);
	reverse_free(h->reverse);
	hasher_free(h->hasher);
	events_free(h->events);
	facts_free(h->facts);
	if (h->guard)
		watch_close(h->guard);
	known_free(h->known);
	accounts_close(h->accounts);
	sessions_free(h->sessions);
	table_close(h->settings);
	audit_free(h->audit);
	tls_server_free(h->tls);
	free(h);
	s->daemon = NULL;
}

#include "events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "log.h"

#include "record_json.h"
#include "records.h"

#include "bus.h"
#include "guard_bus.h"
#include "sip_bus.h"
#include "table_client.h"

#include "facts.h"
#include "http.h"
#include "role.h"
#include "session.h"

struct stream {
	LIST_ENTRY(stream) link;
	struct events *events;
	struct request *req;
	enum role_set role;
	char account[33];
	char session[17];
};

/* Calls and registrations may come by the hundred: they are heard while
   somebody looks, and cost nothing else. */
struct looking {
	struct events *events;
	bool on;
};

struct events {
	struct events_config config;
	struct looking looking;
	struct facts *facts;
	struct event *tick;
	LIST_HEAD(, stream) streams;
};

static void send_text(struct stream *s, const char *name, const char *data)
{
	char head[48];
	int n = snprintf(head, sizeof(head), "event: %s\ndata: ", name);

	if (http_stream_send(s->req, head, (size_t)n) ||
	    http_stream_send(s->req, data, strlen(data)))
		return;
	(void)http_stream_send(s->req, "\n\n", 2);
}

/* Takes data. own: extensions named here may hear it, too; or NULL. */
static void tell(struct events *e, enum role_set roles, const char *name,
		 json_t *data, const char *const own[2])
{
	char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;
	struct stream *s;

	json_decref(data);
	if (!text)
		return;
	LIST_FOREACH(s, &e->streams, link)
	{
		bool may = s->role & roles;

		if (!may && own && s->role == ROLE_EXTENSION)
			may = !strcmp(s->account, own[0]) ||
			      !strcmp(s->account, own[1]);
		if (may)
			send_text(s, name, text);
	}
	free(text);
}

static void on_call(void *ctx, const void *rec)
{
	const struct call_fact *f = rec;
	const char *const own[2] = { f->caller, f->callee };
	const struct looking *looking = ctx;

	tell(looking->events, ROLE_STAFF, "call",
	     record_to_json(&call_fact_record, rec), own);
}

static void on_binding(void *ctx, const void *rec)
{
	const struct binding_fact *f = rec;
	const char *const own[2] = { f->extension, f->extension };
	const struct looking *looking = ctx;

	tell(looking->events, ROLE_STAFF, "binding",
	     record_to_json(&binding_fact_record, rec), own);
}

static void on_ban(void *ctx, const void *rec)
{
	tell(ctx, ROLE_LOOK, "ban", record_to_json(&ban_fact_record, rec),
	     NULL);
}

static void on_changed(void *ctx, const struct record *r, const char *key,
		       const char *op, uint64_t seq)
{
	tell(ctx, role_may_read(r) & ROLE_LOOK, "changed",
	     json_pack("{ss ss ss ss sI}", "daemon", r->owner, "table", r->name,
		       "key", key, "op", op, "seq", (json_int_t)seq),
	     NULL);
}

void events_tell_peer(struct events *e, const char *name, bool there,
		      uint64_t since_ms)
{
	tell(e, ROLE_STAFF, "daemon",
	     json_pack("{ss sb sI}", "name", name, "there", there, "since_ms",
		       (json_int_t)since_ms),
	     NULL);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct events *e = arg;
	struct stream *s;
	bool staff = false;

	(void)fd;
	(void)what;
	LIST_FOREACH(s, &e->streams, link)
	{
		if (s->role & ROLE_STAFF)
			staff = true;
		else /* a comment, so that a dead peer is noticed */
			(void)http_stream_send(s->req, ":\n\n", 3);
	}
	if (staff && e->facts)
		tell(e, ROLE_STAFF, "live", facts_live(e->facts), NULL);
}

static void look(struct events *e, bool on)
{
	struct looking *looking = &e->looking;
	struct bus *bus = e->config.bus;

	if (looking->on == on)
		return;
	looking->on = on;
	bus_unwatch(bus, looking);
	if (on &&
	    (bus_watch(bus, &sip_iface, SIP_SIG_CALL_FACT, on_call, looking) ||
	     bus_watch(bus, &sip_iface, SIP_SIG_BINDING_FACT, on_binding,
		       looking)))
		log_warn("a page will not see calls as they come: no memory");
}

static int watch_all(struct events *e)
{
	struct bus *bus = e->config.bus;
	int err = bus_watch(bus, &guard_iface, GUARD_SIG_BAN_FACT, on_ban, e);

	for (size_t i = 0; all_records[i] && !err; i++)
		if (all_records[i]->kind == RECORD_TABLE)
			err = table_client_watch(bus, all_records[i],
						 on_changed, e);
	return err;
}

struct events *events_new(const struct events_config *config)
{
	const struct timeval second = { .tv_sec = 1 };
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->config = *config;
	e->looking.events = e;
	LIST_INIT(&e->streams);
	e->tick = event_new(config->base, -1, EV_PERSIST, on_tick, e);
	if (!e->tick || event_add(e->tick, &second) || watch_all(e)) {
		events_free(e);
		return NULL;
	}
	return e;
}

static void stream_free(struct stream *s)
{
	struct login *l =
		sessions_by_id(s->events->config.sessions, s->session);

	if (l && l->streams)
		l->streams--;
	LIST_REMOVE(s, link);
	look(s->events, !LIST_EMPTY(&s->events->streams));
	free(s);
}

void events_free(struct events *e)
{
	struct stream *s;

	if (!e)
		return;
	bus_forget(e->config.bus, e);
	while ((s = LIST_FIRST(&e->streams))) {
		s->req->user = NULL;
		stream_free(s);
	}
	if (e->tick)
		event_free(e->tick);
	free(e);
}

void events_set_facts(struct events *e, struct facts *facts)
{
	e->facts = facts;
}

static void on_gone(struct request *r)
{
	if (r->user)
		stream_free(r->user);
}

void events_open(struct events *e, struct request *r, struct login *login)
{
	struct stream *s;

	if (login->streams >= LOGIN_STREAMS) {
		http_reply_error(r, 429, "TooMany", NULL,
				 "This session has two event streams already.");
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		http_reply_json(r, 507, NULL);
		return;
	}
	*s = (struct stream){ .events = e,
			      .req = r,
			      .role = 1u << login->row.role };
	(void)snprintf(s->account, sizeof(s->account), "%s",
		       login->row.account);
	(void)snprintf(s->session, sizeof(s->session), "%s", login->row.id);
	login->streams++;
	LIST_INSERT_HEAD(&e->streams, s, link);
	look(e, true);
	r->user = s;
	r->gone = on_gone;
	http_stream(r);
	(void)http_stream_send(r, "retry: 2000\n\n", 13);
}

void events_end_session(struct events *e, const char *session)
{
	struct stream *s;

	LIST_FOREACH(s, &e->streams, link)
	{
		if (strcmp(s->session, session) != 0)
			continue;
		send_text(s, "end", "{}");
		http_stream_end(s->req);
	}
}

#include "flows.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "clock.h"
#include "fwd.h"
#include "live.h"
#include "log.h"
#include "service.h"
#include "store.h"

enum { EVERY_S = 60, LAST_CHANGED_MS = 600000 };

struct flows {
	struct fwd *f;
	struct live *live;
	struct event *tick;
	struct view *sip;
	struct view *web;
	struct wall_flow list[FLOWS_MAX];
	size_t n;
	uint64_t now_ms;
};

static void put(struct flows *fl, const struct wall_flow *row)
{
	/* What cannot be written now is written when it is seen again. */
	(void)live_put(fl->live, row);
}

static void take_out(struct flows *fl, size_t i)
{
	(void)live_del(fl->live, fl->list[i].id);
	fl->list[i] = fl->list[--fl->n];
}

/* Room for one more: the one that was silent longest goes. */
static struct wall_flow *room(struct flows *fl)
{
	size_t oldest = 0;

	if (fl->n == FLOWS_MAX) {
		for (size_t i = 1; i < fl->n; i++)
			if (fl->list[i].last_ms < fl->list[oldest].last_ms)
				oldest = i;
		take_out(fl, oldest);
	}
	return &fl->list[fl->n++];
}

static void see(struct flows *fl, enum wall_flow_service service,
		enum wall_flow_protocol protocol, const char *from,
		const char *who)
{
	static const char *const services[] = { "sip", "rtp", "https" };
	char id[sizeof(((struct wall_flow *)0)->id)], source[ADDR_TEXT];
	struct wall_flow *row = NULL;
	struct addr a;

	/* The box talks to itself as it likes. */
	if (addr_parse(&a, from) < 0)
		return;
	addr_format(&a, source);
	snprintf(id, sizeof(id), "%s/%s/%.60s", services[service],
		 protocol == WALL_FLOW_PROTOCOL_UDP ? "udp" : "tcp", source);
	for (size_t i = 0; i < fl->n && !row; i++)
		if (strcmp(fl->list[i].id, id) == 0)
			row = &fl->list[i];
	/* A row that stands is written anew every few minutes only. */
	if (row && row->last_ms + LAST_CHANGED_MS > fl->now_ms &&
	    strcmp(row->who, who) == 0) {
		row->last_ms = fl->now_ms;
		return;
	}
	if (!row)
		row = room(fl);
	record_init(&wall_flow_record, row);
	snprintf(row->id, sizeof(row->id), "%s", id);
	row->service = service;
	row->protocol = protocol;
	snprintf(row->source, sizeof(row->source), "%s", source);
	snprintf(row->who, sizeof(row->who), "%s", who);
	row->last_ms = fl->now_ms;
	put(fl, row);
}

/* A phone or a trunk: its sound comes from where its signalling does. */
static void see_peer(struct flows *fl, enum wall_flow_protocol protocol,
		     const char *from, const char *who)
{
	see(fl, WALL_FLOW_SERVICE_SIP, protocol, from, who);
	see(fl, WALL_FLOW_SERVICE_RTP, WALL_FLOW_PROTOCOL_UDP, from, who);
}

/* ---- what the neighbours show ---- */

static bool on_binding(void *ctx, struct bytes key, struct bytes value)
{
	struct flows *fl = ctx;
	struct binding row;

	(void)key;
	if (record_decode(&binding_record, &row, value.data, value.size) < 0)
		return true;
	see_peer(fl,
		 row.transport == BINDING_TRANSPORT_UDP
			 ? WALL_FLOW_PROTOCOL_UDP
			 : WALL_FLOW_PROTOCOL_TCP,
		 row.source, row.extension);
	return true;
}

static bool on_call(void *ctx, struct bytes key, struct bytes value)
{
	struct flows *fl = ctx;
	struct call row;

	(void)key;
	if (record_decode(&call_record, &row, value.data, value.size) == 0 &&
	    row.source[0])
		see(fl, WALL_FLOW_SERVICE_RTP, WALL_FLOW_PROTOCOL_UDP,
		    row.source, row.trunk[0] ? row.trunk : row.caller);
	return true;
}

static bool on_trunk(void *ctx, struct bytes key, struct bytes value)
{
	struct flows *fl = ctx;
	struct trunk_state row;

	(void)key;
	if (record_decode(&trunk_state_record, &row, value.data, value.size) <
		    0 ||
	    !row.address[0])
		return true;
	see_peer(fl, WALL_FLOW_PROTOCOL_UDP, row.address, row.name);
	return true;
}

static bool on_session(void *ctx, struct bytes key, struct bytes value)
{
	struct flows *fl = ctx;
	struct session row;

	(void)key;
	if (record_decode(&session_record, &row, value.data, value.size) == 0)
		see(fl, WALL_FLOW_SERVICE_HTTPS, WALL_FLOW_PROTOCOL_TCP,
		    row.source, row.account);
	return true;
}

/* Seeing a row twice does no harm. */
static void again(void *ctx)
{
	(void)ctx;
}

void flows_look(struct flows *fl)
{
	const uint64_t week_ms = FLOWS_DAYS * UINT64_C(86400000);

	fl->now_ms = clock_wall_ms();
	for (size_t i = fl->n; i-- > 0;)
		if (fl->list[i].last_ms + week_ms < fl->now_ms)
			take_out(fl, i);
	/* A view that is not there has nothing to show. */
	(void)view_each(fl->sip, "binding", on_binding, again, fl);
	(void)view_each(fl->sip, "call", on_call, again, fl);
	(void)view_each(fl->sip, "trunk_state", on_trunk, again, fl);
	(void)view_each(fl->web, "session", on_session, again, fl);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flows_look(arg);
}

/* ---- start and stop ---- */

static void on_row(void *ctx, const void *row)
{
	struct flows *fl = ctx;

	if (fl->n < FLOWS_MAX)
		fl->list[fl->n++] = *(const struct wall_flow *)row;
}

static int open_all(struct flows *fl)
{
	static const struct timeval every = { .tv_sec = EVERY_S };
	struct service *s = fl->f->service;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/sipd", s->run_dir);
	fl->sip = view_open(dir);
	snprintf(dir, sizeof(dir), "%s/httpd", s->run_dir);
	fl->web = view_open(dir);
	fl->live = live_open(&wall_flow_record, s->bus, s->store, NULL, fl);
	fl->tick = event_new(s->base, -1, EV_PERSIST, on_tick, fl);
	if (!fl->sip || !fl->web || !fl->live || !fl->tick ||
	    event_add(fl->tick, &every) < 0)
		return -ENOMEM;
	(void)live_each(fl->live, on_row, fl);
	flows_look(fl);
	return 0;
}

struct flows *flows_new(struct fwd *f)
{
	struct flows *fl = calloc(1, sizeof(*fl));

	if (!fl)
		return NULL;
	fl->f = f;
	if (open_all(fl) == 0)
		return fl;
	flows_free(fl);
	return NULL;
}

void flows_free(struct flows *fl)
{
	if (!fl)
		return;
	if (fl->tick)
		event_free(fl->tick);
	live_close(fl->live);
	view_close(fl->sip);
	view_close(fl->web);
	free(fl);
}

const struct wall_flow *flows_at(const struct flows *fl, size_t i)
{
	return i < fl->n ? &fl->list[i] : NULL;
}

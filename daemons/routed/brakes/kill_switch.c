#include "kill_switch.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "books.h"
#include "bus.h"
#include "log.h"
#include "report.h"
#include "route_bus.h"

struct kill_switch {
	struct bus *bus;
	const struct books *books;
	struct event *again;
	bool thrown;
	unsigned int ended; /* in this turn */
};

static void end(void *ctx, const struct open_call *call)
{
	struct kill_switch *k = ctx;
	struct instruct in;

	if (call->emergency)
		return;
	record_init(&instruct_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call->call);
	in.action = INSTRUCT_ACTION_HANGUP;
	snprintf(in.reason, sizeof(in.reason), "the kill switch was thrown");
	if (bus_emit(k->bus, &route_iface, ROUTE_SIG_INSTRUCT, &in) < 0)
		log_warn("call %s: no memory to end it: again in a second",
			 call->call);
	k->ended++;
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct kill_switch *k = arg;

	(void)fd;
	(void)what;
	books_each_open(k->books, end, k);
}

struct kill_switch *kill_switch_new(struct event_base *base, struct bus *bus,
				    const struct books *books)
{
	struct kill_switch *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->bus = bus;
	k->books = books;
	k->again = event_new(base, -1, EV_PERSIST, on_again, k);
	if (k->again)
		return k;
	free(k);
	return NULL;
}

void kill_switch_free(struct kill_switch *k)
{
	if (!k)
		return;
	event_free(k->again);
	free(k);
}

static void tell(const struct kill_switch *k, const char *actor)
{
	struct report r;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "calls");
	r.kind = REPORT_KIND_KILL_SWITCH;
	snprintf(r.account, sizeof(r.account), "%s", actor);
	if (k->thrown) {
		snprintf(r.detail, sizeof(r.detail),
			 "the kill switch was thrown");
		snprintf(r.outcome, sizeof(r.outcome),
			 "%u calls to the outside were ended", k->ended);
	} else {
		r.level = REPORT_LEVEL_WARNING;
		snprintf(r.detail, sizeof(r.detail),
			 "the kill switch was taken back");
		snprintf(r.outcome, sizeof(r.outcome),
			 "calls to the outside go out again");
	}
	report_send_whole(k->bus, &r);
}

void kill_switch_set(struct kill_switch *k, bool thrown, const char *actor)
{
	const struct timeval second = { .tv_sec = 1 };

	if (thrown == k->thrown)
		return;
	k->thrown = thrown;
	k->ended = 0;
	if (thrown) {
		books_each_open(k->books, end, k);
		(void)event_add(k->again, &second);
	} else {
		(void)event_del(k->again);
	}
	if (actor)
		tell(k, actor);
}

bool kill_switch_thrown(const struct kill_switch *k)
{
	return k->thrown;
}

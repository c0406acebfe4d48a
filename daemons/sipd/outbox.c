#include "outbox.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "log.h"
#include "records.h"
#include "store.h"

#include "route_client.h"

enum {
	RETRY_S = 2,
	IN_FLIGHT_MAX = 256,
	VALUE_MAX = 2048, /* a cdr encodes to less */
};

static const char db[] = "ended";

struct item {
	TAILQ_ENTRY(item) in_outbox;
	struct outbox *outbox;
	struct cdr cdr;
	bool sent;
};

struct outbox {
	TAILQ_HEAD(, item) items;
	struct store *store;
	struct route_client *route;
	struct event *retry;
	size_t count;
	size_t in_flight;
};

static struct bytes key_of(const struct cdr *cdr)
{
	return (struct bytes){ cdr->id, strlen(cdr->id) };
}

static void send_waiting(struct outbox *o);

static void on_ended(void *ctx, bool ok)
{
	struct item *item = ctx;
	struct outbox *o = item->outbox;

	o->in_flight--;
	item->sent = false;
	if (!ok)
		return; /* the timer tries again */
	TAILQ_REMOVE(&o->items, item, in_outbox);
	o->count--;
	(void)store_view_del_soon(o->store, db, key_of(&item->cdr));
	free(item);
	send_waiting(o);
}

static void send_waiting(struct outbox *o)
{
	struct item *item;

	TAILQ_FOREACH(item, &o->items, in_outbox)
	{
		if (o->in_flight >= IN_FLIGHT_MAX)
			return;
		if (item->sent)
			continue;
		item->sent = true;
		o->in_flight++;
		route_ended(o->route, &item->cdr, on_ended, item);
	}
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_waiting(arg);
}

static struct item *add(struct outbox *o, const struct cdr *cdr)
{
	struct item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		return NULL;
	item->outbox = o;
	item->cdr = *cdr;
	TAILQ_INSERT_TAIL(&o->items, item, in_outbox);
	o->count++;
	return item;
}

static bool on_kept(void *ctx, struct bytes key, struct bytes value)
{
	struct outbox *o = ctx;
	struct cdr cdr;

	(void)key;
	record_init(&cdr_record, &cdr);
	if (record_decode(&cdr_record, &cdr, value.data, value.size) < 0)
		log_warn("a kept call record cannot be read: skipped");
	else if (add(o, &cdr) == NULL)
		return false;
	return true;
}

struct outbox *outbox_new(struct event_base *base, struct store *store,
			  struct route_client *route)
{
	struct outbox *o = calloc(1, sizeof(*o));
	const struct timeval every = { RETRY_S, 0 };

	if (o == NULL)
		return NULL;
	TAILQ_INIT(&o->items);
	o->store = store;
	o->route = route;
	o->retry = event_new(base, -1, EV_PERSIST, on_retry, o);
	if (o->retry == NULL || event_add(o->retry, &every) != 0) {
		outbox_free(o);
		return NULL;
	}
	if (store_view_keep(store, db) < 0 ||
	    store_view_each(store, db, on_kept, o) < 0)
		log_debug("no call records were kept");
	if (o->count > 0)
		log_info("%zu call records wait for routed", o->count);
	return o;
}

void outbox_free(struct outbox *o)
{
	struct item *item;

	if (o == NULL)
		return;
	while ((item = TAILQ_FIRST(&o->items)) != NULL) {
		route_forget(o->route, item);
		TAILQ_REMOVE(&o->items, item, in_outbox);
		free(item);
	}
	if (o->retry != NULL)
		event_free(o->retry);
	free(o);
}

int outbox_add(struct outbox *o, const struct cdr *cdr)
{
	uint8_t value[VALUE_MAX];
	int n = record_encode(&cdr_record, cdr, value, sizeof(value));

	if (n < 0 ||
	    store_view_put_soon(o->store, db, key_of(cdr),
				(struct bytes){ value, (size_t)n }) < 0)
		log_err("call %s: its record could not be kept; it is only in "
			"memory until routed has it",
			cdr->id);
	if (add(o, cdr) == NULL)
		return -ENOMEM;
	send_waiting(o);
	return 0;
}

void outbox_retry(struct outbox *o)
{
	send_waiting(o);
}

size_t outbox_count(const struct outbox *o)
{
	return o->count;
}

#include "watch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_impl.h"
#include "bus_raw.h"
#include "table_impl.h"
#include "table_place.h"

enum { ROWS_MAX = 100000 };

struct copy {
	UT_hash_handle hh;
	uint32_t place;
	char *key;
	void *rec; /* behind this struct's row */
};

/* One reading: rows in order, and by key. */
struct reading {
	struct copy **rows;
	struct copy *by_key;
	size_t n;
	size_t room;
	bool failed;
};

struct watch {
	struct bus *bus;
	const struct record *r;
	struct view *view;
	struct event
		*tell; /* changed() comes from the loop, never from inside */
	struct reading now;
	struct reading next;
	void (*changed)(void *ctx);
	void *ctx;
	bool read; /* at least once */
	char path[TABLE_PATH];
};

static void reading_free(struct reading *g)
{
	HASH_CLEAR(hh, g->by_key);
	for (size_t i = 0; i < g->n; i++) {
		free(g->rows[i]->key);
		free(g->rows[i]->rec);
		free(g->rows[i]);
	}
	free(g->rows);
	*g = (struct reading){ 0 };
}

static struct copy *copy_new(const struct record *r, struct bytes value)
{
	struct copy *c = calloc(1, sizeof(*c));
	char key[TABLE_KEY];
	uint64_t seq;

	if (!c)
		return NULL;
	c->rec = malloc(r->size);
	if (!c->rec || row_decode(r, NULL, "", c->rec, &c->place, &seq,
				  value.data, value.size) < 0) {
		free(c->rec);
		free(c);
		return NULL;
	}
	record_key(r, c->rec, key, sizeof(key));
	c->key = strdup(key);
	if (!c->key) {
		free(c->rec);
		free(c);
		return NULL;
	}
	return c;
}

static bool on_row(void *ctx, struct bytes key, struct bytes value)
{
	struct watch *w = ctx;
	struct reading *g = &w->next;
	struct copy **rows;
	size_t room;
	struct copy *c;

	(void)key;
	if (g->n == g->room) {
		room = g->room ? g->room * 2 : 16;
		rows = realloc(g->rows, room * sizeof(*rows));
		if (!rows) {
			g->failed = true;
			return false;
		}
		g->rows = rows;
		g->room = room;
	}
	/* A row that we cannot read, of a newer owner, is left out. */
	c = copy_new(w->r, value);
	if (c)
		g->rows[g->n++] = c;
	return g->n < ROWS_MAX;
}

static void on_restart(void *ctx)
{
	struct watch *w = ctx;

	reading_free(&w->next);
}

static int by_key(const void *a, const void *b)
{
	const struct copy *x = *(const struct copy *const *)a;
	const struct copy *y = *(const struct copy *const *)b;

	return key_compare(x->key, y->key);
}

static int by_place(const void *a, const void *b)
{
	const struct copy *x = *(const struct copy *const *)a;
	const struct copy *y = *(const struct copy *const *)b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return by_key(a, b);
}

static void index_rows(struct watch *w)
{
	struct reading *g = &w->next;
	struct copy *c;

	if (g->n > 1)
		qsort(g->rows, g->n, sizeof(*g->rows),
		      w->r->ordered ? by_place : by_key);
	for (size_t i = 0; i < g->n; i++) {
		c = g->rows[i];
		HASH_ADD_KEYPTR(hh, g->by_key, c->key, strlen(c->key), c);
	}
}

/* What cannot be read now (no memory, overtaken) leaves the old rows. */
static void read_all(struct watch *w)
{
	int rc;

	/* A change of many rows says so many times. */
	if (w->read && !view_news(w->view))
		return;
	rc = view_each(w->view, w->r->name, on_row, on_restart, w);
	if (w->next.failed || (rc < 0 && rc != -ENOENT)) {
		reading_free(&w->next);
		return;
	}
	index_rows(w);
	reading_free(&w->now);
	w->now = w->next;
	w->next = (struct reading){ 0 };
	w->read = true;
	if (w->tell)
		event_active(w->tell, EV_TIMEOUT, 1);
}

static void on_tell(evutil_socket_t fd, short what, void *ctx)
{
	struct watch *w = ctx;

	(void)fd;
	(void)what;
	w->changed(w->ctx);
}

static void on_changed(void *ctx, DBusMessage *m)
{
	(void)m;
	read_all(ctx);
}

static void on_peer(void *ctx, bool there)
{
	if (there)
		read_all(ctx);
}

static int listen_to(struct watch *w, const struct bus_iface *owner)
{
	int rc;

	w->tell = event_new(w->bus->base, -1, 0, on_tell, w);
	if (!w->tell)
		return -ENOMEM;
	rc = bus_watch_raw(w->bus, owner->dest, w->path, TABLE_IFACE, "Changed",
			   on_changed, w);
	if (rc == 0)
		rc = bus_watch_peer(w->bus, owner->dest, on_peer, w);
	/* A peer on a direct link stays there while the bus is away. */
	if (rc == 0)
		rc = bus_watch_peer(w->bus, NULL, on_peer, w);
	return rc;
}

struct watch *watch_open(struct bus *bus, const char *run_dir,
			 const struct record *record,
			 void (*changed)(void *ctx), void *ctx)
{
	const struct bus_iface *owner = table_owner(record);
	struct watch *w = calloc(1, sizeof(*w));
	char *dir = NULL;

	if (!w || !owner ||
	    asprintf(&dir, "%s/%s", run_dir, record->owner) < 0) {
		free(w);
		return NULL;
	}
	w->bus = bus;
	w->r = record;
	w->changed = changed;
	w->ctx = ctx;
	w->view = view_open(dir);
	free(dir);
	(void)table_path(record, w->path);
	if (!w->view || (bus && listen_to(w, owner) < 0)) {
		watch_close(w);
		return NULL;
	}
	read_all(w);
	return w;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	if (w->bus)
		bus_unwatch(w->bus, w);
	if (w->tell)
		event_free(w->tell);
	reading_free(&w->now);
	reading_free(&w->next);
	view_close(w->view);
	free(w);
}

const void *watch_get(const struct watch *w, const char *key)
{
	const struct copy *c;

	HASH_FIND(hh, w->now.by_key, key, strlen(key), c);
	return c ? c->rec : NULL;
}

size_t watch_count(const struct watch *w)
{
	return w->now.n;
}

const void *watch_at(const struct watch *w, size_t i)
{
	return i < w->now.n ? w->now.rows[i]->rec : NULL;
}

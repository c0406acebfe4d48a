/* The sets as guardd wants them, read from its view (SPEC 6). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fwd.h"
#include "log.h"
#include "nft.h"
#include "store.h"

enum { BANS_MAX = 262144 };

struct restore {
	uint64_t now_ms;
	struct permits permits;
	struct nft_ban *bans;
	size_t n;
	size_t room;
	int err;
};

static void start_again(void *ctx)
{
	struct restore *r = ctx;

	r->n = 0;
	permits_clear(&r->permits);
}

static int add_ban(struct restore *r, const struct nft_ban *ban)
{
	if (r->n == BANS_MAX)
		return -ENOSPC;
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct nft_ban *bans = realloc(r->bans, room * sizeof(*bans));

		if (!bans)
			return -ENOMEM;
		r->bans = bans;
		r->room = room;
	}
	r->bans[r->n++] = *ban;
	return 0;
}

static bool on_rejected(void *ctx, struct bytes key, struct bytes value)
{
	struct restore *r = ctx;
	struct rejected row;
	struct nft_ban ban = { 0 };
	char why[100];
	int service;

	(void)key;
	if (record_decode(&rejected_record, &row, value.data, value.size) < 0)
		return true;
	service = wall_service_find(row.service);
	if (service < 0 ||
	    prefix_parse(&ban.source, row.source, why, sizeof(why)) < 0)
		return true;
	if (row.until_ms > 0) {
		if (row.until_ms <= r->now_ms)
			return true;
		ban.timeout_ms = row.until_ms - r->now_ms;
	}
	ban.service = (enum wall_service)service;
	prefix_of_source(&ban.source, &ban.source.addr);
	r->err = add_ban(r, &ban);
	return r->err == 0;
}

static bool on_allowed(void *ctx, struct bytes key, struct bytes value)
{
	struct restore *r = ctx;
	struct allowed_address row;
	struct prefix source;
	char why[100], *rest, *name;

	(void)key;
	if (record_decode(&allowed_address_record, &row, value.data,
			  value.size) < 0 ||
	    prefix_parse(&source, row.source, why, sizeof(why)) < 0 ||
	    (row.until_ms > 0 && row.until_ms <= r->now_ms))
		return true;
	rest = row.services;
	while (r->err == 0 && (name = strsep(&rest, ";"))) {
		int service = wall_service_find(name);

		if (service >= 0)
			r->err = permits_add(&r->permits,
					     (enum wall_service)service,
					     &source);
	}
	return r->err == 0;
}

static int read_view(struct fwd *f, struct restore *r)
{
	int err = view_each(f->guard, "allowed_address", on_allowed,
			    start_again, r);

	if (err == 0 || err == -ENOENT) {
		struct permits kept = r->permits;

		/* A second walk that starts again must not lose the first. */
		memset(&r->permits, 0, sizeof(r->permits));
		err = view_each(f->guard, "rejected", on_rejected, start_again,
				r);
		r->permits = kept;
	}
	if (err == -ENOENT)
		err = 0;
	return err ? err : r->err;
}

static int put_in_force(struct fwd *f, const struct restore *r)
{
	struct interval *lists[WALL_N_SERVICES] = { NULL };
	struct nft_allowed allowed[WALL_N_SERVICES] = { 0 };
	int err = 0;

	for (enum wall_service s = 0; s < WALL_N_SERVICES; s++) {
		lists[s] = permits_ranges(&r->permits, s, &allowed[s].n);
		allowed[s].list = lists[s];
		if (!lists[s])
			err = -ENOMEM;
	}
	if (err == 0)
		err = nft_restore(f->nft, r->bans, r->n, allowed);
	for (size_t s = 0; s < WALL_N_SERVICES; s++)
		free(lists[s]);
	return err;
}

/* ---- auto defense ---- */

struct defending {
	struct defense_rows *rows;
	int err;
};

static void defend_again(void *ctx)
{
	struct defending *d = ctx;

	d->rows->n = 0;
}

static bool on_defense(void *ctx, struct bytes key, struct bytes value)
{
	struct defending *d = ctx;
	struct auto_defense row, *list;

	(void)key;
	if (record_decode(&auto_defense_record, &row, value.data, value.size) <
	    0)
		return true;
	list = realloc(d->rows->list, (d->rows->n + 1) * sizeof(*list));
	if (!list) {
		d->err = -ENOMEM;
		return false;
	}
	list[d->rows->n++] = row;
	d->rows->list = list;
	return d->rows->n < auto_defense_record.max_rows;
}

int fwd_read_defense(struct fwd *f, struct defense_rows *rows)
{
	struct defending d = { rows, 0 };
	int err = view_each(f->guard, "auto_defense", on_defense, defend_again,
			    &d);

	if (err == -ENOENT)
		err = 0;
	return err ? err : d.err;
}

static bool same_defense(const struct defense_rows *a,
			 const struct defense_rows *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (!record_equal(&auto_defense_record, &a->list[i],
				  &b->list[i], NULL))
			return false;
	return a->n == b->n;
}

static int restore_defense(struct fwd *f)
{
	struct defense_rows rows = { NULL, 0 };
	char why[200];
	int err = fwd_read_defense(f, &rows);

	if (err == 0 && !same_defense(&rows, &f->defense)) {
		err = fwd_apply(f, &(struct wanted){ .defense = &rows }, why,
				sizeof(why));
		if (err < 0)
			log_err("auto defense: %s", why);
	}
	free(rows.list);
	return err;
}

int fwd_restore(struct fwd *f)
{
	struct restore r = { .now_ms = clock_wall_ms() };
	int err = -ENOENT;

	/* A view that we cannot see is not an empty one: all bans would go. */
	if (view_exists(f->guard))
		err = read_view(f, &r);
	if (err == 0)
		err = put_in_force(f, &r);
	if (err == 0)
		err = restore_defense(f);
	free(r.bans);
	if (err < 0) {
		permits_fini(&r.permits);
		return err;
	}
	permits_fini(&f->permits);
	f->permits = r.permits;
	f->restored = true;
	log_info("%zu bans and %zu allowed addresses taken over", r.n,
		 r.permits.n);
	return (int)(r.n + r.permits.n);
}

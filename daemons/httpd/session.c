#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"
#include "log.h"
#include "secret.h"

#include "bus.h"
#include "live.h"
#include "store.h"

enum {
	SWEEP_S = 5,
	STORE_MS = 60000, /* how old the time on disk may be */
	ROW_MAX = 1024,
};

#define DB "login"

struct sessions {
	struct sessions_config config;
	struct login *all;
	struct live *live;
	struct event *sweep;
	uint64_t idle_ms;
	uint64_t absolute_ms;
};

static void on_stored(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_err("a session could not be kept: %s", strerror(-err));
}

static int keep(struct sessions *s, const struct login *l, store_done_fn done,
		void *ctx)
{
	struct bytes key = { l->key, sizeof(l->key) };
	struct store_batch *b;
	uint8_t buf[ROW_MAX];
	int n, err;

	if (!s->config.store)
		return 0;
	b = store_batch_new(s->config.store);
	if (!b)
		return -ENOMEM;
	n = record_encode(&session_record, &l->row, buf, sizeof(buf));
	err = n < 0 ? n
		    : store_batch_put(b, DB, key,
				      (struct bytes){ buf, (size_t)n });
	if (!err)
		err = store_commit(s->config.store, b, done, ctx);
	if (err)
		store_batch_free(b); /* too much waits: it stayed ours */
	return err;
}

/* The same where nobody waits for it. */
static void keep_up(struct sessions *s, const struct login *l)
{
	int err = keep(s, l, on_stored, NULL);

	if (err)
		on_stored(NULL, err);
}

static void show(struct sessions *s, const struct login *l)
{
	if (s->live && live_put(s->live, &l->row))
		log_warn("session %s: not shown for want of room", l->row.id);
}

static void forget(struct sessions *s, struct login *l)
{
	HASH_DEL(s->all, l);
	secret_wipe(l->key, sizeof(l->key));
	free(l);
}

/* Sessions that end together: one transaction. */
struct ending {
	struct sessions *sessions;
	struct store_batch *batch; /* NULL: nothing is kept, or no memory */
	int err;
};

static struct ending ending(struct sessions *s)
{
	struct ending e = { .sessions = s };

	if (!s->config.store)
		return e;
	e.batch = store_batch_new(s->config.store);
	if (e.batch)
		store_batch_frees(e.batch);
	else
		e.err = -ENOMEM;
	return e;
}

static void end_one(struct ending *e, struct login *l, const char *why)
{
	struct sessions *s = e->sessions;
	struct bytes key = { l->key, sizeof(l->key) };

	if (e->batch && !e->err)
		e->err = store_batch_del(e->batch, DB, key);
	if (s->live)
		(void)live_del(s->live, l->row.id);
	s->config.ended(s->config.ctx, l, why);
	forget(s, l);
}

static void end_all(struct ending *e, sessions_done_fn done, void *ctx)
{
	if (e->batch && !e->err)
		e->err = store_commit(e->sessions->config.store, e->batch,
				      done ? done : on_stored, ctx);
	if (e->batch && e->err)
		store_batch_free(e->batch); /* it stayed ours */
	if (e->err)
		on_stored(NULL, e->err);
	if (done && (e->err || !e->batch))
		done(ctx, e->err);
}

void sessions_end(struct sessions *s, struct login *l, const char *why,
		  sessions_done_fn done, void *ctx)
{
	struct ending e = ending(s);

	end_one(&e, l, why);
	end_all(&e, done, ctx);
}

static bool is_over(const struct sessions *s, const struct login *l,
		    uint64_t now)
{
	return now > l->row.seen_ms + s->idle_ms ||
	       now > l->row.since_ms + s->absolute_ms;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct sessions *s = arg;
	struct login *l, *next;
	uint64_t now = clock_wall_ms();

	(void)fd;
	(void)what;
	HASH_ITER(hh, s->all, l, next)
	{
		/* the clock was set back: do not let it live longer for that */
		if (l->row.seen_ms > now)
			l->row.seen_ms = now;
		if (l->row.since_ms > now)
			l->row.since_ms = now;
		if (is_over(s, l, now)) {
			sessions_end(s, l, "its time was over", NULL, NULL);
			continue;
		}
		if (l->row.seen_ms - l->stored_ms < STORE_MS)
			continue;
		l->stored_ms = l->row.seen_ms;
		keep_up(s, l);
		show(s, l);
	}
}

static bool on_kept(void *ctx, struct bytes key, struct bytes value)
{
	struct sessions *s = ctx;
	struct login *l;

	if (key.size != DIGEST || HASH_COUNT(s->all) >= LOGIN_MAX)
		return true;
	l = calloc(1, sizeof(*l));
	if (!l)
		return false;
	record_init(&session_record, &l->row);
	if (record_decode(&session_record, &l->row, value.data, value.size)) {
		free(l);
		return true;
	}
	memcpy(l->key, key.data, DIGEST);
	l->stored_ms = l->row.seen_ms;
	HASH_ADD(hh, s->all, key, DIGEST, l);
	return true;
}

static void on_deleted(void *ctx, int err)
{
	if (err)
		bus_reply_error(ctx, "Full",
				"it is over, but a restart would bring it back "
				"(%s): free disk space",
				strerror(-err));
	else
		bus_reply(ctx, NULL);
}

static void on_delete(void *ctx, struct bus_req *req, const char *key)
{
	struct sessions *s = ctx;
	struct login *l = sessions_by_id(s, key);

	if (!l) {
		bus_reply_error(req, "NoSuch", "no session %s", key);
		return;
	}
	sessions_end(s, l, "an administrator ended it", on_deleted, req);
}

static int open_live(struct sessions *s)
{
	static const struct live_ops ops = { .delete_row = on_delete };
	struct login *l, *next;

	if (!s->config.bus)
		return 0;
	s->live = live_open(&session_record, s->config.bus, s->config.store,
			    &ops, s);
	if (!s->live)
		return -ENOMEM;
	HASH_ITER(hh, s->all, l, next)
	{
		show(s, l);
	}
	return 0;
}

struct sessions *sessions_new(const struct sessions_config *config)
{
	const struct timeval tv = { .tv_sec = SWEEP_S };
	struct sessions *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return NULL;
	s->config = *config;
	sessions_limits(s, 1800, 43200);
	if (config->store) {
		err = store_each(config->store, DB, (struct bytes){ 0 }, false,
				 on_kept, s);
		if (err == -ENOENT)
			err = 0;
	}
	s->sweep = event_new(config->base, -1, EV_PERSIST, on_sweep, s);
	if (err || !s->sweep || event_add(s->sweep, &tv) || open_live(s)) {
		sessions_free(s);
		return NULL;
	}
	return s;
}

void sessions_free(struct sessions *s)
{
	struct login *l, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->all, l, next)
	{
		if (l->row.seen_ms != l->stored_ms)
			keep_up(s, l);
		forget(s, l);
	}
	live_close(s->live);
	if (s->sweep)
		event_free(s->sweep);
	free(s);
}

void sessions_limits(struct sessions *s, uint32_t idle_s, uint32_t absolute_s)
{
	s->idle_ms = idle_s * UINT64_C(1000);
	s->absolute_ms = absolute_s * UINT64_C(1000);
}

uint64_t sessions_ends_ms(const struct sessions *s, const struct login *l)
{
	return l->row.since_ms + s->absolute_ms;
}

/* The longest unseen of an account, or of all (account NULL). */
static struct login *oldest(struct sessions *s, const char *account, size_t *n)
{
	struct login *l, *next, *old = NULL;

	*n = 0;
	HASH_ITER(hh, s->all, l, next)
	{
		if (account && strcmp(l->row.account, account))
			continue;
		++*n;
		if (!old || l->row.seen_ms < old->row.seen_ms)
			old = l;
	}
	return old;
}

struct login *sessions_start(struct sessions *s, const struct login_start *from,
			     char token[LOGIN_TOKEN])
{
	struct login *l = calloc(1, sizeof(*l)), *old;
	const char *agent = from->user_agent ? from->user_agent : "";
	size_t n;

	if (!l)
		return NULL;
	old = oldest(s, from->account, &n);
	if (n >= LOGIN_PER_ACCOUNT)
		sessions_end(s, old, "too many sessions of this account", NULL,
			     NULL);
	old = oldest(s, NULL, &n);
	if (n >= LOGIN_MAX)
		sessions_end(s, old, "too many sessions", NULL, NULL);
	record_init(&session_record, &l->row);
	secret_token(token, 16);
	digest("sallyport session", token, LOGIN_TOKEN - 1, l->key);
	secret_token(l->row.id, 8);
	(void)snprintf(l->row.account, sizeof(l->row.account), "%s",
		       from->account);
	(void)snprintf(l->row.source, sizeof(l->row.source), "%s",
		       from->source);
	text_from_peer(l->row.user_agent, sizeof(l->row.user_agent), agent,
		       strlen(agent));
	l->row.role = from->role;
	l->row.since_ms = l->row.seen_ms = clock_wall_ms();
	l->stored_ms = l->row.seen_ms;
	if (keep(s, l, from->stored, from->ctx)) {
		free(l);
		return NULL;
	}
	HASH_ADD(hh, s->all, key, DIGEST, l);
	show(s, l);
	return l;
}

struct login *sessions_find(struct sessions *s, const char *token)
{
	uint64_t now = clock_wall_ms();
	uint8_t key[DIGEST];
	struct login *l = NULL;

	if (strlen(token) != LOGIN_TOKEN - 1)
		return NULL;
	/* looked up by its hash: the time it takes tells nothing of a token */
	digest("sallyport session", token, LOGIN_TOKEN - 1, key);
	HASH_FIND(hh, s->all, key, DIGEST, l);
	if (!l)
		return NULL;
	if (is_over(s, l, now)) {
		sessions_end(s, l, "its time was over", NULL, NULL);
		return NULL;
	}
	l->row.seen_ms = now;
	return l;
}

size_t sessions_end_account(struct sessions *s, const char *account,
			    const char *why, sessions_done_fn done, void *ctx)
{
	struct ending e = ending(s);
	struct login *l, *next;
	size_t n = 0;

	HASH_ITER(hh, s->all, l, next)
	{
		if (strcmp(l->row.account, account))
			continue;
		end_one(&e, l, why);
		n++;
	}
	end_all(&e, done, ctx);
	return n;
}

struct login *sessions_by_id(const struct sessions *s, const char *id)
{
	struct login *l, *next;

	HASH_ITER(hh, s->all, l, next)
	{
		if (!strcmp(l->row.id, id))
			return l;
	}
	return NULL;
}

void sessions_each(const struct sessions *s,
		   void (*fn)(void *ctx, const struct login *l), void *ctx)
{
	struct login *l, *next;

	HASH_ITER(hh, s->all, l, next)
	{
		fn(ctx, l);
	}
}

size_t sessions_count(const struct sessions *s)
{
	return HASH_COUNT(s->all);
}

void sessions_csrf(const char *token, char csrf[LOGIN_TOKEN])
{
	uint8_t d[DIGEST];

	digest("sallyport csrf", token, strlen(token), d);
	for (size_t i = 0; i < (LOGIN_TOKEN - 1) / 2; i++)
		(void)snprintf(csrf + 2 * i, 3, "%02x", d[i]);
}

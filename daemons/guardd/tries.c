#include "tries.h"

#include <endian.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum {
	JOINED_BACK = 16,     /* entries looked through for one to join */
	FUTURE_MS = 60000,    /* two clocks, or one that is slewed */
	LAST_CHUNK = 1 << 30, /* of more than any box will ever hear */
	OFF_SOURCE = 8,
	OFF_N = 16,
	OFF_SERVICE = 18,
	OFF_FAMILY = 19,
	OFF_BANNED = 20,
	OFF_ACCOUNT = 21,
};

struct tries {
	struct try *list; /* number n stands at n % max */
	size_t max;
	uint64_t first; /* numbers, from the first that ever was */
	uint64_t next;
	uint64_t unsaved; /* from here on the disk does not know them */
	uint64_t since_ms;
};

struct tries *tries_new(size_t max, uint64_t since_ms)
{
	struct tries *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	/* Pages that nobody wrote to take no memory. */
	t->list = calloc(max, sizeof(*t->list));
	t->max = max;
	t->since_ms = since_ms;
	if (t->list)
		return t;
	free(t);
	return NULL;
}

void tries_free(struct tries *t)
{
	if (!t)
		return;
	free(t->list);
	free(t);
}

static struct try *numbered(const struct tries *t, uint64_t number)
{
	return &t->list[number % t->max];
}

size_t tries_count(const struct tries *t)
{
	return (size_t)(t->next - t->first);
}

const struct try *tries_at(const struct tries *t, size_t i)
{
	return numbered(t, t->first + i);
}

void tries_key(const struct try *one, struct guard_key *key)
{
	memset(key, 0, sizeof(*key));
	key->service = one->service;
	key->family = one->family;
	memcpy(key->bytes, one->source, sizeof(one->source));
}

uint64_t tries_since(const struct tries *t, uint64_t now_ms)
{
	uint64_t day = now_ms > TRIES_DAY_MS ? now_ms - TRIES_DAY_MS : 0;

	return t->since_ms > day ? t->since_ms : day;
}

static void missing_before(struct tries *t, uint64_t at_ms)
{
	if (at_ms > t->since_ms)
		t->since_ms = at_ms;
}

/* Makes room: what goes is missing from then on. */
static void drop_first(struct tries *t)
{
	missing_before(t, numbered(t, t->first++)->at_ms);
}

static struct try *append(struct tries *t)
{
	if (tries_count(t) == t->max)
		drop_first(t);
	return numbered(t, t->next++);
}

static bool joins(const struct try *old, const struct try *new,
		  uint64_t join_ms)
{
	return new->at_ms - old->at_ms < join_ms && old->n < UINT16_MAX &&
	       !old->banned && old->service == new->service &&
	       old->family ==
		       new->family &&memcmp(old->source, new->source,
					    sizeof(old->source)) == 0 &&
	       strcmp(old->account, new->account) == 0;
}

static bool join(struct tries *t, const struct try *new, uint64_t join_ms)
{
	uint64_t number = t->next;

	for (int i = 0; i < JOINED_BACK && number-- > t->first; i++) {
		struct try *old = numbered(t, number);

		if (!joins(old, new, join_ms))
			continue;
		old->n++;
		if (number < t->unsaved)
			t->unsaved = number;
		return true;
	}
	return false;
}

void tries_note(struct tries *t, const struct guard_key *key,
		const char *account, bool banned, uint64_t join_ms,
		uint64_t now_ms)
{
	struct try one = { .n = 1, .banned = banned };

	one.at_ms = now_ms;
	/* In order, though the clock may be slewed back. */
	if (t->next > t->first && numbered(t, t->next - 1)->at_ms > now_ms)
		one.at_ms = numbered(t, t->next - 1)->at_ms;
	one.service = key->service;
	one.family = key->family;
	memcpy(one.source, key->bytes, sizeof(one.source));
	text_from_peer(one.account, sizeof(one.account), account,
		       strlen(account));
	if (join_ms == 0 || !join(t, &one, join_ms))
		*append(t) = one;
}

void tries_tick(struct tries *t, uint64_t now_ms)
{
	while (t->first < t->next) {
		const struct try *oldest = numbered(t, t->first);

		if (oldest->at_ms + TRIES_DAY_MS > now_ms)
			break;
		t->first++;
	}
}

static uint64_t shifted(uint64_t at_ms, int64_t step_ms)
{
	if (step_ms < 0 && at_ms < (uint64_t)-step_ms)
		return 0;
	return at_ms + (uint64_t)step_ms;
}

void tries_shift(struct tries *t, int64_t step_ms)
{
	for (uint64_t n = t->first; n < t->next; n++) {
		struct try *one = numbered(t, n);

		one->at_ms = shifted(one->at_ms, step_ms);
	}
	t->since_ms = shifted(t->since_ms, step_ms);
	t->unsaved = t->first;
}

/* ---- the disk ---- */

static void pack(const struct try *one, uint8_t *out)
{
	uint64_t at = htobe64(one->at_ms);
	uint16_t n = htobe16(one->n);

	memset(out, 0, TRY_BYTES);
	memcpy(out, &at, sizeof(at));
	memcpy(out + OFF_SOURCE, one->source, sizeof(one->source));
	memcpy(out + OFF_N, &n, sizeof(n));
	out[OFF_SERVICE] = one->service;
	out[OFF_FAMILY] = one->family == AF_INET ? 4 : 6;
	out[OFF_BANNED] = one->banned;
	memcpy(out + OFF_ACCOUNT, one->account, strlen(one->account));
}

/* Empty: a place without a try. */
static bool unpack(struct try *one, const uint8_t *in)
{
	size_t room = TRY_BYTES - OFF_ACCOUNT;
	const char *account = (const char *)in + OFF_ACCOUNT;
	uint64_t at;
	uint16_t n;

	memcpy(&at, in, sizeof(at));
	memcpy(&n, in + OFF_N, sizeof(n));
	memset(one, 0, sizeof(*one));
	one->at_ms = be64toh(at);
	one->n = be16toh(n);
	one->service = in[OFF_SERVICE];
	one->family = in[OFF_FAMILY] == 4 ? AF_INET : AF_INET6;
	one->banned = in[OFF_BANNED] != 0;
	memcpy(one->source, in + OFF_SOURCE, sizeof(one->source));
	if (one->family == AF_INET)
		memset(one->source + 4, 0, 4);
	text_from_peer(one->account, sizeof(one->account), account,
		       strnlen(account, room));
	return one->n == 0 ||
	       (one->service > GUARD_ALL && one->service < GUARD_N_SERVICES &&
		(in[OFF_FAMILY] == 4 || in[OFF_FAMILY] == 6));
}

static size_t pack_chunk(const struct tries *t, uint64_t from, uint64_t end,
			 uint8_t *bytes)
{
	size_t used = 0;

	for (uint64_t n = from; n < end; n++, used += TRY_BYTES)
		/* The place of one that went is another's by now. */
		if (n < t->first)
			memset(bytes + used, 0, TRY_BYTES);
		else
			pack(numbered(t, n), bytes + used);
	return used;
}

int tries_changes(struct tries *t, tries_chunk_fn fn, void *ctx,
		  uint64_t *first)
{
	uint8_t bytes[TRIES_CHUNK * TRY_BYTES];
	uint64_t n = t->unsaved > t->first ? t->unsaved : t->first;

	*first = t->first / TRIES_CHUNK;
	while (n < t->next) {
		uint64_t chunk = n / TRIES_CHUNK;
		uint64_t end = (chunk + 1) * TRIES_CHUNK;
		size_t used;
		int err;

		if (end > t->next)
			end = t->next;
		used = pack_chunk(t, chunk * TRIES_CHUNK, end, bytes);
		err = fn(ctx, chunk, bytes, used);
		if (err < 0)
			return err;
		n = end;
		t->unsaved = end;
	}
	return 0;
}

void tries_unsaved(struct tries *t)
{
	t->unsaved = t->first;
}

static void load_one(struct tries *t, struct try *one, uint64_t now_ms)
{
	/* Nobody knows when that was. */
	if (one->at_ms > now_ms + FUTURE_MS)
		one->n = 0;
	if (one->at_ms > now_ms)
		one->at_ms = now_ms;
	if (t->next > t->first && numbered(t, t->next - 1)->at_ms > one->at_ms)
		one->at_ms = numbered(t, t->next - 1)->at_ms;
	*append(t) = *one;
	if (tries_count(t) == t->max)
		missing_before(t, numbered(t, t->first)->at_ms);
}

void tries_load(struct tries *t, uint64_t number, const void *bytes, size_t n,
		uint64_t now_ms)
{
	bool gap = number != t->next / TRIES_CHUNK || t->next % TRIES_CHUNK > 0;
	const uint8_t *at = bytes;
	struct try one;

	if (number > LAST_CHUNK)
		return;
	if (gap) {
		gap = t->next > 0;
		t->first = number * TRIES_CHUNK;
		t->next = t->first;
	}
	for (size_t i = 0; i + TRY_BYTES <= n; i += TRY_BYTES) {
		if (!unpack(&one, at + i) || i / TRY_BYTES == TRIES_CHUNK)
			break;
		load_one(t, &one, now_ms);
		if (gap)
			missing_before(t, numbered(t, t->next - 1)->at_ms);
		gap = false;
	}
	t->unsaved = t->next;
}

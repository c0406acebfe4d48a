#include "rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX /* no such entry */

enum {
	ID = sizeof(((struct call_rate *)0)->id),
	LIST_MAX = 32,
	PREFIX_MAX = 15, /* ITU-T E.164: a number has no more digits */
};

/*
 * Entries stand in the order of their ids, "list/prefix". All that stand
 * between a prefix and a number that begins with it begin with it, too; so the
 * longest prefix is the last entry that is not after the number, or an entry
 * that is a prefix of that one: its `shorter`, or the shorter's, and so on.
 */
struct entry {
	const char *id;
	struct price price;
	uint32_t shorter;
	uint16_t n; /* of the id */
};

struct rates {
	struct entry *entries;
	char *ids;
	size_t n;
};

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static bool begins(const char *text, const struct entry *e)
{
	return !strncmp(text, e->id, e->n);
}

static void link_shorter(struct rates *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t at = i ? i - 1 : NONE;

		while (at != NONE && !begins(r->entries[i].id, &r->entries[at]))
			at = r->entries[at].shorter;
		r->entries[i].shorter = at;
	}
}

static size_t ids_size(const struct plan_rows *rows)
{
	size_t size = 1;

	for (size_t i = 0; i < rows->n; i++) {
		const struct call_rate *row = plan_row(rows, i);

		size += strlen(row->id) + 1;
	}
	return size;
}

static void take(struct rates *r, const struct call_rate *row, char **room)
{
	size_t n = strlen(row->id);

	memcpy(*room, row->id, n + 1);
	r->entries[r->n++] = (struct entry){
		.id = *room,
		.n = (uint16_t)n,
		.price = { row->price_milli, row->connect_milli, row->first_s,
			   row->next_s },
	};
	*room += n + 1;
}

struct rates *rates_new(const struct plan_rows *rows)
{
	struct rates *r = calloc(1, sizeof(*r));
	char *room;

	if (!r)
		return NULL;
	r->entries = calloc(rows->n + 1, sizeof(*r->entries));
	r->ids = room = malloc(ids_size(rows));
	if (!r->entries || !r->ids) {
		rates_free(r);
		return NULL;
	}
	for (size_t i = 0; i < rows->n; i++)
		take(r, plan_row(rows, i), &room);
	qsort(r->entries, r->n, sizeof(*r->entries), by_id);
	link_shorter(r);
	return r;
}

void rates_free(struct rates *r)
{
	if (!r)
		return;
	free(r->entries);
	free(r->ids);
	free(r);
}

/* The last entry that is not after the key, or NONE. */
static uint32_t last_before(const struct rates *r, const char *key)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(r->entries[mid].id, key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? (uint32_t)low - 1 : NONE;
}

bool rates_find(const struct rates *r, const char *list, const char *number,
		struct price *out)
{
	size_t n = strlen(list), digits = strlen(number);
	char key[LIST_MAX + 1 + PREFIX_MAX + 1];
	uint32_t at;

	if (!n || n > LIST_MAX)
		return false;
	if (digits > PREFIX_MAX)
		digits = PREFIX_MAX;
	memcpy(key, list, n);
	key[n] = '/';
	memcpy(key + n + 1, number, digits);
	key[n + 1 + digits] = '\0';
	at = last_before(r, key);
	while (at != NONE && !begins(key, &r->entries[at]))
		at = r->entries[at].shorter;
	if (at == NONE)
		return false;
	*out = r->entries[at].price;
	return true;
}

int rates_check_id(const char *id, struct issue *issue)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	size_t digits;

	if (!n || n > LIST_MAX || id[n] != '/')
		return issue_set(issue, "id",
				 "must be a price list's name (a-z 0-9 - _, at "
				 "most %d), a slash and digits, as in acme/49",
				 LIST_MAX);
	digits = strspn(id + n + 1, "0123456789");
	if (id[n + 1 + digits])
		return issue_set(issue, "id",
				 "the prefix has only digits, without + and "
				 "without 00, as in acme/49");
	if (!digits || digits > PREFIX_MAX)
		return issue_set(issue, "id", "the prefix has 1 to %d digits",
				 PREFIX_MAX);
	return 0;
}

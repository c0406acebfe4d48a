#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "seal.h"
#include "secret.h"
#include "table_impl.h"

/*
 * A row on disk and in the view. The head has the form of fields whose codes no
 * record uses, so that record_decode() takes the whole and skips it:
 *
 *   0        1           3             7
 *   +--------+-----------+-------------+
 *   |  255   |  0x0004   | place, be32 |       order in an ordered table
 *   +--------+-----------+-------------+-------------+
 *   |  254   |  0x0008   | number of its commit, be64 |
 *   +--------+-----------+---------------------------+
 *   | the fields (record_encode), secrets empty ...  |
 *   +--------+-----------+--------+------------------+
 *   |  253   |  1 + n    | code   | sealed, n bytes  |  on disk only: for
 *   +--------+-----------+--------+------------------+  each secret set
 */
enum {
	CODE_PLACE = 255,
	CODE_SEQ = 254,
	CODE_SEALED = 253,
	HEAD = 3,
	HEADS = HEAD + 4 + HEAD + 8,
};

static void put_be(uint8_t *p, uint64_t value, size_t n)
{
	while (n--) {
		p[n] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get_be(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

static uint8_t *put_head(uint8_t *p, uint8_t code, size_t n)
{
	p[0] = code;
	put_be(p + 1, n, 2);
	return p + HEAD;
}

size_t row_size_max(const struct record *r)
{
	size_t size = HEADS + record_encoded_max(r);

	for (size_t i = 0; i < r->n_fields; i++) {
		if (r->fields[i].type == FIELD_SECRET)
			size += HEAD + 1 + SEAL_EXTRA + r->fields[i].size;
	}
	return size;
}

static void bound_to(const struct record *r, const char *key,
		     const struct field *f, char *text, size_t size)
{
	snprintf(text, size, "%s/%s/%s", r->name, key, f->name);
}

static int seal_fields(const struct record *r, const struct seal *seal,
		       const char *key, const void *rec, uint8_t *buf,
		       size_t size)
{
	char bound[2 * TABLE_KEY];
	size_t used = 0;
	size_t clear;
	int n;

	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (f->type != FIELD_SECRET || !*field_text(f, rec))
			continue;
		clear = strnlen(field_text(f, rec), f->size - 1);
		if (size - used < HEAD + 1 + SEAL_EXTRA + clear)
			return -ENOSPC;
		bound_to(r, key, f, bound, sizeof(bound));
		n = seal_close(seal, bound, field_text(f, rec), clear,
			       buf + used + HEAD + 1, size - used - HEAD - 1);
		if (n < 0)
			return n;
		put_head(buf + used, CODE_SEALED, (size_t)n + 1);
		buf[used + HEAD] = f->code;
		used += HEAD + 1 + (size_t)n;
	}
	return (int)used;
}

int row_encode(const struct record *r, const struct seal *seal, const char *key,
	       const void *rec, uint32_t place, uint64_t seq, uint8_t *buf,
	       size_t size)
{
	void *masked;
	int used;
	int n;

	if (size < HEADS)
		return -ENOSPC;
	masked = record_copy(r, rec);
	if (!masked)
		return -ENOMEM;
	record_mask(r, masked);
	put_be(put_head(buf, CODE_PLACE, 4), place, 4);
	put_be(put_head(buf + HEAD + 4, CODE_SEQ, 8), seq, 8);
	used = record_encode(r, masked, buf + HEADS, size - HEADS);
	free(masked);
	if (used < 0)
		return used;
	used += HEADS;
	if (!seal)
		return used;
	n = seal_fields(r, seal, key, rec, buf + used, size - (size_t)used);
	return n < 0 ? n : used + n;
}

static int open_sealed(const struct record *r, const struct seal *seal,
		       const char *key, void *rec, const uint8_t *p, size_t n)
{
	char bound[2 * TABLE_KEY];
	const struct field *f = NULL;
	int clear;

	if (n < 1)
		return -EBADMSG;
	for (size_t i = 0; i < r->n_fields; i++) {
		if (r->fields[i].code == p[0] &&
		    r->fields[i].type == FIELD_SECRET)
			f = &r->fields[i];
	}
	if (!f)
		return 0; /* another version's */
	bound_to(r, key, f, bound, sizeof(bound));
	memset(field_text_room(f, rec), 0, f->size);
	clear = seal_reveal(seal, bound, p + 1, n - 1, field_text_room(f, rec),
			    f->size - 1);
	return clear < 0 ? -EBADMSG : 0;
}

int row_decode(const struct record *r, const struct seal *seal, const char *key,
	       void *rec, uint32_t *place, uint64_t *seq, const uint8_t *buf,
	       size_t size)
{
	int rc;

	*place = 0;
	*seq = 0;
	rc = record_decode(r, rec, buf, size);
	/* The framing is right, or record_decode() had refused it. */
	while (rc == 0 && size > 0) {
		size_t n = (size_t)get_be(buf + 1, 2);
		const uint8_t *p = buf + HEAD;

		if (buf[0] == CODE_PLACE && n == 4)
			*place = (uint32_t)get_be(p, 4);
		else if (buf[0] == CODE_SEQ && n == 8)
			*seq = get_be(p, 8);
		else if (buf[0] == CODE_SEALED && seal)
			rc = open_sealed(r, seal, key, rec, p, n);
		buf += HEAD + n;
		size -= HEAD + n;
	}
	return rc;
}

int row_put(const struct table *t, struct store_batch *b, const char *key,
	    const void *rec, uint32_t place, uint64_t seq)
{
	size_t size = row_size_max(t->r);
	struct bytes k = { key, strlen(key) };
	uint8_t *buf = malloc(size);
	int rc;

	if (!buf)
		return -ENOMEM;
	rc = row_encode(t->r, b ? t->config.seal : NULL, key, rec, place, seq,
			buf, size);
	if (rc >= 0) {
		struct bytes value = { buf, (size_t)rc };

		rc = b ? store_batch_put(b, t->r->name, k, value)
		       : store_view_put(t->config.store, t->r->name, k, value);
	}
	free(buf);
	return rc;
}

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

int key_compare(const char *a, const char *b)
{
	const char *x = a;
	const char *y = b;
	size_t n;
	size_t m;
	int rc;

	if (!all_digits(a) || !all_digits(b))
		return strcmp(a, b);
	while (*x == '0')
		x++;
	while (*y == '0')
		y++;
	n = strlen(x);
	m = strlen(y);
	if (n != m)
		return n < m ? -1 : 1;
	rc = strcmp(x, y);
	return rc ? rc : strcmp(a, b);
}

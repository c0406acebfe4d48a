#include "store_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

enum { BATCH_MAX = 64 * 1024 * 1024, BATCH_FIRST = 1024 };

/*
 * An operation in memory:
 *
 *   struct head | db name and NUL | key | value
 */
struct head {
	uint32_t kind;
	uint32_t db_size;
	uint32_t key_size;
	uint32_t value_size;
};

struct store_batch *store_batch_new(struct store *s)
{
	(void)s;
	return calloc(1, sizeof(struct store_batch));
}

void store_batch_free(struct store_batch *b)
{
	if (!b)
		return;
	/* Rows on their way to disk may hold what must not be seen. */
	if (b->data)
		secret_wipe(b->data, b->used);
	free(b->data);
	free(b);
}

static int grow(struct store_batch *b, size_t more)
{
	size_t room = b->room ? b->room : BATCH_FIRST;
	uint8_t *data;

	if (more > BATCH_MAX || b->used + more > BATCH_MAX)
		return -ENOSPC;
	while (room < b->used + more)
		room *= 2;
	if (room == b->room)
		return 0;
	data = realloc(b->data, room);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->room = room;
	return 0;
}

static void add_bytes(struct store_batch *b, const void *data, size_t n)
{
	if (n > 0)
		memcpy(b->data + b->used, data, n);
	b->used += n;
}

int batch_add(struct store_batch *b, const struct batch_op *op)
{
	struct head head = { op->kind, (uint32_t)strlen(op->db) + 1, 0, 0 };
	int rc;

	if (op->key.size > UINT16_MAX || op->value.size > BATCH_MAX)
		return -EINVAL;
	head.key_size = (uint32_t)op->key.size;
	head.value_size = (uint32_t)op->value.size;
	rc = grow(b, sizeof(head) + head.db_size + head.key_size +
			     head.value_size);
	if (rc < 0)
		return rc;
	add_bytes(b, &head, sizeof(head));
	add_bytes(b, op->db, head.db_size);
	add_bytes(b, op->key.data, head.key_size);
	add_bytes(b, op->value.data, head.value_size);
	b->n_ops++;
	return 0;
}

bool batch_next(const struct store_batch *b, size_t *at, struct batch_op *op)
{
	const uint8_t *p = b->data + *at;
	struct head head;

	if (*at >= b->used)
		return false;
	memcpy(&head, p, sizeof(head));
	p += sizeof(head);
	op->kind = (enum batch_kind)head.kind;
	op->db = (const char *)p;
	p += head.db_size;
	op->key = (struct bytes){ p, head.key_size };
	p += head.key_size;
	op->value = (struct bytes){ p, head.value_size };
	*at += sizeof(head) + head.db_size + head.key_size + head.value_size;
	return true;
}

void batch_cut(struct store_batch *b, size_t used)
{
	b->used = used;
	b->n_ops--;
}

int store_batch_put(struct store_batch *b, const char *db, struct bytes key,
		    struct bytes value)
{
	return batch_add(b, &(struct batch_op){ BATCH_PUT, db, key, value });
}

int store_batch_del(struct store_batch *b, const char *db, struct bytes key)
{
	return batch_add(b, &(struct batch_op){ BATCH_DEL, db, key, { 0 } });
}

int store_batch_clear(struct store_batch *b, const char *db)
{
	return batch_add(b,
			 &(struct batch_op){ BATCH_CLEAR, db, { 0 }, { 0 } });
}

void store_batch_frees(struct store_batch *b)
{
	b->frees = true;
}

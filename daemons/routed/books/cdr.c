#include "cdr.h"

#include <string.h>

#include "field.h"

size_t cdr_key_at(uint64_t start_ms, uint8_t key[CDR_KEY_MAX])
{
	for (size_t i = 0; i < CDR_START_BYTES; i++)
		key[i] = (uint8_t)(start_ms >> (56 - 8 * i));
	return CDR_START_BYTES;
}

uint64_t cdr_key_ms(struct bytes key)
{
	const uint8_t *p = key.data;
	uint64_t ms = 0;

	for (size_t i = 0; i < CDR_START_BYTES && i < key.size; i++)
		ms = ms << 8 | p[i];
	return ms;
}

size_t cdr_key(const struct cdr *row, uint8_t key[CDR_KEY_MAX])
{
	size_t n = strlen(row->id);

	(void)cdr_key_at(row->start_ms, key);
	memcpy(key + CDR_START_BYTES, row->id, n);
	return CDR_START_BYTES + n;
}

int cdr_find(struct store *s, const char *id, uint8_t key[CDR_KEY_MAX],
	     size_t *size)
{
	*size = CDR_KEY_MAX;
	return store_get(s, CDR_ID_DB, (struct bytes){ id, strlen(id) }, key,
			 size);
}

/* FNV-1a; two texts of one hash are told apart by looking at the record. */
static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619;
	return h;
}

/*
 * The fields by which people look for calls and that tell few calls from many.
 * Most calls are answered: walking through all finds those as soon.
 */
int cdr_index(const struct field *field, const char *text,
	      uint8_t head[CDR_INDEX_HEAD])
{
	static const char *const fields[] = { "pin_holder", "callee",
					      "caller",     "dial_rule",
					      "trunk",      "disposition" };
	const int n = sizeof(fields) / sizeof(*fields);
	uint32_t h = hash(text);
	int i = 0;

	while (i < n && strcmp(field->name, fields[i]))
		i++;
	if (i == n || !*text || !strcmp(text, "ANSWERED"))
		return -1;
	head[0] = field->code;
	for (size_t k = 0; k < sizeof(h); k++)
		head[1 + k] = (uint8_t)(h >> (24 - 8 * k));
	return i;
}

typedef int (*index_fn)(struct store_batch *batch, struct bytes key);

static int index_put(struct store_batch *batch, struct bytes key)
{
	return store_batch_put(batch, CDR_INDEX_DB, key,
			       (struct bytes){ "", 0 });
}

static int index_del(struct store_batch *batch, struct bytes key)
{
	return store_batch_del(batch, CDR_INDEX_DB, key);
}

static int each_index(struct store_batch *batch, const struct cdr *row,
		      struct bytes key, index_fn fn)
{
	uint8_t at[CDR_INDEX_HEAD + CDR_KEY_MAX];
	char text[256];
	int err = 0;

	memcpy(at + CDR_INDEX_HEAD, key.data, key.size);
	for (size_t i = 0; i < cdr_record.n_fields && !err; i++) {
		const struct field *f = &cdr_record.fields[i];

		if (f->type != FIELD_STR && f->type != FIELD_ENUM)
			continue;
		field_get(f, row, text, sizeof(text));
		if (cdr_index(f, text, at) >= 0)
			err = fn(batch, (struct bytes){ at, CDR_INDEX_HEAD +
								    key.size });
	}
	return err;
}

int cdr_put(struct store_batch *batch, const struct cdr *row)
{
	uint8_t key[CDR_KEY_MAX], value[CDR_MAX];
	struct bytes k = { key, cdr_key(row, key) };
	struct bytes id = { row->id, strlen(row->id) };
	int n = record_encode(&cdr_record, row, value, sizeof(value));
	int err = n < 0 ? n
			: store_batch_put(batch, CDR_DB, k,
					  (struct bytes){ value, (size_t)n });

	if (!err)
		err = store_batch_put(batch, CDR_ID_DB, id, k);
	return err ? err : each_index(batch, row, k, index_put);
}

int cdr_del(struct store_batch *batch, const struct cdr *row)
{
	uint8_t key[CDR_KEY_MAX];
	struct bytes k = { key, cdr_key(row, key) };
	struct bytes id = { row->id, strlen(row->id) };
	int err = store_batch_del(batch, CDR_DB, k);

	if (!err)
		err = store_batch_del(batch, CDR_ID_DB, id);
	return err ? err : each_index(batch, row, k, index_del);
}

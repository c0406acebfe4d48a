/*
 * The store's form of a record, and all that is done with what came of it.
 * Input: the record's name, a line end, the bytes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "record_json.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct record *find(const char *name, size_t n)
{
	for (size_t i = 0; all_records[i]; i++)
		if (strlen(all_records[i]->name) == n &&
		    memcmp(all_records[i]->name, name, n) == 0)
			return all_records[i];
	return NULL;
}

static void round_trip(const struct record *r, const void *rec, void *back)
{
	size_t room = record_encoded_max(r);
	uint8_t *buf = malloc(room);
	int n;

	assert(buf);
	n = record_encode(r, rec, buf, room);
	assert(n >= 0);
	assert(record_decode(r, back, buf, (size_t)n) == 0);
	assert(record_equal(r, rec, back, NULL));
	free(buf);
}

/* Each field's text sets the field to what it was. */
static void text_trip(const struct record *r, const void *rec, void *back)
{
	struct issue issue;

	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];
		int n = field_get(f, rec, NULL, 0);
		char *text = malloc((size_t)n + 1);

		assert(text && n >= 0);
		assert(field_get(f, rec, text, (size_t)n + 1) == n);
		assert((int)strlen(text) == n);
		if (n)
			assert(field_set(r, f, back, text, &issue) == 0);
		free(text);
	}
}

static void use(const struct record *r, void *rec, void *back)
{
	struct issue issue;
	json_t *object;
	char key[80];

	round_trip(r, rec, back);
	record_key(r, rec, key, sizeof(key));
	if (record_check(r, rec, &issue) < 0) {
		assert(record_field(r, issue.field));
		return;
	}

	/* What was accepted is in its stored form. */
	memcpy(back, rec, r->size);
	assert(record_check(r, back, &issue) == 0);
	assert(record_equal(r, rec, back, NULL));
	text_trip(r, rec, back);
	assert(record_equal(r, rec, back, NULL));

	object = record_to_json(r, rec);
	assert(object);
	json_decref(object);
	record_mask(r, rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	const struct record *r =
		end ? find((const char *)data, (size_t)(end - data)) : NULL;
	void *rec, *back;

	if (!r)
		return 0;
	rec = malloc(r->size);
	back = malloc(r->size);
	assert(rec && back);
	size -= (size_t)(end + 1 - data);
	if (record_decode(r, rec, end + 1, size) == 0)
		use(r, rec, back);
	free(rec);
	free(back);
	return 0;
}

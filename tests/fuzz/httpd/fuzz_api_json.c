/*
 * A browser's JSON into a record, and back. Input: the record's name, a line
 * end, the JSON. What record_check() lets pass must come back the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record_json.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct record *find(const uint8_t *name, size_t n)
{
	for (size_t i = 0; all_records[i]; i++)
		if (strlen(all_records[i]->name) == n &&
		    !memcmp(all_records[i]->name, name, n))
			return all_records[i];
	return NULL;
}

static void try_record(const struct record *r, const json_t *object)
{
	void *rec = calloc(1, r->size);
	struct issue issue = { 0 };
	json_t *back;

	assert(rec);
	record_init(r, rec);
	if (!record_from_json(r, rec, object, &issue) &&
	    !record_check(r, rec, &issue)) {
		back = record_to_json(r, rec);
		assert(back);
		json_decref(back);
	} else {
		assert(issue.what[0]);
	}
	free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	const struct record *r =
		line ? find(data, (size_t)(line - data)) : NULL;
	json_t *object;

	if (!r)
		return 0;
	line++;
	object = json_loadb((const char *)line, size - (size_t)(line - data),
			    JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(object))
		try_record(r, object);
	json_decref(object);
	return 0;
}

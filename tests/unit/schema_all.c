/* What must hold for every record of the real schema. */
#include <stdbool.h>

#include "field.h"
#include "record_json.h"
#include "records.h"

#include "check.h"

static void *new_record(const struct record *r)
{
	void *rec = calloc(1, r->size);

	CHECK(rec);
	record_init(r, rec);
	return rec;
}

static void fill(const struct record *r, void *rec)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (f->type == FIELD_BYTES)
			field_set_bytes(f, rec, field_text(f, rec),
					(uint32_t)f->size);
		else if (field_is_text(f))
			memset(field_text_room(f, rec), 'a', f->size - 1);
		else
			field_set_number(f, rec, f->max);
	}
}

static void round_trip(const struct record *r, void *rec)
{
	size_t room = record_encoded_max(r);
	uint8_t *buf = malloc(room);
	void *back = new_record(r);
	int n;

	CHECK(buf);
	n = record_encode(r, rec, buf, room);
	CHECK(n > 0);
	CHECK_EQ(record_decode(r, back, buf, (size_t)n), 0);
	CHECK(record_equal(r, rec, back, NULL));
	/* A live row is no longer; what it leaves out comes back. */
	CHECK(record_encode_live(r, rec, buf, room) <= n);
	n = record_encode_live(r, rec, buf, room);
	CHECK_EQ(record_decode(r, back, buf, (size_t)n), 0);
	record_mask(r, rec);
	CHECK(record_equal(r, rec, back, NULL));
	free(back);
	free(buf);
}

/* The defaults must be accepted, but for what is required. */
static void check_defaults(const struct record *r, void *rec)
{
	struct issue issue = { 0 };
	const struct field *f;

	if (record_check(r, rec, &issue) == 0)
		return;
	f = record_field(r, issue.field);
	if (!f->required)
		fprintf(stderr, "%s.%s: %s\n", r->name, issue.field,
			issue.what);
	CHECK(f->required);
}

static void check_json(const struct record *r, const void *rec)
{
	json_t *object = record_to_json(r, rec);

	CHECK(object);
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (f->type == FIELD_SECRET || f->hidden)
			CHECK(!json_object_get(object, f->name));
	}
	json_decref(object);
}

int main(void)
{
	size_t n = 0;

	for (; all_records[n]; n++) {
		const struct record *r = all_records[n];
		void *rec = new_record(r);

		round_trip(r, rec);
		check_defaults(r, rec);
		check_json(r, rec);
		fill(r, rec);
		round_trip(r, rec);
		free(rec);
	}
	CHECK(n > 10);
	return 0;
}

#include <errno.h>
#include <stdbool.h>

#include "field.h"
#include "record.h"
#include "records.h"

#include "check.h"

static struct thing some_thing(void)
{
	struct thing t;

	record_init(&thing_record, &t);
	strcpy(t.id, "lamp");
	t.on = false;
	t.ring_s = 7;
	t.total = UINT64_C(0x0123456789abcdef);
	t.color = THING_COLOR_LIGHT_GREEN;
	strcpy(t.note, "z\xc3\xbcrich");
	strcpy(t.secret, "hunter2");
	strcpy(t.friend, "desk");
	strcpy(t.permit, "10.0.0.0/8");
	return t;
}

static void test_init(void)
{
	struct thing t;
	struct parcel p;

	memset(&t, 0xff, sizeof(t));
	memset(&p, 0xff, sizeof(p));
	record_init(&thing_record, &t);
	record_init(&parcel_record, &p);
	CHECK_STR(t.id, "");
	CHECK(t.on);
	CHECK_EQ(t.ring_s, 60);
	CHECK_EQ(t.total, 5000000000);
	CHECK_EQ(t.color, THING_COLOR_BLUE);
	CHECK_STR(t.note, "none\"yet");
	CHECK_STR(t.inner, "in");
	CHECK_EQ(p.data_bytes, 0);
	CHECK_EQ(p.count, 0);
	CHECK_STR(p.to, "");
}

static void test_descriptor(void)
{
	const struct field *f = record_field(&thing_record, "friend");

	CHECK_STR(f->table, "thing");
	CHECK_EQ(f->code, 8);
	CHECK_EQ(f->size, 33);
	CHECK(!record_field(&thing_record, "enemy"));
	CHECK(record_field(&thing_record, "id")->required);
	CHECK(!record_field(&parcel_record, "data")->required);
	CHECK(!record_field(&parcel_record, "to")->label);
	CHECK(record_field(&thing_record, "on")->list);
	CHECK_STR(record_field(&thing_record, "note")->help,
		  "What the \"thing\" is; ?"
		  "?/ is no trigraph.");
	CHECK(thing_record.ordered);
	CHECK_EQ(thing_record.max_rows, 10);
	CHECK_EQ(thing_record.kind, RECORD_TABLE);
	CHECK_STR(thing_settings_record.singleton, "general");
	CHECK_EQ(thing_settings_record.max_rows, 1);
	CHECK_STR(door_record.builtin[1], "22");
	CHECK(!door_record.builtin[2]);
	CHECK_EQ(door_record.max_rows, 2);
	CHECK(!parcel_record.key);
}

static void test_round_trip(void)
{
	struct thing t = some_thing(), back;
	struct parcel p = { .data_bytes = 3, .data = "a\0b", .count = 9 };
	struct parcel q;
	uint8_t buf[512];
	int n = record_encode(&thing_record, &t, buf, sizeof(buf));

	CHECK(n > 0 && (size_t)n <= record_encoded_max(&thing_record));
	CHECK_EQ(record_decode(&thing_record, &back, buf, (size_t)n), 0);
	CHECK(record_equal(&thing_record, &t, &back, NULL));

	/* Exactly the room it needs, and one less. */
	CHECK_EQ(record_encode(&thing_record, &t, buf, (size_t)n), n);
	for (int room = 0; room < n; room++)
		CHECK_EQ(record_encode(&thing_record, &t, buf, (size_t)room),
			 -ENOSPC);

	n = record_encode(&parcel_record, &p, buf, sizeof(buf));
	CHECK_EQ(record_decode(&parcel_record, &q, buf, (size_t)n), 0);
	CHECK(record_equal(&parcel_record, &p, &q, NULL));
	CHECK_EQ(q.data_bytes, 3);
}

static void test_known_bytes(void)
{
	static const uint8_t want[] = {
		1, 0, 2, 0xca, 0xfe, 2, 0, 4, 1, 2, 3, 4, 3, 0, 1, 'x',
	};
	struct parcel p = { .data_bytes = 2,
			    .data = { 0xca, 0xfe },
			    .count = 0x01020304,
			    .to = "x" };
	uint8_t buf[64];

	CHECK_EQ(record_encode(&parcel_record, &p, buf, sizeof(buf)),
		 sizeof(want));
	CHECK_EQ(memcmp(buf, want, sizeof(want)), 0);
}

/* A value written by one version and read by another, both ways. */
static void test_versions(void)
{
	struct thing t = some_thing(), old;
	struct thing_later later;
	uint8_t buf[512];
	int n = record_encode(&thing_record, &t, buf, sizeof(buf));

	CHECK_EQ(record_decode(&thing_later_record, &later, buf, (size_t)n), 0);
	CHECK_EQ(later.on, false);
	CHECK_EQ(later.ring_s, 7);
	CHECK_STR(later.note, "z\xc3\xbcrich");
	CHECK_STR(later.more, "more");

	n = record_encode(&thing_later_record, &later, buf, sizeof(buf));
	CHECK_EQ(record_decode(&thing_record, &old, buf, (size_t)n), 0);
	CHECK_EQ(old.ring_s, 7);
	CHECK_EQ(old.color, THING_COLOR_BLUE);

	/* What the older one cannot hold is not cut in silence. */
	strcpy(later.note, "longer than twelve");
	n = record_encode(&thing_later_record, &later, buf, sizeof(buf));
	CHECK_EQ(record_decode(&thing_record, &old, buf, (size_t)n), -EBADMSG);
	strcpy(later.note, "");
	later.ring_s = UINT64_C(1) << 32;
	n = record_encode(&thing_later_record, &later, buf, sizeof(buf));
	CHECK_EQ(record_decode(&thing_record, &old, buf, (size_t)n), -EBADMSG);
}

static void test_cut_input(void)
{
	struct thing t = some_thing(), back;
	uint8_t buf[512];
	int n = record_encode(&thing_record, &t, buf, sizeof(buf));
	int whole = 0;

	/* Between two fields a cut cannot be seen; elsewhere it must be. */
	for (int i = 0; i < n; i++) {
		uint8_t *copy = malloc((size_t)i + 1);

		CHECK(copy);
		memcpy(copy, buf, (size_t)i);
		whole += record_decode(&thing_record, &back, copy, (size_t)i) ==
			 0;
		free(copy);
	}
	CHECK_EQ(whole, thing_record.n_fields);
}

struct bad_row {
	uint8_t bytes[16];
	size_t n;
};

static void test_bad_input(void)
{
	static const struct bad_row rows[] = {
		{ { 2, 0, 4, 0, 0, 0, 2 }, 7 }, /* bool 2 */
		{ { 5, 0, 4, 0, 0, 0, 3 }, 7 }, /* enum beyond its last */
		{ { 3, 0, 2, 0, 7 }, 5 },       /* number of 2 bytes */
		{ { 3, 0, 0 }, 3 },
		{ { 1, 0, 3, 'a', 0, 'b' }, 6 }, /* NUL in text */
		{ { 6, 0, 13, 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a',
		    'a', 'a', 'a' },
		  16 }, /* one too long */
		{ { 1, 0xff, 0xff }, 3 },
		{ { 77 }, 1 },
	};
	struct thing t;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(record_decode(&thing_record, &t, rows[i].bytes,
				       rows[i].n),
			 -EBADMSG);
}

static void test_equal(void)
{
	struct thing a = some_thing(), b = a;
	const struct field *first = NULL;

	CHECK(record_equal(&thing_record, &a, &b, &first));
	CHECK(!first);
	/* What stands behind the end of a text does not count. */
	b.note[11] = 'x';
	CHECK(record_equal(&thing_record, &a, &b, &first));
	b.total++;
	strcpy(b.secret, "other");
	CHECK(!record_equal(&thing_record, &a, &b, &first));
	CHECK_STR(first->name, "total");
}

static void test_mask_and_key(void)
{
	struct thing t = some_thing();
	struct door d = { .number = 22 };
	char key[40];

	record_mask(&thing_record, &t);
	for (size_t i = 0; i < sizeof(t.secret); i++)
		CHECK_EQ(t.secret[i], 0);
	CHECK_STR(t.id, "lamp");

	record_key(&thing_record, &t, key, sizeof(key));
	CHECK_STR(key, "lamp");
	record_key(&door_record, &d, key, sizeof(key));
	CHECK_STR(key, "22");
	record_key(&parcel_record, &(struct parcel){ 0 }, key, sizeof(key));
	CHECK_STR(key, "");
}

int main(void)
{
	test_init();
	test_descriptor();
	test_round_trip();
	test_known_bytes();
	test_versions();
	test_cut_input();
	test_bad_input();
	test_equal();
	test_mask_and_key();
	return 0;
}

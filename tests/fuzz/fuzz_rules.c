/*
 * Text that people and peers give. Input: one letter for the format ('a' is
 * the first), then the text.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"
#include "field.h"
#include "password.h"
#include "records.h"
#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 600 };

/* What a rule accepted it accepts again, and does not change any more. */
static void check_rule(enum field_format format, const char *text)
{
	char once[TEXT_MAX + 1], twice[TEXT_MAX + 1], why[160];

	memcpy(once, text, strlen(text) + 1);
	if (rule_check(format, once, sizeof(once), why, sizeof(why))) {
		assert(strnlen(why, sizeof(why)) < sizeof(why) && *why);
		return;
	}
	memcpy(twice, once, sizeof(twice));
	assert(!rule_check(format, twice, sizeof(twice), why, sizeof(why)));
	assert(strcmp(once, twice) == 0);
}

static void check_prefix(const char *text)
{
	struct prefix p, q;
	char stored[ADDR_TEXT], why[160];

	if (prefix_parse(&p, text, why, sizeof(why)) < 0)
		return;
	assert(prefix_contains(&p, &p.addr));
	prefix_format(&p, stored);
	assert(prefix_parse(&q, stored, why, sizeof(why)) == 0);
	assert(q.len == p.len && addr_equal(&p.addr, &q.addr));
	assert(prefix_list_contains(text, &p.addr));
}

/* Each field of a table that people fill. */
static void check_fields(const char *text)
{
	struct extension e;
	struct issue issue;

	for (size_t i = 0; i < extension_record.n_fields; i++) {
		const struct field *f = &extension_record.fields[i];

		record_init(&extension_record, &e);
		memcpy(e.number, "801", 4);
		if (field_set(&extension_record, f, &e, text, &issue) == 0)
			(void)record_check(&extension_record, &e, &issue);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const words[] = { "801", "Ada Lovelace", NULL };
	char text[TEXT_MAX + 1] = "";
	char peer[40];

	if (!size || size > TEXT_MAX)
		return 0;
	text_from_peer(peer, sizeof(peer), (const char *)data + 1, size - 1);
	assert(text_is_clean(peer, strlen(peer)));

	memcpy(text, data + 1, size - 1);
	check_rule(
		(enum field_format)((data[0] - 'a' + 256) % (FORMAT_MAIL + 1)),
		text);
	check_prefix(text);
	check_fields(text);
	(void)password_weak(text, words);
	return 0;
}

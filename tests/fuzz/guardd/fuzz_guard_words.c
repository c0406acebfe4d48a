/* The words of people and scripts: ids of bans, and filters of incidents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "incident_query.h"
#include "key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup(size ? (const char *)data : "", size),
	     again[GUARD_KEY_TEXT];
	struct incident_query q;
	struct guard_key key, back;
	struct incident row;
	struct issue issue;

	CHECK(text);
	record_init(&incident_record, &row);
	if (incident_query_parse(&q, text, &issue) == 0)
		(void)incident_query_matches(&q, &row);
	if (guard_key_parse(&key, text) == 0) {
		guard_key_format(&key, again);
		CHECK_EQ(guard_key_parse(&back, again), 0);
		CHECK(guard_key_equal(&key, &back));
	}
	free(text);
	return 0;
}

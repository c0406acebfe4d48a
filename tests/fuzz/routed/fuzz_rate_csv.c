/*
 * Price lists and filters of call records: any bytes. What is taken is a row
 * that the table takes; what is not is told in clean text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cdr_filter.h"
#include "field.h"
#include "rate_csv.h"
#include "rates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void filter(const char *text)
{
	struct cdr_filter f;
	struct issue issue;
	struct cdr row;

	record_init(&cdr_record, &row);
	if (cdr_filter_parse(&f, text, &issue))
		assert(text_is_clean(issue.what, strlen(issue.what)));
	else
		(void)cdr_filter_passes(&f, &row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rate_csv *c = rate_csv_new("acme");
	const struct call_rate *rows;
	size_t half = size / 2, n;
	char text[513] = "";

	if (!c)
		abort();
	rate_csv_feed(c, (const char *)data, half);
	rate_csv_feed(c, (const char *)data + half, size - half);
	rate_csv_end(c);
	rows = rate_csv_rows(c, &n);
	for (size_t i = 0; i < n; i++) {
		struct issue issue;

		assert(!rates_check_id(rows[i].id, &issue));
		assert(i == 0 || strcmp(rows[i - 1].id, rows[i].id) < 0 ||
		       rate_csv_wrong(c));
	}
	for (size_t i = 0; i < rate_csv_wrong(c) && i < RATE_CSV_NOTES; i++) {
		const char *what = rate_csv_note(c, i)->what;

		assert(*what && text_is_clean(what, strlen(what)));
	}
	rate_csv_free(c);
	memcpy(text, data, size < 512 ? size : 512);
	filter(text);
	return 0;
}

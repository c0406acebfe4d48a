/*
 * Which call records: words separated by ';', all of which a record must pass.
 *
 *   FIELD=text   FIELD!=text   FIELD<number   FIELD>number
 *   FIELD^text   begins with   FIELD~text     contains, letters in either case
 *   from=MOMENT  to=MOMENT     of the start, `to` excluded (moment.h)
 *   before=ID    goes on after the record of that call
 */
#pragma once

#include <stdbool.h>

#include "records.h"

enum { CDR_WORDS = 8 };

struct cdr_word {
	const struct field *field;
	char op; /* as above; '!' for != */
	char text[65];
	uint64_t number; /* of numbers */
};

struct cdr_filter {
	struct cdr_word words[CDR_WORDS];
	size_t n;
	uint64_t from_ms;
	uint64_t to_ms; /* UINT64_MAX: no end */
	char before[41];
};

/* 0, or -EINVAL and *issue. */
int cdr_filter_parse(struct cdr_filter *f, const char *text,
		     struct issue *issue);

/* From, to and before are not looked at: where a walk begins and ends. */
bool cdr_filter_passes(const struct cdr_filter *f, const struct cdr *row);

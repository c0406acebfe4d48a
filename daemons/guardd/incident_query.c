#include "incident_query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number(const char *text, uint64_t *value, struct issue *issue)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return issue_set(issue, "filter", "not a number");
	return 0;
}

static int word(struct incident_query *q, char *name, struct issue *issue)
{
	char *value = strchr(name, '=');
	const struct field *f;

	if (!value)
		return issue_set(issue, "filter",
				 "words are field=value, separated by ;");
	*value++ = '\0';
	if (strcmp(name, "since_ms") == 0)
		return number(value, &q->since_ms, issue);
	if (strcmp(name, "before") == 0)
		return number(value, &q->before, issue);
	f = record_field(&incident_record, name);
	if (!f)
		return issue_set(issue, "filter", "no such field");
	if (q->n == INCIDENT_QUERY_WORDS)
		return issue_set(issue, "filter", "too many words");
	q->fields[q->n] = f;
	q->values[q->n++] = (size_t)(value - q->text);
	return 0;
}

int incident_query_parse(struct incident_query *q, const char *filter,
			 struct issue *issue)
{
	char *rest = q->text, *name;
	int err = 0;

	memset(q, 0, sizeof(*q));
	if (strlen(filter) >= sizeof(q->text))
		return issue_set(issue, "filter", "too long");
	snprintf(q->text, sizeof(q->text), "%s", filter);
	while (err == 0 && (name = strsep(&rest, ";")))
		if (name[0])
			err = word(q, name, issue);
	return err;
}

bool incident_query_matches(const struct incident_query *q,
			    const struct incident *row)
{
	char text[256];

	if (row->last_ms < q->since_ms)
		return false;
	for (size_t i = 0; i < q->n; i++) {
		if (field_get(q->fields[i], row, text, sizeof(text)) < 0 ||
		    strcmp(text, q->text + q->values[i]) != 0)
			return false;
	}
	return true;
}

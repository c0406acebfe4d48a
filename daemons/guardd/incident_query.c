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

/* source=A,B/24 */
static int networks(struct incident_query *q, char *value, struct issue *issue)
{
	char *one;

	while ((one = strsep(&value, ","))) {
		char why[160];

		if (q->n_networks == INCIDENT_QUERY_WORDS)
			return issue_set(issue, "filter", "too many networks");
		if (prefix_parse(&q->networks[q->n_networks], one, why,
				 sizeof(why)) < 0)
			return issue_set(issue, "filter", "source: %s", why);
		q->n_networks++;
	}
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
	if (strcmp(name, "until_ms") == 0)
		return number(value, &q->until_ms, issue);
	if (strcmp(name, "source") == 0 && strcmp(value, "others") != 0)
		return networks(q, value, issue);
	if (strcmp(name, "text") == 0) {
		q->holds = (size_t)(value - q->text);
		return 0;
	}
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

static bool in_networks(const struct incident_query *q,
			const struct incident *row)
{
	struct prefix p;
	char why[160];

	/* A banned source may be a /64. */
	if (prefix_parse(&p, row->source, why, sizeof(why)) < 0)
		return false;
	for (size_t i = 0; i < q->n_networks; i++)
		if (prefix_contains(&q->networks[i], &p.addr))
			return true;
	return false;
}

static bool holds(const struct incident *row, const char *text)
{
	const char *const texts[] = { row->source, row->service, row->account,
				      row->detail, row->outcome };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcasestr(texts[i], text))
			return true;
	return false;
}

/* Is it one of "a,b,c"? */
static bool one_of(const char *text, const char *list)
{
	size_t n = strlen(text);

	for (const char *p = list;; p++) {
		size_t len = strcspn(p, ",");

		if (len == n && strncmp(p, text, n) == 0)
			return true;
		p += len;
		if (!*p)
			return false;
	}
}

bool incident_query_matches(const struct incident_query *q,
			    const struct incident *row)
{
	char text[256];

	if (row->last_ms < q->since_ms ||
	    (q->until_ms > 0 && row->last_ms >= q->until_ms))
		return false;
	if (q->n_networks > 0 && !in_networks(q, row))
		return false;
	if (q->holds > 0 && !holds(row, q->text + q->holds))
		return false;
	for (size_t i = 0; i < q->n; i++) {
		if (field_get(q->fields[i], row, text, sizeof(text)) < 0 ||
		    !one_of(text, q->text + q->values[i]))
			return false;
	}
	return true;
}

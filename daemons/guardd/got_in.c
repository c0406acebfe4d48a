#include "got_in.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "incidents.h"
#include "key.h"

struct look {
	struct got_in *out;
	const struct report *r;
	struct guard_key key;
	char source[ADDR_TEXT];
	uint64_t since_ms;
	const char *accounts[GOT_IN_ACCOUNTS];
};

static bool is_of(const struct look *l, const struct incident *row)
{
	struct guard_key key;
	struct addr source;

	if (strcmp(row->service, l->r->service) != 0)
		return false;
	if (strcmp(row->source, l->source) == 0)
		return true;
	if (l->key.family == AF_INET || addr_parse(&source, row->source) < 0)
		return false;
	guard_key_make(&key, (enum guard_service_id)l->key.service, &source);
	return guard_key_equal(&key, &l->key);
}

static void note_account(struct look *l, const char *account)
{
	struct got_in *out = l->out;

	for (uint32_t i = 0; i < out->accounts; i++)
		if (strcmp(l->accounts[i], account) == 0)
			return;
	if (out->accounts < GOT_IN_ACCOUNTS)
		l->accounts[out->accounts++] = account;
}

static bool on_incident(void *ctx, const struct incident *row)
{
	struct look *l = ctx;

	if (row->last_ms < l->since_ms || !is_of(l, row))
		return true;
	if (row->kind == INCIDENT_KIND_GOT_IN)
		return false;
	if (row->kind != INCIDENT_KIND_CREDENTIAL)
		return true;
	l->out->tries += row->count;
	if (strcmp(row->account, l->r->account) == 0)
		l->out->own += row->count;
	note_account(l, row->account);
	return true;
}

void got_in_look(struct got_in *out, const struct incidents *is,
		 const struct report *r, uint64_t wall_ms)
{
	const uint64_t within_ms = (uint64_t)GOT_IN_WITHIN_S * 1000;
	struct look l = { .out = out, .r = r };
	int service = guard_service_find(r->service);
	struct addr source;

	memset(out, 0, sizeof(*out));
	if (service < 0 || addr_parse(&source, r->source) < 0)
		return;
	addr_format(&source, l.source);
	guard_key_make(&l.key, (enum guard_service_id)service, &source);
	l.since_ms = wall_ms > within_ms ? wall_ms - within_ms : 0;
	incidents_each(is, 0, on_incident, &l);
}

bool got_in_tell(const struct got_in *g, struct incident *row)
{
	bool many = g->accounts >= GOT_IN_ACCOUNTS;

	if (!many && g->own < GOT_IN_TRIES)
		return false;
	row->level = many ? INCIDENT_LEVEL_ALARM : INCIDENT_LEVEL_WARNING;
	snprintf(row->detail, sizeof(row->detail),
		 "after %u refused tries within an hour%s",
		 many ? g->tries : g->own, many ? ", as several accounts" : "");
	snprintf(row->outcome, sizeof(row->outcome), "was let in");
	return true;
}

/* From reports, bans and what happens in the house to rows of incidents. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "alerts.h"
#include "got_in.h"
#include "guardd.h"
#include "incidents.h"
#include "kind.h"

enum {
	EVIDENCE_LINES = 5,
	EVIDENCE_SEEN = 500, /* incidents looked through for them */
};

static void keep(struct guardd *d, const struct incident *row, bool proven)
{
	struct guard_now now;

	guardd_now(d, &now);
	row = incidents_note(d->incidents, row, proven, now.mono_ms,
			     now.wall_ms);
	alerts_hear(d->alerts, row, now.mono_ms);
	/* Nobody outside can make many of these: written down at once. */
	if (row->level == INCIDENT_LEVEL_ALARM && row->count == 1)
		keep_flush(d);
}

static int row_of(const struct report *r, struct incident *row)
{
	struct addr source;
	char text[ADDR_TEXT] = "";

	if (r->source[0] && addr_parse(&source, r->source) < 0)
		return -1;
	if (r->source[0])
		addr_format(&source, text);
	record_init(&incident_record, row);
	row->kind = kind_of(r->kind)->incident;
	row->level = kind_level(r);
	snprintf(row->source, sizeof(row->source), "%s", text);
	snprintf(row->service, sizeof(row->service), "%s", r->service);
	snprintf(row->account, sizeof(row->account), "%s", r->account);
	snprintf(row->detail, sizeof(row->detail), "%s", r->detail);
	return 0;
}

void note_try(struct guardd *d, const struct report *r,
	      const struct guard_outcome_of *o)
{
	static const char *const transports[] = { "UDP", "TCP", "TLS" };
	struct incident row;

	if (row_of(r, &row) < 0)
		return;
	snprintf(row.detail, sizeof(row.detail), "%s%s%.180s",
		 transports[r->transport], r->detail[0] ? ": " : "", r->detail);
	if (o->outcome == GUARD_ANSWER)
		snprintf(row.outcome, sizeof(row.outcome),
			 "answered, %u tries left", o->tries_left);
	else
		snprintf(row.outcome, sizeof(row.outcome), "%s", o->why);
	keep(d, &row, r->proven || r->kind == REPORT_KIND_CREDENTIAL);
}

static bool after_tries(struct guardd *d, const struct report *r,
			struct incident *row)
{
	struct guard_now now;
	struct got_in g;

	guardd_now(d, &now);
	got_in_look(&g, d->incidents, r, now.wall_ms);
	return got_in_tell(&g, row);
}

int note_event(struct guardd *d, const struct report *r, struct issue *issue)
{
	struct incident row;

	if (row_of(r, &row) < 0)
		return issue_set(issue, "source", "not an address");
	snprintf(row.outcome, sizeof(row.outcome), "%s", r->outcome);
	if (r->kind == REPORT_KIND_ACCEPTED && !after_tries(d, r, &row))
		return 0;
	keep(d, &row, true);
	return 0;
}

void note_ban(struct guardd *d, enum incident_kind kind,
	      const struct guard_key *key, const char *outcome)
{
	struct incident row;

	record_init(&incident_record, &row);
	row.kind = kind;
	guard_key_source(key, row.source);
	snprintf(row.service, sizeof(row.service), "%s",
		 guard_service_name((enum guard_service_id)key->service));
	snprintf(row.outcome, sizeof(row.outcome), "%s", outcome);
	keep(d, &row, true);
}

/* ---- evidence ---- */

struct evidence {
	const struct guard_key *key;
	char source[ADDR_TEXT];
	char text[BAN_EVIDENCE];
	size_t used;
	int lines;
	int seen;
};

static bool is_of(const struct evidence *e, const struct incident *row)
{
	struct guard_key key;
	struct addr source;

	if (row->kind > INCIDENT_KIND_FOREIGN_MEDIA ||
	    strcmp(row->service,
		   guard_service_name((enum guard_service_id)e->key->service)))
		return false;
	if (e->key->family == AF_INET)
		return strcmp(row->source, e->source) == 0;
	if (addr_parse(&source, row->source) < 0)
		return false;
	guard_key_make(&key, (enum guard_service_id)e->key->service, &source);
	return guard_key_equal(&key, e->key);
}

/* "801: 4 times, UDP; 802: 6 times, UDP" */
static bool add_line(void *ctx, const struct incident *row)
{
	struct evidence *e = ctx;
	char line[BAN_EVIDENCE];
	int n;

	if (e->seen++ == EVIDENCE_SEEN || e->lines == EVIDENCE_LINES)
		return false;
	if (!is_of(e, row))
		return true;
	n = snprintf(line, sizeof(line), "%s%.32s%s%u times, %.60s",
		     e->lines ? "; " : "", row->account,
		     row->account[0] ? ": " : "", row->count, row->detail);
	if (n < 0 || e->used + (size_t)n >= sizeof(e->text))
		return false;
	memcpy(e->text + e->used, line, (size_t)n + 1);
	e->used += (size_t)n;
	e->lines++;
	return true;
}

void note_evidence(struct guardd *d, struct ban *ban)
{
	struct evidence e = { .key = &ban->key };
	char clean[BAN_EVIDENCE];

	guard_key_source(&ban->key, e.source);
	incidents_each(d->incidents, 0, add_line, &e);
	if (e.lines == 0)
		return;
	/* Names may have been cut within a character. */
	text_from_peer(clean, sizeof(clean), e.text, e.used);
	(void)bans_say(d->guard.bans, ban, ban_actor(ban), clean);
}

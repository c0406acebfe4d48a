#include "decide.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

int guard_init(struct guard *g, const uint8_t seed[GUARD_SEED])
{
	memset(g, 0, sizeof(*g));
	for (enum guard_service_id s = 0; s < GUARD_N_SERVICES; s++)
		guard_default_setting(&g->settings[s], s);
	g->counters = counters_new(GUARD_COUNTERS_MAX, seed);
	g->bans = bans_new(GUARD_BANS_MAX, seed);
	g->offenders = offenders_new(GUARD_OFFENDERS_MAX, seed);
	if (g->counters && g->bans && g->offenders)
		return 0;
	guard_fini(g);
	return -ENOMEM;
}

void guard_fini(struct guard *g)
{
	counters_free(g->counters);
	bans_free(g->bans);
	offenders_free(g->offenders);
	memset(g, 0, sizeof(*g));
}

void guard_default_setting(struct guard_service *row,
			   enum guard_service_id service)
{
	record_init(&guard_service_record, row);
	snprintf(row->service, sizeof(row->service), "%s",
		 guard_service_name(service));
	if (service == GUARD_SIP || service == GUARD_IAX2) {
		row->tries = 10;
		row->ban_s = 3600;
	}
}

/* A ban of `key` would cut somebody of `p`. */
static bool meets(const struct guard_key *key, const struct prefix *p)
{
	struct prefix whole;

	guard_key_prefix(key, &whole);
	return prefix_contains(p, &whole.addr) ||
	       prefix_contains(&whole, &p->addr);
}

const struct guard_allowed *guard_allows(const struct guard *g,
					 const struct guard_key *key,
					 uint64_t wall_ms)
{
	uint32_t want = 1u << GUARD_ALL | 1u << key->service;

	for (size_t i = 0; i < g->n_allowed; i++) {
		const struct guard_allowed *a = &g->allowed[i];

		if ((a->services & want) == 0 ||
		    (a->until_ms > 0 && a->until_ms <= wall_ms))
			continue;
		if (meets(key, &a->source))
			return a;
	}
	return NULL;
}

bool guard_is_local(const struct guard *g, const struct guard_key *key)
{
	static const struct prefix loopback = { { AF_INET6, { [15] = 1 } },
						128 };
	struct prefix whole;

	guard_key_prefix(key, &whole);
	if (!g->locals_known)
		return addr_is_private(&whole.addr) || meets(key, &loopback);
	for (size_t i = 0; i < g->n_locals; i++)
		if (meets(key, &g->locals[i]))
			return true;
	return false;
}

bool guard_is_trunk(const struct guard *g, const struct guard_key *key)
{
	bool sip = key->service == GUARD_SIP || key->service == GUARD_ALL;

	for (size_t i = 0; sip && i < g->n_trunks; i++)
		if (meets(key, &g->trunks[i]))
			return true;
	return false;
}

uint32_t guard_left_s(const struct ban *ban, const struct guard_now *now)
{
	if (ban->until_mono_ms == 0)
		return 0;
	if (ban->until_mono_ms <= now->mono_ms)
		return 1;
	return (uint32_t)((ban->until_mono_ms - now->mono_ms + 999) / 1000);
}

/* Each ban in a row is `repeat_factor` times the one before. */
static uint32_t ban_length_s(const struct guard_service *s, uint32_t times)
{
	uint64_t length = s->ban_s;

	for (uint32_t i = 1; i < times && length < GUARD_LONGEST_BAN_S; i++) {
		if (s->repeat_factor <= 1)
			break;
		length *= s->repeat_factor;
	}
	if (length > GUARD_LONGEST_BAN_S)
		length = GUARD_LONGEST_BAN_S;
	return (uint32_t)length;
}

static void set_end(struct guard *g, struct ban *ban, uint32_t seconds,
		    const struct guard_now *now)
{
	uint64_t ms = (uint64_t)seconds * 1000;

	bans_end_at(g->bans, ban, seconds ? now->mono_ms + ms : 0,
		    seconds ? now->wall_ms + ms : 0);
}

/* What people read: who it said it was, and what it was seen doing. */
static void evidence_of(const struct report *r, char *text, size_t size)
{
	static const char *const transports[] = { "UDP", "TCP", "TLS" };

	snprintf(text, size, "%s%s%.64s%s%.100s", transports[r->transport],
		 r->account[0] ? ", account " : "", r->account,
		 r->detail[0] ? ": " : "", r->detail);
}

static struct ban *new_ban(struct guard *g, const struct guard_key *key,
			   const struct report *r, uint32_t tries,
			   const struct guard_now *now)
{
	const struct guard_service *s = &g->settings[key->service];
	uint64_t age_ms = (uint64_t)GUARD_OFFENDER_DAYS * 86400000;
	char evidence[BAN_EVIDENCE];
	struct ban *ban;

	ban = bans_put(g->bans, key);
	if (!ban)
		return NULL;
	evidence_of(r, evidence, sizeof(evidence));
	if (bans_say(g->bans, ban, "", evidence) < 0) {
		bans_take(g->bans, ban);
		return NULL;
	}
	ban->tries = tries;
	ban->since_ms = now->wall_ms;
	ban->origin = REJECTED_ORIGIN_FAIL2BAN;
	ban->times =
		offenders_times(g->offenders, key, now->wall_ms, age_ms) + 1;
	set_end(g, ban, ban_length_s(s, ban->times), now);
	/* Remembered from its end on. Without memory for it the next ban is as
	   long as this one. */
	(void)offenders_note(g->offenders, &(struct offender){
						   *key,
						   ban->times,
						   ban->until_ms,
					   });
	return ban;
}

/*
 * A refused credential counts. Anything else can be sent from a forged address
 * over UDP, so it never bans (SPEC 3); over a connection the address is
 * proven, and a scanner's knock counts.
 */
static bool counts(const struct report *r)
{
	if (r->kind == REPORT_KIND_CREDENTIAL)
		return true;
	return r->kind == REPORT_KIND_SCANNER && r->proven &&
	       r->transport != REPORT_TRANSPORT_UDP;
}

static int report_key(const struct report *r, struct guard_key *key,
		      struct issue *issue)
{
	struct addr source;
	int service = guard_service_find(r->service);

	if (service < 0 || service == GUARD_ALL)
		return issue_set(issue, "service", GUARD_SERVICES);
	if (addr_parse(&source, r->source) < 0)
		return issue_set(issue, "source", "not an address");
	guard_key_make(key, (enum guard_service_id)service, &source);
	return 0;
}

static const char *exempt(const struct guard *g, const struct guard_key *key,
			  const struct guard_now *now)
{
	const struct guard_service *s = &g->settings[key->service];

	if (!s->enabled)
		return "the guard of this service is off";
	if (guard_allows(g, key, now->wall_ms))
		return "an allowed address";
	if (s->trust_local && guard_is_local(g, key))
		return "a local address";
	if (guard_is_trunk(g, key))
		return "a trunk's address";
	return NULL;
}

static struct ban *banned(struct guard *g, const struct guard_key *key)
{
	struct guard_key every = *key;
	struct ban *ban = bans_find(g->bans, key);

	every.service = GUARD_ALL;
	return ban ? ban : bans_find(g->bans, &every);
}

static void count_try(struct guard *g, const struct guard_key *key,
		      const struct report *r, const struct guard_now *now,
		      struct guard_outcome_of *out)
{
	const struct guard_service *s = &g->settings[key->service];

	if (r->old_secret && counters_seen_stale(g->counters, key, r->account,
						 s->window_s, now->mono_ms)) {
		out->outcome = GUARD_EXEMPT;
		out->why = "the previous password, counted before";
		return;
	}
	out->tries = counters_add(g->counters, key, s->window_s, now->mono_ms);
	if (out->tries > 0 && out->tries < s->tries) {
		out->outcome = GUARD_ANSWER;
		out->why = "counted";
		out->tries_left = s->tries - out->tries;
		return;
	}
	out->outcome = GUARD_BAN;
	out->why = out->tries ? "that was the last try" : "no memory to count";
	out->ban = new_ban(g, key, r, out->tries, now);
	if (out->ban)
		counters_forget(g->counters, key);
}

int guard_decide(struct guard *g, const struct report *r,
		 const struct guard_now *now, struct guard_outcome_of *out,
		 struct issue *issue)
{
	struct guard_key key;

	memset(out, 0, sizeof(*out));
	if (report_key(r, &key, issue) < 0)
		return -EINVAL;
	out->key = key;
	out->why = exempt(g, &key, now);
	out->ban = out->why ? NULL : banned(g, &key);
	if (out->ban) {
		out->outcome = GUARD_BANNED;
		out->why = "shut out";
		out->banned_s = guard_left_s(out->ban, now);
		return 0;
	}
	if (!counts(r)) {
		out->outcome = GUARD_NOTED;
		out->why = "can be forged: noted, not counted";
		return 0;
	}
	if (out->why) {
		out->outcome = GUARD_EXEMPT;
		return 0;
	}
	count_try(g, &key, r, now, out);
	if (out->ban)
		out->banned_s = guard_left_s(out->ban, now);
	return 0;
}

struct ban *guard_reject(struct guard *g, const struct guard_key *key,
			 uint32_t seconds, const char *actor,
			 const struct guard_now *now, struct issue *issue)
{
	const struct guard_allowed *allowed =
		guard_allows(g, key, now->wall_ms);
	struct ban *ban;

	if (allowed) {
		issue_set(issue, "source",
			  "allowed by \"%s\", and allowed beats rejected: "
			  "take it out there first",
			  allowed->name);
		return NULL;
	}
	if (g->settings[key->service].trust_local && guard_is_local(g, key)) {
		issue_set(issue, "source",
			  "a local address is never banned while local "
			  "addresses are trusted");
		return NULL;
	}
	if (guard_is_trunk(g, key)) {
		issue_set(
			issue, "source",
			"a trunk's address is never banned from sip: "
			"name another service, or switch the trunk off first");
		return NULL;
	}
	ban = bans_put(g->bans, key);
	if (!ban || bans_say(g->bans, ban, actor,
			     ban->words ? ban_evidence(ban)
					: "rejected by a person") < 0) {
		/* times 0: it was made just now, and has no words. */
		if (ban && ban->times == 0)
			bans_take(g->bans, ban);
		issue_set(issue, "source", "no room for another ban");
		return NULL;
	}
	if (ban->times == 0) {
		ban->times = 1;
		ban->since_ms = now->wall_ms;
	}
	ban->origin = REJECTED_ORIGIN_PERSON;
	set_end(g, ban, seconds, now);
	counters_forget(g->counters, key);
	return ban;
}

void guard_ban_row(const struct ban *ban, struct rejected *row)
{
	char text[GUARD_KEY_TEXT];

	record_init(&rejected_record, row);
	guard_key_format(&ban->key, text);
	snprintf(row->id, sizeof(row->id), "%s", text);
	guard_key_source(&ban->key, row->source);
	snprintf(row->service, sizeof(row->service), "%s",
		 guard_service_name((enum guard_service_id)ban->key.service));
	row->tries = ban->tries;
	row->since_ms = ban->since_ms;
	row->until_ms = ban->until_ms;
	row->origin = ban->origin;
	snprintf(row->actor, sizeof(row->actor), "%s", ban_actor(ban));
	snprintf(row->evidence, sizeof(row->evidence), "%s", ban_evidence(ban));
	row->times = ban->times;
}

int guard_ban_load(struct guard *g, const struct rejected *row,
		   const struct guard_now *now, struct ban **out)
{
	uint64_t left_ms = 0;
	struct guard_key key;
	struct ban *ban;

	if (guard_key_parse(&key, row->id) < 0)
		return -EINVAL;
	if (row->until_ms > 0) {
		if (row->until_ms <= now->wall_ms)
			return -ESTALE;
		left_ms = row->until_ms - now->wall_ms;
		/* A clock that was set back makes no ban longer. */
		if (row->until_ms > row->since_ms &&
		    left_ms > row->until_ms - row->since_ms)
			left_ms = row->until_ms - row->since_ms;
	}
	if (bans_full(g->bans))
		return -ENOSPC;
	ban = bans_put(g->bans, &key);
	if (!ban)
		return -ENOMEM;
	if (bans_say(g->bans, ban, row->actor, row->evidence) < 0) {
		bans_take(g->bans, ban);
		return -ENOMEM;
	}
	ban->tries = row->tries;
	ban->times = row->times;
	ban->origin = (uint8_t)row->origin;
	ban->since_ms = row->since_ms;
	bans_end_at(g->bans, ban, left_ms ? now->mono_ms + left_ms : 0,
		    left_ms ? now->wall_ms + left_ms : 0);
	*out = ban;
	return 0;
}

/*
 * Reports as anybody could cause them, one after another, into small tables:
 *
 *   1 byte flags (kind, transport, proven, old secret) | 1 byte seconds that
 *   pass | service NUL | source NUL | account NUL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "decide.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes a text; cut to what the field holds, as the bus does. */
static void take(char *out, size_t room, const uint8_t **data, size_t *size)
{
	size_t n = strnlen((const char *)*data, *size);
	size_t used = n < *size ? n + 1 : n;

	text_from_peer(out, room, (const char *)*data, n);
	*data += used;
	*size -= used;
}

static void one(struct guard *g, struct guard_now *now, const uint8_t **data,
		size_t *size)
{
	struct guard_outcome_of out;
	struct issue issue;
	struct report r;
	uint8_t flags = (*data)[0];

	record_init(&report_record, &r);
	r.kind = (flags & 7) % 5;
	r.transport = (flags >> 3 & 3) % 3;
	r.proven = flags >> 5 & 1;
	r.old_secret = flags >> 6 & 1;
	now->mono_ms += (*data)[1] * 1000u;
	now->wall_ms += (*data)[1] * 1000u;
	*data += 2;
	*size -= 2;
	take(r.service, sizeof(r.service), data, size);
	take(r.source, sizeof(r.source), data, size);
	take(r.account, sizeof(r.account), data, size);
	if (guard_decide(g, &r, now, &out, &issue) < 0)
		return;
	/* What can be forged never bans. */
	if (out.outcome == GUARD_BAN)
		CHECK(r.kind == REPORT_KIND_CREDENTIAL ||
		      (r.kind == REPORT_KIND_SCANNER && r.proven &&
		       r.transport != REPORT_TRANSPORT_UDP));
	if (out.outcome == GUARD_ANSWER)
		CHECK(out.tries_left > 0);
	if (out.ban) {
		struct rejected row;
		struct guard_key key;

		guard_ban_row(out.ban, &row);
		CHECK_EQ(record_check(&rejected_record, &row, &issue), 0);
		CHECK_EQ(guard_key_parse(&key, row.id), 0);
		CHECK(guard_key_equal(&key, &out.ban->key));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[GUARD_SEED];
	struct guard_now now = { 1000000, 1700000000000 };
	struct guard *g = calloc(1, sizeof(*g));

	CHECK(g);
	g->counters = counters_new(8, seed);
	g->bans = bans_new(8, seed);
	g->offenders = offenders_new(8, seed);
	CHECK(g->counters && g->bans && g->offenders);
	for (enum guard_service_id s = 0; s < GUARD_N_SERVICES; s++) {
		guard_default_setting(&g->settings[s], s);
		g->settings[s].tries = 2;
		g->settings[s].repeat_factor = 3;
	}
	while (size >= 2)
		one(g, &now, &data, &size);
	CHECK(counters_count(g->counters) <= 8);
	CHECK(bans_count(g->bans) <= 8);
	guard_fini(g);
	free(g);
	return 0;
}

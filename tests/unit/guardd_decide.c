/*
 * Reports to outcomes, against golden files (golden.h):
 *
 *   set sip tries=3 window_s=60     a setting's fields
 *   local 192.168.1.0/24            what fwd tells
 *   trunk 198.51.100.0/24           a trunk's address, from sipd
 *   allow 203.0.113.80 sip;https [until SECONDS]
 *   at 12.5                         the time in seconds from here on
 *   report sip credential 203.0.113.9 udp 801 [proven] [old]
 *   times 9 report ...              the same often
 *   reject sip 203.0.113.9 3600     by a person
 *   ends                            bans that are over go, as the daemon does
 */
#include "check.h"
#include "decide.h"
#include "golden.h"

struct script {
	struct guard guard;
	struct guard_now now;
	FILE *out;
};

/* 2026-01-01: any day will do. */
static const uint64_t day_ms = 1767225600000;

static void set(struct script *s, char *rest)
{
	char *service = strsep(&rest, " "), *word;
	int id = guard_service_find(service);
	struct issue issue;

	CHECK(id >= 0);
	while ((word = strsep(&rest, " "))) {
		char *name = strsep(&word, "=");
		const struct field *f =
			record_field(&guard_service_record, name);

		CHECK(f && word);
		CHECK_EQ(field_set(&guard_service_record, f,
				   &s->guard.settings[id], word, &issue),
			 0);
	}
}

static struct prefix prefix(const char *text)
{
	struct prefix p;
	char why[160];

	CHECK(text);
	CHECK_EQ(prefix_parse(&p, text, why, sizeof(why)), 0);
	return p;
}

static void local(struct script *s, char *rest)
{
	s->guard.locals_known = true;
	s->guard.locals[s->guard.n_locals++] = prefix(rest);
}

static void trunk(struct script *s, char *rest)
{
	s->guard.trunks[s->guard.n_trunks++] = prefix(rest);
}

static void allow(struct script *s, char *rest)
{
	struct guard_allowed *a = &s->guard.allowed[s->guard.n_allowed++];
	char *services, *name;

	memset(a, 0, sizeof(*a));
	snprintf(a->name, sizeof(a->name), "row-%zu", s->guard.n_allowed);
	a->source = prefix(strsep(&rest, " "));
	services = strsep(&rest, " ");
	while ((name = strsep(&services, ";")))
		a->services |= 1u << guard_service_find(name);
	if (rest && strncmp(rest, "until ", 6) == 0)
		a->until_ms = day_ms + strtoull(rest + 6, NULL, 10) * 1000;
}

static void at(struct script *s, const char *rest)
{
	uint64_t ms = (uint64_t)(strtod(rest, NULL) * 1000);

	s->now.mono_ms = 1000000 + ms;
	s->now.wall_ms = day_ms + ms;
}

static const char *outcome_name(enum guard_outcome o)
{
	switch (o) {
	case GUARD_ANSWER:
		return "answer";
	case GUARD_BAN:
		return "answer, then ban";
	case GUARD_BANNED:
		return "drop";
	case GUARD_EXEMPT:
		return "answer, exempt";
	case GUARD_NOTED:
		return "drop, noted";
	}
	return "?";
}

static void set_text(const char *field, struct report *r, const char *text)
{
	struct issue issue;

	CHECK_EQ(field_set(&report_record, record_field(&report_record, field),
			   r, text, &issue),
		 0);
}

static void report(struct script *s, char *rest)
{
	static const char *const fields[] = { "service", "kind", "source",
					      "transport", "account" };
	struct guard_outcome_of o;
	struct issue issue;
	struct report r;
	char *word;

	record_init(&report_record, &r);
	for (size_t i = 0; i < 5; i++) {
		word = strsep(&rest, " ");
		CHECK(word);
		set_text(fields[i], &r, word);
	}
	while ((word = strsep(&rest, " "))) {
		r.proven |= strcmp(word, "proven") == 0;
		r.old_secret |= strcmp(word, "old") == 0;
	}
	if (guard_decide(&s->guard, &r, &s->now, &o, &issue) < 0) {
		fprintf(s->out, "  refused: %s: %s\n", issue.field, issue.what);
		return;
	}
	fprintf(s->out, "  %s", outcome_name(o.outcome));
	if (o.outcome == GUARD_ANSWER)
		fprintf(s->out, ", %u left", o.tries_left);
	else
		fprintf(s->out, " (%s)", o.why);
	if (o.ban)
		fprintf(s->out, " for %u s, %u tries, time %u", o.banned_s,
			o.ban->tries, o.ban->times);
	fprintf(s->out, "\n");
}

static void reject(struct script *s, char *rest)
{
	int service = guard_service_find(strsep(&rest, " "));
	char *source = strsep(&rest, " ");
	struct guard_key key;
	struct issue issue = { 0 };
	struct ban *ban;
	char why[160], text[GUARD_KEY_TEXT];

	CHECK(service >= 0);
	if (guard_key_of_source(&key, (enum guard_service_id)service, source,
				why, sizeof(why)) < 0) {
		fprintf(s->out, "  refused: %s\n", why);
		return;
	}
	ban = guard_reject(&s->guard, &key, (uint32_t)strtoul(rest, NULL, 10),
			   "ada", &s->now, &issue);
	if (!ban) {
		fprintf(s->out, "  refused: %s: %s\n", issue.field, issue.what);
		return;
	}
	guard_key_format(&key, text);
	fprintf(s->out, "  %s for %u s\n", text, guard_left_s(ban, &s->now));
}

static void ends(struct script *s)
{
	struct ban *ban;

	while ((ban = bans_next(s->guard.bans)) &&
	       ban->until_mono_ms <= s->now.mono_ms) {
		char text[GUARD_KEY_TEXT];

		guard_key_format(&ban->key, text);
		fprintf(s->out, "  %s ended\n", text);
		bans_take(s->guard.bans, ban);
	}
}

static void one(struct script *s, const char *verb, char *rest)
{
	if (strcmp(verb, "set") == 0)
		set(s, rest);
	else if (strcmp(verb, "local") == 0)
		local(s, rest);
	else if (strcmp(verb, "trunk") == 0)
		trunk(s, rest);
	else if (strcmp(verb, "allow") == 0)
		allow(s, rest);
	else if (strcmp(verb, "at") == 0)
		at(s, rest);
	else if (strcmp(verb, "report") == 0)
		report(s, rest);
	else if (strcmp(verb, "reject") == 0)
		reject(s, rest);
	else if (strcmp(verb, "ends") == 0)
		ends(s);
	else
		CHECK_STR(verb, "a verb");
}

static void line(void *ctx, char *rest)
{
	char *verb = strsep(&rest, " ");
	unsigned long times = 1;

	if (strcmp(verb, "times") == 0) {
		times = strtoul(strsep(&rest, " "), NULL, 10);
		verb = strsep(&rest, " ");
	}
	for (; times > 0; times--) {
		char copy[256];

		snprintf(copy, sizeof(copy), "%s", rest ? rest : "");
		one(ctx, verb, copy);
	}
}

static void *begin(FILE *out)
{
	static const uint8_t seed[GUARD_SEED] = { 1, 2, 3 };
	struct script *s = calloc(1, sizeof(*s));

	CHECK(s);
	s->out = out;
	CHECK_EQ(guard_init(&s->guard, seed), 0);
	at(s, "0");
	return s;
}

static void end(void *ctx)
{
	struct script *s = ctx;

	guard_fini(&s->guard);
	free(s);
}

int main(int argc, char **argv)
{
	static const struct golden_ops ops = { begin, line, end };

	return golden_main(argc, argv, &ops);
}

/*
 * What does a decision cost, and does it grow with the rules? The plan as
 * routed compiles it: 1000 extensions, 3 trunks, hours, and 10 to 10,000 dial
 * rules; numbers that fit some rule, and numbers that fit none. Each decision
 * is timed by itself, the clock's own cost included.
 *
 *	route_load [DECISIONS]    (200000 each)
 *
 * Prints name=value pairs, one line a kind of rules and number of them.
 */
#include <sys/resource.h>
#include <time.h>

#include "check.h"
#include "plan.h"

enum { EXTENSIONS = 1000, TRUNKS = 3, RULES_MAX = 10000, NUMBERS = 4096 };

struct rows {
	struct extension extensions[EXTENSIONS];
	struct trunk trunks[TRUNKS];
	struct dial_rule rules[RULES_MAX];
	struct time_rule office;
	struct dial_plan all;
	struct route_settings settings;
};

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

#define ROWS(table, type)                                                      \
	static const void *table##_at(const void *from, size_t i)              \
	{                                                                      \
		return (const struct type *)from + i;                          \
	}
ROWS(extensions, extension)
ROWS(trunks, trunk)
ROWS(rules, dial_rule)
ROWS(hours, time_rule)
ROWS(plans, dial_plan)
ROWS(settings, route_settings)

/* Prefixes as in a table of destinations. */
static void prefix_pattern(uint64_t *seed, char *out, size_t size)
{
	static const unsigned tens[] = { 10, 100, 1000, 10000, 100000 };

	snprintf(out, size, "00%u%uX.", 1 + next(seed) % 98,
		 next(seed) % tens[next(seed) % 5]);
}

/* As tangled as can be: sets that overlap in every place. */
static void set_pattern(uint64_t *seed, char *out, size_t size)
{
	size_t n = 0;

	(void)size;
	for (int i = 0; i < 7; i++) {
		uint32_t from = next(seed) % 8;

		out[n++] = '[';
		out[n++] = (char)('0' + from);
		out[n++] = '-';
		out[n++] = (char)('1' + from + next(seed) % (9 - from));
		out[n++] = ']';
	}
	out[n++] = '.';
	out[n] = '\0';
}

static void make_rows(struct rows *r)
{
	static const char *const trunks[TRUNKS] = { "acme", "spare", "third" };

	for (unsigned i = 0; i < EXTENSIONS; i++) {
		record_init(&extension_record, &r->extensions[i]);
		snprintf(r->extensions[i].number,
			 sizeof(r->extensions[i].number), "%u", 8000 + i);
	}
	for (unsigned i = 0; i < TRUNKS; i++) {
		record_init(&trunk_record, &r->trunks[i]);
		snprintf(r->trunks[i].name, sizeof(r->trunks[i].name), "%s",
			 trunks[i]);
	}
	record_init(&time_rule_record, &r->office);
	snprintf(r->office.name, sizeof(r->office.name), "office");
	snprintf(r->office.zone, sizeof(r->office.zone), "Europe/Paris");
	snprintf(r->office.hours, sizeof(r->office.hours),
		 "mon-fri 09:00-12:00 13:00-18:00; sat 10:00-14:00");
	record_init(&dial_plan_record, &r->all);
	snprintf(r->all.name, sizeof(r->all.name), "default");
	record_init(&route_settings_record, &r->settings);
}

static void make_rules(struct rows *r,
		       void (*pattern)(uint64_t *, char *, size_t))
{
	uint64_t seed = 7;

	for (unsigned i = 0; i < RULES_MAX; i++) {
		struct dial_rule *d = &r->rules[i];

		record_init(&dial_rule_record, d);
		snprintf(d->name, sizeof(d->name), "rule%u", i);
		pattern(&seed, d->pattern, sizeof(d->pattern));
		snprintf(d->trunks, sizeof(d->trunks), "acme;spare;third");
		snprintf(d->time_rule, sizeof(d->time_rule), "office");
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct plan *compile(const struct rows *r, size_t n)
{
	const struct plan_input in = {
		.extensions = { extensions_at, r->extensions, EXTENSIONS },
		.trunks = { trunks_at, r->trunks, TRUNKS },
		.dial_rules = { rules_at, r->rules, n },
		.time_rules = { hours_at, &r->office, 1 },
		.dial_plans = { plans_at, &r->all, 1 },
		.settings = { settings_at, &r->settings, 1 },
	};
	struct plan *p = plan_new(&in);

	CHECK(p);
	return p;
}

/* Half of them begin as a rule does. */
static void make_numbers(const struct rows *r, size_t n,
			 char numbers[NUMBERS][65])
{
	uint64_t seed = 11;

	for (size_t i = 0; i < NUMBERS; i++) {
		const char *p = r->rules[next(&seed) % n].pattern;
		size_t len = 0;

		for (; i % 2 && *p && *p != 'X' && *p != '.'; p++) {
			if (*p == '[') {
				numbers[i][len++] = p[1];
				p += 4;
			} else {
				numbers[i][len++] = *p;
			}
		}
		if (!len)
			len = (size_t)snprintf(numbers[i], 65, "00");
		for (int k = 0; k < 8; k++)
			numbers[i][len++] = (char)('0' + next(&seed) % 10);
		numbers[i][len] = '\0';
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void measure(const char *kind, const struct rows *r, size_t n,
		    uint32_t *times, size_t decisions)
{
	static char numbers[NUMBERS][65];
	uint64_t begin = now_ns(), compiled;
	struct plan *p = compile(r, n);
	/* A Monday at ten in Paris. */
	struct plan_question q = { .now_ms = 1780300800000 };
	struct plan_choice choice;
	size_t out = 0;
	struct verdict v;
	struct ask ask;

	compiled = now_ns() - begin;
	make_numbers(r, n, numbers);
	record_init(&ask_record, &ask);
	q.ask = &ask;
	for (size_t i = 0; i < decisions; i++) {
		snprintf(ask.who, sizeof(ask.who), "%zu", 8000 + i % 1000);
		memcpy(ask.number, numbers[i % NUMBERS], 65);
		begin = now_ns();
		plan_decide(p, &q, &v, &choice);
		times[i] = (uint32_t)(now_ns() - begin);
		out += v.action == VERDICT_ACTION_DIAL;
	}
	qsort(times, decisions, sizeof(*times), by_value);
	printf("kind=%s rules=%zu compile_ms=%.2f p50_us=%.2f p99_us=%.2f "
	       "max_us=%.1f out_percent=%zu\n",
	       kind, n, (double)compiled / 1e6,
	       (double)times[decisions / 2] / 1e3,
	       (double)times[decisions * 99 / 100] / 1e3,
	       (double)times[decisions - 1] / 1e3, out * 100 / decisions);
	plan_free(p);
}

int main(int argc, char **argv)
{
	size_t decisions = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	struct rows *r = calloc(1, sizeof(*r));
	uint32_t *times = calloc(decisions + 1, sizeof(*times));

	CHECK(r && times && decisions);
	make_rows(r);
	make_rules(r, prefix_pattern);
	for (size_t n = 10; n <= RULES_MAX; n *= 10)
		measure("prefixes", r, n, times, decisions);
	make_rules(r, set_pattern);
	for (size_t n = 10; n <= RULES_MAX; n *= 10)
		measure("sets", r, n, times, decisions);
	free(times);
	free(r);
	return 0;
}

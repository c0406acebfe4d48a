/*
 * Limits on real books, against golden files (golden.h):
 *
 *   zone Europe/Berlin             of the box
 *   at 2026-03-28 23:00:00         the wall clock from here on; it may go back
 *   cap name=day scope=trunk who=acme seconds=100
 *   drop day                       the limit is taken away
 *   rate id=acme/49 price_milli=60
 *   ask call=c1 extension=801 trunk=acme ...    (books_world.h)
 *   renew c1 40
 *   end c1 55                      after so many seconds; 0: not answered
 *   restart                        the daemon, that is
 *   calls trunk acme               how many go on
 */
#include <stdlib.h>
#include <time.h>

#include "books_world.h"
#include "check.h"
#include "golden.h"

struct script {
	struct books_world world;
	FILE *out;
};

static void set_time(struct script *s, const char *text)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	CHECK(end && !*end);
	s->world.now_ms = (uint64_t)mktime(&tm) * 1000;
}

static void ask(struct script *s, const char *words)
{
	struct books_world *w = &s->world;

	if (!book_ask(w, words)) {
		fprintf(s->out, "  refused: %s\n", w->credit.why);
		return;
	}
	if (!w->credit.lease_s || strstr(words, "emergency=true")) {
		fprintf(s->out, "  goes out\n");
		return;
	}
	fprintf(s->out, "  goes out for %u s, at most %u s: %s\n",
		w->credit.lease_s, w->credit.longest_s, w->credit.why);
}

static void renew(struct script *s, const char *call, const char *talk_s)
{
	const struct lease *l = &s->world.lease;

	book_renew(&s->world, call, (uint32_t)strtoul(talk_s, NULL, 10));
	fprintf(s->out, "  until %u s%s%s\n", l->lease_s,
		l->final ? ", the last: " : "", l->reason);
}

static void end(struct script *s, const char *call, const char *talk_s)
{
	struct cdr row;

	book_end(&s->world, call, (uint32_t)strtoul(talk_s, NULL, 10));
	CHECK_EQ(s->world.err, 0);
	CHECK(book_record(&s->world, call, &row));
	fprintf(s->out, "  %s talked %u s for %u.%03u over \"%s\" by \"%s\"\n",
		row.caller, row.talk_s, (unsigned)(row.cost_milli / 1000),
		(unsigned)(row.cost_milli % 1000), row.trunk, row.dial_rule);
}

static void calls(struct script *s, const char *of, const char *who)
{
	enum usage_of what = !strcmp(of, "trunk")       ? USAGE_OF_TRUNK
			     : !strcmp(of, "dial_rule") ? USAGE_OF_DIAL_RULE
							: USAGE_OF_EXTENSION;

	fprintf(s->out, "  %u\n", books_calls(s->world.books, what, who));
}

/* Who was told to ask for a slice. */
static void tell_bound(struct script *s)
{
	if (s->world.bound[0])
		fprintf(s->out, "  must ask:%s\n", s->world.bound);
	s->world.bound[0] = '\0';
}

static void do_line(void *ctx, char *line)
{
	char *rest = line, *verb = strsep(&rest, " "), *first;
	struct script *s = ctx;

	if (!strcmp(verb, "zone")) {
		setenv("TZ", rest, 1);
		tzset();
	} else if (!strcmp(verb, "at")) {
		set_time(s, rest);
	} else if (!strcmp(verb, "cap")) {
		books_world_cap(&s->world, rest);
	} else if (!strcmp(verb, "drop")) {
		books_world_drop(&s->world, rest);
	} else if (!strcmp(verb, "rate")) {
		books_world_rate(&s->world, rest);
	} else if (!strcmp(verb, "ask")) {
		ask(s, rest);
	} else if (!strcmp(verb, "restart")) {
		books_world_close(&s->world);
		books_world_open(&s->world);
	} else {
		first = strsep(&rest, " ");
		CHECK(first && rest);
		if (!strcmp(verb, "renew"))
			renew(s, first, rest);
		else if (!strcmp(verb, "end"))
			end(s, first, rest);
		else if (!strcmp(verb, "calls"))
			calls(s, first, rest);
		else
			CHECK(!"a verb that is known");
	}
	tell_bound(s);
}

static void *begin(FILE *out)
{
	struct script *s = calloc(1, sizeof(*s));

	CHECK(s);
	setenv("TZ", "UTC", 1);
	tzset();
	s->out = out;
	books_world_init(&s->world);
	return s;
}

static void finish(void *ctx)
{
	struct script *s = ctx;

	books_world_fini(&s->world);
	free(s);
}

int main(int argc, char **argv)
{
	static const struct golden_ops ops = { begin, do_line, finish };

	return golden_main(argc, argv, &ops);
}

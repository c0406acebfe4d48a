/*
 * The PIN locks against golden files. A script; the time is that of a clock
 * that never steps, and moves on by itself by a second a line:
 *
 *	at 10m              also s, h, d
 *	ask EXT CALL        may it enter a PIN?
 *	wrong EXT CALL [last]
 *	right EXT CALL
 *	ended EXT CALL
 *	unlock EXT
 *	times N LINE        LINE so often; ? in it is 1, 2 ...
 *	sweep               what counts no more
 */
#include <stdlib.h>

#include "check.h"
#include "golden.h"
#include "pin_locks.h"

enum { MAX = 4 };

struct script {
	FILE *out;
	struct pin_locks *locks;
	uint64_t now_ms;
};

static void *begin(FILE *out)
{
	struct script *s = calloc(1, sizeof(*s));

	CHECK(s);
	s->out = out;
	s->locks = pin_locks_new(MAX);
	CHECK(s->locks);
	return s;
}

static void end(void *ctx)
{
	struct script *s = ctx;

	pin_locks_free(s->locks);
	free(s);
}

static uint64_t time_of(const char *text)
{
	char *unit;
	uint64_t n = strtoull(text, &unit, 10) * 1000;

	switch (*unit) {
	case 'd':
		n *= 24;
		/* fall through */
	case 'h':
		n *= 60;
		/* fall through */
	case 'm':
		n *= 60;
		break;
	default:
		break;
	}
	return n;
}

static void tell_time(struct script *s, uint64_t ms)
{
	uint64_t min = ms / 60000;

	fprintf(s->out, "%u d %02u:%02u:%02u", (unsigned)(min / 1440),
		(unsigned)(min / 60 % 24), (unsigned)(min % 60),
		(unsigned)(ms / 1000 % 60));
}

static void tell_gate(struct script *s, const char *extension, const char *call)
{
	const struct pin_line *line = pin_locks_find(s->locks, extension);

	switch (pin_locks_gate(s->locks, extension, call, s->now_ms)) {
	case PIN_OPEN:
		fputs("  open", s->out);
		break;
	case PIN_LOCKED:
		fputs("  locked until ", s->out);
		tell_time(s, line->until_ms);
		break;
	case PIN_FOR_EVER:
		fputs("  locked until a person looks", s->out);
		break;
	case PIN_BUSY:
		fputs("  not while others try", s->out);
		break;
	}
	fputc('\n', s->out);
}

static void tell_line(struct script *s, bool locked, const struct pin_line *l)
{
	if (!l) {
		fputs("  not counted\n", s->out);
		return;
	}
	fprintf(s->out, "  %u wrong, %u failed%s\n", l->wrong.n, l->failed.n,
		locked ? ": locked" : "");
}

static void kept(void *ctx, const struct pin_line *line)
{
	struct script *s = ctx;

	fprintf(s->out, "  %s is forgotten\n", line->extension);
}

static void line(void *ctx, char *text);

static void times(struct script *s, char *text)
{
	unsigned n = (unsigned)strtoul(text, &text, 10);

	for (unsigned i = 1; i <= n; i++) {
		char one[128];
		size_t at = strcspn(text, "?");

		CHECK(text[at]);
		snprintf(one, sizeof(one), "%.*s%u%s", (int)at - 1, text + 1, i,
			 text + at + 1);
		line(s, one);
	}
}

static void act(struct script *s, const char *word, const char *extension,
		const char *call, bool last)
{
	const struct pin_line *l;
	bool locked;

	if (!strcmp(word, "ask")) {
		tell_gate(s, extension, call);
	} else if (!strcmp(word, "wrong")) {
		locked = pin_locks_wrong(s->locks, extension, call,
					 "192.168.1.7", last, s->now_ms, &l);
		tell_line(s, locked, l);
	} else if (!strcmp(word, "right")) {
		pin_locks_right(s->locks, extension, call);
	} else if (!strcmp(word, "ended")) {
		locked = pin_locks_ended(s->locks, extension, call, s->now_ms,
					 &l);
		tell_line(s, locked, l);
	} else if (!strcmp(word, "unlock")) {
		fprintf(s->out, "  %s\n",
			pin_locks_unlock(s->locks, extension) ? "done"
							      : "was none");
	} else {
		abort();
	}
}

static void line(void *ctx, char *text)
{
	char word[16] = "", extension[16] = "", call[48] = "", last[8] = "";
	struct script *s = ctx;

	s->now_ms += 1000;
	CHECK(sscanf(text, "%15s %15s %47s %7s", word, extension, call, last));
	if (!strcmp(word, "at"))
		s->now_ms = time_of(extension);
	else if (!strcmp(word, "times"))
		times(s, text + 6);
	else if (!strcmp(word, "sweep"))
		pin_locks_sweep(s->locks, s->now_ms, kept, s);
	else
		act(s, word, extension, call, *last);
}

int main(int argc, char **argv)
{
	static const struct golden_ops ops = { begin, line, end };

	return golden_main(argc, argv, &ops);
}

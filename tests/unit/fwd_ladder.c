/*
 * The most within times, and which limits that is over: golden conversations
 * (fwd_ladder DIR [--write]), and random traffic against a bucket that is
 * played through packet by packet.
 *
 *	come SECOND N		so many in that second
 *	turn			a period ends
 *	need SECONDS...		the fewest that a limit must let through
 *	peaks now|before
 *	keep			written and read again
 */
#include <stdbool.h>

#include "check.h"
#include "golden.h"
#include "ladder.h"

enum { ROUNDS = 2000, TRAIN = 400 };

struct world {
	FILE *out;
	struct ladder ladder;
};

static void *begin(FILE *out)
{
	struct world *w = calloc(1, sizeof(*w));

	CHECK(w);
	w->out = out;
	return w;
}

static void say_needs(struct world *w, char *save)
{
	char *word;

	while ((word = strtok_r(NULL, " ", &save)))
		fprintf(w->out, "  %s s: %u\n", word,
			ladder_need(&w->ladder,
				    (uint32_t)strtoul(word, NULL, 10)));
}

static void keep(struct world *w)
{
	char now[LADDER_TEXT], before[LADDER_TEXT];

	ladder_print(&w->ladder, LADDER_NOW, now);
	ladder_print(&w->ladder, LADDER_BEFORE, before);
	memset(&w->ladder, 0, sizeof(w->ladder));
	ladder_read(&w->ladder, LADDER_NOW, now);
	ladder_read(&w->ladder, LADDER_BEFORE, before);
}

static void line(void *ctx, char *line)
{
	struct world *w = ctx;
	char text[LADDER_TEXT];
	unsigned long second, n;
	char *save, *word;

	if (sscanf(line, "come %lu %lu", &second, &n) == 2) {
		ladder_add(&w->ladder, second, (uint32_t)n);
		return;
	}
	word = strtok_r(line, " ", &save);
	if (strcmp(word, "need") == 0) {
		say_needs(w, save);
	} else if (strcmp(word, "turn") == 0) {
		ladder_turn(&w->ladder);
	} else if (strcmp(word, "keep") == 0) {
		keep(w);
	} else {
		ladder_print(&w->ladder,
			     strcmp(save, "now") == 0 ? LADDER_NOW
						      : LADDER_BEFORE,
			     text);
		fprintf(w->out, "  %s\n", text);
	}
}

static void end(void *ctx)
{
	free(ctx);
}

static uint32_t chance(uint32_t *random, uint32_t n)
{
	/* Marsaglia's xorshift: the same story each time */
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random % n;
}

/* As the kernel's: full at first, filled evenly, what finds nothing is cut. */
static bool bucket_cuts(const uint32_t *come, uint32_t packets,
			uint32_t seconds)
{
	double left = packets;

	for (int i = 0; i < TRAIN; i++) {
		left += (double)packets / seconds;
		if (left > packets)
			left = packets;
		if (come[i] > left + 1e-6)
			return true;
		left -= come[i];
	}
	return false;
}

static void a_round(uint32_t *random, double *worst)
{
	uint32_t seconds = 1 + chance(random, chance(random, 2) ? 60 : 900);
	uint32_t bursts = 1 + chance(random, 60), come[TRAIN] = { 0 };
	struct ladder l = { 0 };
	uint32_t need, packets;

	for (uint32_t i = 0; i < bursts; i++)
		come[chance(random, TRAIN)] += 1 + chance(random, 30);
	for (uint32_t i = 0; i < TRAIN; i++)
		if (come[i] > 0)
			ladder_add(&l, 1000 + i, come[i]);
	need = ladder_need(&l, seconds);
	CHECK(need > 0);
	/* Whom we name is cut off. */
	CHECK(bucket_cuts(come, need - 1, seconds) || need == 1);
	/* Whom we do not name may be, by a little. */
	for (packets = need; bucket_cuts(come, packets, seconds); packets++)
		;
	if ((double)packets / need > *worst)
		*worst = (double)packets / need;
}

int main(int argc, char **argv)
{
	static const struct golden_ops ops = { begin, line, end };
	uint32_t random = 1;
	double worst = 1;

	for (int i = 0; i < ROUNDS; i++)
		a_round(&random, &worst);
	printf("a limit that is just enough: at most %.2f of what we say\n",
	       worst);
	CHECK(worst < 1.5);
	return golden_main(argc, argv, &ops);
}

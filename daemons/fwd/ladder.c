#include "ladder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds of a part: rungs below 8 s have as many parts as seconds. */
static uint64_t part_s(unsigned rung)
{
	return rung <= 3 ? 1 : UINT64_C(1) << (rung - 3);
}

static unsigned parts(unsigned rung)
{
	return rung >= 3 ? LADDER_PARTS : 1u << rung;
}

/* Parts that went by since the last one are empty. */
static void move_on(uint32_t *part, unsigned n, uint64_t last, uint64_t now)
{
	for (unsigned i = 0; i < n && last < now; i++)
		part[++last % n] = 0;
}

static uint32_t most(const struct ladder *l, unsigned rung)
{
	uint32_t a = l->peak[LADDER_NOW][rung];
	uint32_t b = l->peak[LADDER_BEFORE][rung];

	return a > b ? a : b;
}

void ladder_add(struct ladder *l, uint64_t now_s, uint32_t n)
{
	for (unsigned r = 0; r < LADDER_RUNGS; r++) {
		uint64_t now = now_s / part_s(r), sum = 0;
		uint32_t *part = l->part[r];
		uint32_t *peak = &l->peak[LADDER_NOW][r];

		move_on(part, parts(r), l->at_s / part_s(r), now);
		for (unsigned i = 0; i < parts(r); i++)
			sum += part[i];
		/* Sums stay within what a peak holds. */
		if (sum + n > UINT32_MAX)
			n = (uint32_t)(UINT32_MAX - sum);
		part[now % parts(r)] += n;
		if (sum + n > *peak)
			*peak = (uint32_t)(sum + n);
	}
	l->at_s = now_s;
}

void ladder_turn(struct ladder *l)
{
	memcpy(l->peak[LADDER_BEFORE], l->peak[LADDER_NOW],
	       sizeof(l->peak[LADDER_NOW]));
	memset(l->peak[LADDER_NOW], 0, sizeof(l->peak[LADDER_NOW]));
}

uint32_t ladder_most(const struct ladder *l)
{
	return most(l, LADDER_RUNGS - 1);
}

uint32_t ladder_need(const struct ladder *l, uint32_t seconds)
{
	uint64_t need = most(l, 0);

	for (unsigned r = 1; r < LADDER_RUNGS; r++) {
		uint64_t all = (UINT64_C(1) << r) + seconds;
		uint64_t n = (most(l, r) * (uint64_t)seconds + all - 1) / all;

		if (n > need)
			need = n;
	}
	return (uint32_t)need;
}

void ladder_print(const struct ladder *l, enum ladder_period p,
		  char text[LADDER_TEXT])
{
	size_t n = 0;

	/* Ten digits and a sign each: it always fits. */
	for (unsigned r = 0; r < LADDER_RUNGS; r++)
		n += (size_t)snprintf(text + n, LADDER_TEXT - n, "%s%u",
				      r > 0 ? ";" : "", l->peak[p][r]);
}

void ladder_read(struct ladder *l, enum ladder_period p, const char *text)
{
	memset(l->peak[p], 0, sizeof(l->peak[p]));
	for (unsigned r = 0; r < LADDER_RUNGS && *text; r++) {
		char *end;
		unsigned long n = strtoul(text, &end, 10);

		if (end == text)
			return;
		l->peak[p][r] = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
		text = *end == ';' ? end + 1 : end;
	}
}

/*
 * Telephones that send no sound before their call is answered: such a one is
 * answered first when it is to be asked for a PIN (SPEC 5). A bounded memory,
 * the one that was met longest ago gives way; lost with routed, which costs
 * two seconds at the next call. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { MUTES_MAX = 256 };

struct mute {
	char extension[9];
	char source[65]; /* the phone's address */
	uint64_t met;    /* the larger the later; 0: free */
};

struct mutes {
	struct mute all[MUTES_MAX];
	uint64_t n; /* meetings so far */
};

/* One more meeting with a phone that was silent. */
void mutes_meet(struct mutes *m, const char *extension, const char *source);
bool mutes_knows(const struct mutes *m, const char *extension,
		 const char *source);

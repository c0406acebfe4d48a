/*
 * Registrations that are being taken back: the row has changed, or the daemon
 * ends. Each has its own copy of what it needs, for the trunk may be gone.
 */
#pragma once

#include <stdbool.h>

struct asker;
struct asker_question;
struct farewells;

/* NULL: no memory. */
struct farewells *farewells_new(void);
void farewells_free(struct farewells *f);

/* Takes the asker (in every case) with its Call-ID and nonce, and has it ask
   the question with expires_s 0. */
void farewells_say(struct farewells *f, struct asker *asker,
		   const struct asker_question *q);

/* Is every one answered or given up? */
bool farewells_done(const struct farewells *f);

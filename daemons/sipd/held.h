/*
 * Answers that wait. Who was told 200 to a REGISTER relies on its binding, also
 * when sipd is killed the next moment: such an answer goes out once what it
 * says stands in the view (SPEC 10), together with the others of that commit.
 * Owned by the gate.
 */
#pragma once

struct held;
struct registrar_answer;
struct request;
struct sofia;
struct store;

/* store NULL: nothing is kept, answers go out at once. NULL: no memory. */
struct held *held_new(struct sofia *sofia, struct store *store);
/* Discards what still waits. */
void held_free(struct held *h);

/*
 * Answers when all that was put into the view so far is committed: before it
 * returns if it is. Takes the request; the answer is copied. When the commit
 * fails, the answer is 500 with Retry-After. Beyond 4096 waiting ones, and for
 * want of memory, the request is discarded: it comes again.
 */
void held_reply(struct held *h, struct request *r,
		const struct registrar_answer *answer);

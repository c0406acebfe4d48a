/*
 * Calls that were lost: open in our books, and sipd, which runs, knows them
 * neither as a call nor as a record it still has to tell (a power cut took them
 * from it). They are settled as if they had ended when they were last known to
 * go on. A call that sipd may still tell of is left to it.
 */
#pragma once

struct books;
struct lost;

struct lost *lost_new(struct books *b); /* NULL: no memory */
void lost_free(struct lost *l);

/* Looks once; the timer does it every 10 s. */
void lost_look(struct lost *l);

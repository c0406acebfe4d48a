/*
 * Open calls that a limit has come to bind: they began when none applied, so
 * they hold no slice and nobody would end them. Owned by books.c.
 */
#pragma once

struct books;
struct bound;

/* NULL: no memory. */
struct bound *bound_new(struct books *b);
void bound_free(struct bound *b);

/* Tells config.bound of each such call. Called when limits change and every few
   seconds, for who was told may not have heard; by tests at will. */
void bound_look(struct bound *b);

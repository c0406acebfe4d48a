/*
 * The table of extensions: the rules beyond the schema (passwords, grades,
 * the previous secret), and the first start's 800-809.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct event_base;
struct extension;
struct extensions;
struct seal;
struct store;

struct extensions_config {
	struct event_base *base;
	struct bus *bus; /* NULL in tests */
	struct store *store;
	const struct seal *seal;
	const char *state_dir; /* for first-extensions.csv */
	const char *run_dir;   /* the parent of all views */
	/* A row changed: old NULL is a new one, row NULL a deleted one. */
	void (*changed)(void *ctx, const struct extension *old,
			const struct extension *row);
	void *ctx;
};

/* Opens the table. The first time ever it makes 800 to 809 with random
   passwords and writes STATE/first-extensions.csv. NULL and why. */
struct extensions *extensions_new(const struct extensions_config *config,
				  char *why, size_t why_size);
void extensions_free(struct extensions *e);

/* In clear, valid until the next change of the table; NULL: no such one. */
const struct extension *extensions_get(const struct extensions *e,
				       const char *number);

/* Is this the extension's password, and may it be used from there (Permit IP;
   source "": not asked)? At the same cost whether there is such an extension or
   not. */
bool extensions_verify(const struct extensions *e, const char *number,
		       const char *secret, const char *source);

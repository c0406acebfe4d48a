/*
 * Addresses that the house knows: private ones, allowed ones, and those from
 * where somebody of the staff is signed in. Strangers may be as many as they
 * like; what there is little of (connections, passwords being checked) keeps a
 * part for these.
 */
#pragma once

#include <stdbool.h>

struct addr;
struct bus;
struct known;
struct sessions;

/* Both are the caller's, and outlive it. NULL: no memory. */
struct known *known_new(struct bus *bus, const char *run_dir,
			const struct sessions *sessions);
void known_free(struct known *k);

bool known_source(const struct known *k, const struct addr *source);

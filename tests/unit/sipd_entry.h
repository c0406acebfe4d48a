/*
 * sipd's way in, whole but for the bus: Sofia on a UDP port of the loopback,
 * the entry, the gate, the registrar. What it would ask of guardd and of the
 * calls is counted. For the torture test and the fuzzer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry;

struct entry_seen {
	unsigned reports;  /* told to guardd */
	unsigned invites;  /* that reached the calls */
	unsigned requests; /* that reached the gate */
};

/* dir: an empty directory for the state. Aborts when it cannot. */
struct entry *entry_new(const char *dir);
void entry_free(struct entry *e);

/* Is the sender a local peer from now on? */
void entry_local(struct entry *e, bool local);

/* Sends a datagram, or the same over a new TCP connection, and runs the loop
   until it was looked at. Returns the bytes of the first answer, 0 for
   silence. */
size_t entry_send(struct entry *e, bool tcp, const uint8_t *bytes, size_t n,
		  char *answer, size_t size);

/* Sends a datagram, then a REGISTER without credentials; runs the loop until
   the latter is challenged, so that the former was looked at. Aborts when that
   takes more than two seconds. */
void entry_push(struct entry *e, const uint8_t *bytes, size_t n);

struct entry_seen *entry_seen(struct entry *e);

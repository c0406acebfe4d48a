/*
 * Passwords of web accounts as yescrypt (libxcrypt). One takes 25 ms and 16 MB,
 * so two threads do it, behind a bounded queue: the loop never waits, and
 * nobody can make us spend more than two processors and 32 MB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct hasher;

enum {
	HASH_MAX = 128,
	HASH_SECRET_MAX = 128,
	HASH_QUEUE = 16, /* jobs that wait or run */
};

struct hash_result {
	bool ok;             /* verify: it is the password */
	char hash[HASH_MAX]; /* make: the new one; "" for want of memory */
};

/* In the loop, exactly once a job. */
typedef void (*hash_done_fn)(void *ctx, const struct hash_result *result);

struct hasher *hasher_new(struct event_base *base);
/* Waits for what runs; jobs that wait are dropped without done. */
void hasher_free(struct hasher *h);

/*
 * Is `secret` the one of `hash`? An empty hash never fits, and takes the same
 * work as any other. 0, -EAGAIN (queue full), -ENOMEM.
 */
int hash_verify(struct hasher *h, const char *secret, const char *hash,
		hash_done_fn done, void *ctx);

/* Makes a hash with a new salt. The same errors. */
int hash_make(struct hasher *h, const char *secret, hash_done_fn done,
	      void *ctx);

/* Jobs that wait or run now. */
size_t hasher_jobs(const struct hasher *h);

/* How many hashes were computed: the measure of equal work in tests. */
uint64_t hasher_count(const struct hasher *h);

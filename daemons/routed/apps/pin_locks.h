/*
 * Who typed wrong PINs, and whose PIN rules are locked for it (SPEC 5):
 *
 *   three calls that failed within 10 minutes lock an extension's PIN rules for
 *   30 minutes, the next time for twice as long, and so on;
 *   20 wrong entries within 24 hours lock them until a person looks.
 *
 * A call with a wrong entry that is still going on counts for every other call
 * as one that failed, so that many calls at once get no more entries than one
 * after the other. What one extension does never touches another.
 *
 * Pure: all times are CLOCK_MONOTONIC in milliseconds, so that no step of the
 * wall clock ends or lengthens a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PIN_CALLS = 3,    /* that fail within PIN_CALLS_MS */
	PIN_ENTRIES = 20, /* that are wrong within PIN_DAY_MS */
	PIN_CALLS_MS = 10 * 60 * 1000,
	PIN_DAY_MS = 24 * 3600 * 1000,
	PIN_LOCK_MS = 30 * 60 * 1000,
	PIN_DOUBLINGS = 9,                   /* 30 min * 2^9: ten days */
	PIN_QUIET_MS = 7 * 24 * 3600 * 1000, /* then all is forgotten */
};

/* The times of what happened within a window, the oldest first. */
struct pin_times {
	uint32_t n;
	uint64_t at_ms[PIN_ENTRIES];
};

/* A call that had a wrong entry and goes on. */
struct pin_open {
	char call[41];
	uint64_t at_ms;
};

struct pin_line {
	char extension[9];
	struct pin_times failed;
	struct pin_times wrong;
	uint64_t since_ms;
	uint64_t until_ms; /* 0: not locked, or for ever */
	bool for_ever;     /* until a person looks */
	uint32_t times;    /* locked how often */
	uint64_t last_ms;  /* something was wrong */
	struct pin_open open[PIN_CALLS];
	char source[65]; /* the last phone */
};

struct pin_locks;

enum pin_gate {
	PIN_OPEN,
	PIN_LOCKED,   /* until line->until_ms */
	PIN_FOR_EVER, /* until a person looks */
	PIN_BUSY,     /* other calls are about to fail; or no room to count */
};

/* NULL: no memory. `max` extensions at most. */
struct pin_locks *pin_locks_new(size_t max);
void pin_locks_free(struct pin_locks *l);

/* May this call of the extension enter a PIN? "" is any call. */
enum pin_gate pin_locks_gate(const struct pin_locks *l, const char *extension,
			     const char *call, uint64_t now_ms);

/*
 * A wrong entry; `last`: its call ends with it. True: it locked the extension.
 * Where there is no room nobody's line is given up who is locked; the entry is
 * then not counted (*line is NULL), and the gate is shut for that extension.
 */
bool pin_locks_wrong(struct pin_locks *l, const char *extension,
		     const char *call, const char *source, bool last,
		     uint64_t now_ms, const struct pin_line **line);
/* A right one: the wrong ones of this call before it are no failed call. */
void pin_locks_right(struct pin_locks *l, const char *extension,
		     const char *call);
/* The call is over: had it a wrong entry and no right one, it failed. True:
   that locked the extension. *line is NULL where there was nothing to count. */
bool pin_locks_ended(struct pin_locks *l, const char *extension,
		     const char *call, uint64_t now_ms,
		     const struct pin_line **line);
/* A person looked. False: there was nothing. */
bool pin_locks_unlock(struct pin_locks *l, const char *extension);

const struct pin_line *pin_locks_find(const struct pin_locks *l,
				      const char *extension);
/* Puts back what was kept. */
void pin_locks_put(struct pin_locks *l, const struct pin_line *line,
		   uint64_t now_ms);

void pin_locks_each(const struct pin_locks *l,
		    void (*fn)(void *ctx, const struct pin_line *line),
		    void *ctx);

/* Drops those of whom nothing counts any more, each after fn heard of it. */
void pin_locks_sweep(struct pin_locks *l, uint64_t now_ms,
		     void (*fn)(void *ctx, const struct pin_line *line),
		     void *ctx);

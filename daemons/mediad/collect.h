/*
 * Collecting digits: a pure state machine, fed with keys and the time. The
 * digits are secrets (a PIN): they are in no other place, and wiped here.
 *
 * A key can come three ways. The first one that brings a key is the way of this
 * entry: a phone that sends one press twice (in an INFO and in its sound) does
 * not press twice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { COLLECT_MAX = 64 };

struct collect_conf {
	uint32_t max_digits; /* 0: COLLECT_MAX */
	uint32_t first_ms;   /* after the prompt; 0: 10 s */
	uint32_t next_ms;    /* 0: 5 s */
	uint32_t silent_ms;  /* unheard for so long: COLLECT_SILENT; 0: never */
	char end_digit;      /* 0: none */
};

enum collect_result {
	COLLECT_MORE,
	COLLECT_COMPLETE,
	COLLECT_TIMEOUT,
	COLLECT_SILENT, /* nothing was ever heard of the leg */
};

enum collect_way {
	COLLECT_ANY_WAY,
	COLLECT_BY_EVENT, /* RFC 4733 */
	COLLECT_BY_INFO,  /* SIP INFO */
	COLLECT_BY_SOUND, /* tones */
};

struct collect {
	struct collect_conf conf;
	bool on;
	bool prompting; /* the clock stands until the prompt ended */
	bool heard;
	enum collect_way way; /* of the first key */
	uint64_t deadline_ms;
	uint64_t silent_at_ms;
	uint32_t n;
	char digits[COLLECT_MAX + 1];
};

/* heard: the leg has been heard before. */
void collect_start(struct collect *c, const struct collect_conf *conf,
		   bool prompting, bool heard, uint64_t now_ms);
/* A packet of the leg, whatever is in it. */
void collect_heard(struct collect *c);
void collect_prompted(struct collect *c, uint64_t now_ms);

/* A key: ends the prompt's waiting; of another way than the first: none. On
   COMPLETE c->digits holds the entry (without the end digit) until
   collect_wipe(). */
enum collect_result collect_key(struct collect *c, enum collect_way way,
				char key, uint64_t now_ms);
enum collect_result collect_tick(struct collect *c, uint64_t now_ms);

/* Off, and nothing left of the digits. */
void collect_wipe(struct collect *c);

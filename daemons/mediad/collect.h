/*
 * Collecting digits: a pure state machine, fed with keys and the time. The
 * digits are secrets (a PIN): they are in no other place, and wiped here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { COLLECT_MAX = 64 };

struct collect_conf {
	uint32_t max_digits; /* 0: COLLECT_MAX */
	uint32_t first_ms;   /* after the prompt; 0: 10 s */
	uint32_t next_ms;    /* 0: 5 s */
	char end_digit;      /* 0: none */
};

enum collect_result { COLLECT_MORE, COLLECT_COMPLETE, COLLECT_TIMEOUT };

struct collect {
	struct collect_conf conf;
	bool on;
	bool prompting; /* the clock stands until the prompt ended */
	uint64_t deadline_ms;
	uint32_t n;
	char digits[COLLECT_MAX + 1];
};

void collect_start(struct collect *c, const struct collect_conf *conf,
		   bool prompting, uint64_t now_ms);
void collect_prompted(struct collect *c, uint64_t now_ms);

/* A key: ends the prompt's waiting. On COMPLETE c->digits holds the entry
   (without the end digit) until collect_wipe(). */
enum collect_result collect_key(struct collect *c, char key, uint64_t now_ms);
enum collect_result collect_tick(struct collect *c, uint64_t now_ms);

/* Off, and nothing left of the digits. */
void collect_wipe(struct collect *c);

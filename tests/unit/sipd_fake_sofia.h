/* What stands behind sofia.h in unit tests: it notes what was answered. */
#pragma once

#include <stdbool.h>

#include "request.h"

struct fake_answer {
	unsigned code; /* 0: nothing yet; 1: dropped */
	char headers[8192];
	unsigned n;
};

struct fake_answer *fake_last(void);
void fake_reset(void);

/* A request from this address; a REGISTER of 801 unless changed. */
void fake_request(struct request *r, const char *source, bool local);

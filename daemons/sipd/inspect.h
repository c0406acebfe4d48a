/*
 * What must be refused whoever sends it: the checks of RFC 3261 sections 8.2
 * and 16.3 that need no knowledge of ours. A pure function and a table.
 */
#pragma once

#include "request.h"

enum { INSPECT_HEADERS = 256 };

struct finding {
	unsigned code; /* 0: nothing is wrong */
	const char *phrase;
	char headers[INSPECT_HEADERS];
};

#define INSPECT_ALLOW                                                          \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, UPDATE, PRACK, "  \
	"INFO\r\n"

void inspect(const struct request *r, struct finding *finding);

/* Why a request was refused, as the bus says it: a name and a sentence. */
#pragma once

#include <errno.h>
#include <stddef.h>

struct refusal {
	const char *name; /* "Invalid", "NoSuch", "Busy", "Pending", "NoCodec",
			    "Insecure" */
	char text[160];
};

/* Returns -EINVAL, so that callers can return it. */
int refusal_set(struct refusal *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

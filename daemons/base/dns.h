/*
 * Names, asked without waiting: c-ares on the event loop (random identifiers
 * and ports, TCP where UDP does not do, the servers of /etc/resolv.conf, read
 * again when it changes). Records come with their time to live; nothing is kept
 * here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct dns;
struct event_base;

enum { DNS_NAME = 256, DNS_RECORDS = 32 };

/* The numbers of RFC 1035, 3596, 2782, 3403. */
enum dns_type {
	DNS_A = 1,
	DNS_PTR = 12,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_NAPTR = 35,
};

struct dns_record {
	enum dns_type type;
	uint32_t ttl_s;
	struct addr addr;    /* A, AAAA */
	uint16_t order;      /* NAPTR; SRV: priority */
	uint16_t preference; /* NAPTR; SRV: weight */
	uint16_t port;       /* SRV */
	char flags[8];       /* NAPTR */
	char service[32];    /* NAPTR */
	char name[DNS_NAME]; /* PTR; SRV: target; NAPTR: replacement. "" is the
				root; strange bytes stand as \ddd */
};

struct dns_answer {
	int err; /* 0; -ENOENT: no such name or record; -EAGAIN: could not be
		    asked */
	const struct dns_record *records;
	size_t n;
};

/* Each server is asked `tries` times and waited for so long; each time twice as
   long as the time before. NULL: no memory. */
struct dns *dns_new(struct event_base *base, unsigned try_ms, unsigned tries);
void dns_free(struct dns *d);

/* done comes once, never from inside. 0 or -ENOMEM. */
typedef void (*dns_done_fn)(void *ctx, const struct dns_answer *answer);
int dns_ask(struct dns *d, const char *name, enum dns_type type,
	    dns_done_fn done, void *ctx);
/* No done of this ctx comes any more. */
void dns_forget(struct dns *d, void *ctx);

/* dns_read.c: the records of this type in a message from the wire, at most
   `max`. Returns how many, -ENOENT when it says there are none, -EBADMSG. */
int dns_read(const uint8_t *message, size_t bytes, enum dns_type type,
	     struct dns_record *out, size_t max);

/*
 * An nf_tables transaction being written, and the socket it goes through: a
 * batch is built in memory, sent with one sendmsg() and takes effect whole or
 * not at all. Only fwd/nft*.c include this.
 *
 * The first failure (no memory, an attribute too long) sticks in `err` and is
 * returned by the commit, so that callers need not look after each attribute.
 */
#pragma once

#include <netinet/in.h> /* before linux/netfilter.h, which has it, too */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nl_sock;
struct nlattr;
struct nlmsghdr;

struct batch {
	uint8_t *buf;
	size_t len;
	size_t room;
	size_t last;        /* offset of the last object message */
	struct nl_msg *msg; /* being written */
	uint32_t seq;
	int err;
};

/* Connects to nf_tables. NULL: no memory, or no such protocol (errno). */
struct nl_sock *batch_socket(void);

/* Starts a new one; seq goes on from the last. The memory is kept. */
void batch_begin(struct batch *b);
void batch_free(struct batch *b);

/*
 * Sends and waits for the kernel's word. 0, or a negative errno and in *bad_seq
 * the message it objects to.
 */
int batch_commit(struct nl_sock *sk, struct batch *b, uint32_t *bad_seq);

/* A message of the batch: open, attributes, close. Returns its number. */
uint32_t batch_open(struct batch *b, int type, int flags, size_t size);
void batch_close(struct batch *b);

void batch_str(struct batch *b, int attr, const char *text);
void batch_raw(struct batch *b, int attr, const void *data, size_t n);
void batch_u32(struct batch *b, int attr, uint32_t value); /* big endian */
void batch_u64(struct batch *b, int attr, uint64_t value); /* big endian */
struct nlattr *batch_nest(struct batch *b, int attr);
void batch_nest_end(struct batch *b, struct nlattr *nest);

/*
 * A question outside of any transaction: `fill` adds its attributes; each
 * answer goes to `fn`, which returns false to be told no more. 0 or a negative
 * errno.
 */
typedef bool (*batch_answer_fn)(void *ctx, struct nlmsghdr *h);
typedef void (*batch_fill_fn)(void *ctx, struct batch *b);
int batch_ask(struct nl_sock *sk, struct batch *b, int type, bool dump,
	      batch_fill_fn fill, batch_answer_fn fn, void *ctx);

struct batch_question {
	uint32_t seq;
	bool enough; /* fn wants no more of it */
};

/* The same in pieces: the question, */
int batch_send_question(struct nl_sock *sk, struct batch *b, int type,
			bool dump, batch_fill_fn fill, void *ctx,
			struct batch_question *q);
/* and as much as the kernel says at once. 1: it goes on, 0: that was all. */
int batch_read_answers(struct nl_sock *sk, struct batch_question *q,
		       batch_answer_fn fn, void *ctx);
/* Nobody waits for what may still come. */
void batch_drop_answers(struct nl_sock *sk);

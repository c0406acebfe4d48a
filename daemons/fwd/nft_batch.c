#include "nft_batch.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SOCKET_BYTES = 32 << 20, /* a whole ruleset goes in one sendmsg() */
	WAIT_MS = 5000,          /* the kernel answers while we send; a bound */
	ANSWER_BYTES = 32768,
};

static void fail(struct batch *b, int err)
{
	if (b->err == 0)
		b->err = err;
}

static int append(struct batch *b, struct nl_msg *msg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	size_t n = NLMSG_ALIGN(h->nlmsg_len);
	size_t room = b->room ? b->room : 4096;

	while (b->len + n > room)
		room *= 2;
	if (room > b->room) {
		uint8_t *p = realloc(b->buf, room);

		if (!p)
			return -ENOMEM;
		b->buf = p;
		b->room = room;
	}
	memset(b->buf + b->len, 0, n);
	memcpy(b->buf + b->len, h, h->nlmsg_len);
	b->len += n;
	return 0;
}

static struct nl_msg *message(struct batch *b, int type, int flags,
			      uint8_t family, uint16_t res_id, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size);
	struct nlmsghdr *h;
	struct nfgenmsg *g;

	if (!msg)
		return NULL;
	h = nlmsg_put(msg, 0, b->seq++, type, sizeof(*g),
		      NLM_F_REQUEST | flags);
	if (!h) {
		nlmsg_free(msg);
		return NULL;
	}
	g = nlmsg_data(h);
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(res_id);
	return msg;
}

/* BATCH_BEGIN and BATCH_END: what stands between them is one transaction. */
static void append_mark(struct batch *b, int type)
{
	struct nl_msg *msg =
		message(b, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 64);
	int err = msg ? append(b, msg) : -ENOMEM;

	if (err < 0)
		fail(b, err);
	nlmsg_free(msg);
}

struct nl_sock *batch_socket(void)
{
	struct nl_sock *sk = nl_socket_alloc();
	int bytes = SOCKET_BYTES, one = 1, fd;

	if (!sk) {
		errno = ENOMEM;
		return NULL;
	}
	if (nl_connect(sk, NETLINK_NETFILTER) < 0) {
		int err = errno;

		nl_socket_free(sk);
		errno = err;
		return NULL;
	}
	fd = nl_socket_get_fd(sk);
	/* Beyond the system's limit, which CAP_NET_ADMIN may; a refusal shows
	   when a large batch is sent. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	/* Errors without a copy of what we sent. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return sk;
}

void batch_begin(struct batch *b)
{
	nlmsg_free(b->msg);
	b->msg = NULL;
	b->len = 0;
	b->last = 0;
	b->err = 0;
	append_mark(b, NFNL_MSG_BATCH_BEGIN);
}

void batch_free(struct batch *b)
{
	nlmsg_free(b->msg);
	free(b->buf);
	memset(b, 0, sizeof(*b));
}

uint32_t batch_open(struct batch *b, int type, int flags, size_t size)
{
	uint32_t seq = b->seq;

	nlmsg_free(b->msg);
	b->msg = message(b, NFNL_SUBSYS_NFTABLES << 8 | type, flags,
			 NFPROTO_INET, 0, size);
	if (!b->msg)
		fail(b, -ENOMEM);
	return seq;
}

void batch_close(struct batch *b)
{
	size_t at = b->len;
	int err;

	if (b->err < 0)
		return;
	err = append(b, b->msg);
	if (err < 0)
		fail(b, err);
	b->last = at;
	nlmsg_free(b->msg);
	b->msg = NULL;
}

void batch_raw(struct batch *b, int attr, const void *data, size_t n)
{
	if (b->err == 0 && nla_put(b->msg, attr, (int)n, data) < 0)
		fail(b, -EMSGSIZE);
}

void batch_str(struct batch *b, int attr, const char *text)
{
	batch_raw(b, attr, text, strlen(text) + 1);
}

void batch_u32(struct batch *b, int attr, uint32_t value)
{
	value = htobe32(value);
	batch_raw(b, attr, &value, sizeof(value));
}

void batch_u64(struct batch *b, int attr, uint64_t value)
{
	value = htobe64(value);
	batch_raw(b, attr, &value, sizeof(value));
}

struct nlattr *batch_nest(struct batch *b, int attr)
{
	struct nlattr *nest = NULL;

	if (b->err == 0) {
		nest = nla_nest_start(b->msg, attr);
		if (!nest)
			fail(b, -EMSGSIZE);
	}
	return nest;
}

void batch_nest_end(struct batch *b, struct nlattr *nest)
{
	if (b->err == 0 && nla_nest_end_keep_empty(b->msg, nest) < 0)
		fail(b, -EMSGSIZE);
}

/* One datagram of answers, or -ETIMEDOUT. */
static ssize_t receive(struct nl_sock *sk, void *buf, size_t size, int wait_ms)
{
	struct pollfd p = { .fd = nl_socket_get_fd(sk), .events = POLLIN };
	ssize_t n;

	do {
		n = recv(p.fd, buf, size, MSG_DONTWAIT);
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	} while (errno == EINTR || poll(&p, 1, wait_ms) > 0);
	return -ETIMEDOUT;
}

/*
 * Reads acknowledgements up to that of message `last`, which comes after the
 * commit and after any error.
 */
static int await_ack(struct nl_sock *sk, uint32_t last, uint32_t *bad_seq)
{
	char buf[ANSWER_BYTES] __attribute__((aligned(8)));
	int err = 0;

	for (;;) {
		/* After an error the ack may not come at all. */
		ssize_t got = receive(sk, buf, sizeof(buf), err ? 50 : WAIT_MS);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int left = (int)got;

		if (got < 0)
			return err ? err : (int)got;
		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = nlmsg_data(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (nlmsg_datalen(h) < (int)sizeof(e->error))
				return -EBADMSG;
			if (e->error && !err) {
				err = e->error;
				*bad_seq = h->nlmsg_seq;
			}
			if (h->nlmsg_seq == last)
				return err;
		}
	}
}

void batch_drop_answers(struct nl_sock *sk)
{
	char buf[ANSWER_BYTES];

	while (recv(nl_socket_get_fd(sk), buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

int batch_commit(struct nl_sock *sk, struct batch *b, uint32_t *bad_seq)
{
	struct nlmsghdr *last;
	uint32_t unused, seq;
	int err;

	if (b->err < 0)
		return b->err;
	last = (struct nlmsghdr *)(b->buf + b->last);
	last->nlmsg_flags |= NLM_F_ACK;
	seq = last->nlmsg_seq;
	append_mark(b, NFNL_MSG_BATCH_END);
	if (b->err < 0)
		return b->err;
	if (nl_sendto(sk, b->buf, b->len) < 0)
		return errno ? -errno : -EIO;
	err = await_ack(sk, seq, bad_seq ? bad_seq : &unused);
	if (err < 0)
		batch_drop_answers(sk);
	return err;
}

/* What is in the datagram for us? 1: go on, 0: the end, or negative. */
static int hand_out(char *buf, ssize_t got, struct batch_question *q,
		    batch_answer_fn fn, void *ctx)
{
	struct nlmsghdr *h = (struct nlmsghdr *)buf;
	int left = (int)got;

	for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
		const struct nlmsgerr *e = nlmsg_data(h);

		if (h->nlmsg_seq != q->seq)
			continue;
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return e->error;
		if (!q->enough)
			q->enough = !fn(ctx, h);
	}
	return 1;
}

int batch_send_question(struct nl_sock *sk, struct batch *b, int type,
			bool dump, batch_fill_fn fill, void *ctx,
			struct batch_question *q)
{
	b->err = 0;
	q->enough = false;
	q->seq = batch_open(b, type, dump ? NLM_F_DUMP : NLM_F_ACK, 512);
	if (b->err == 0)
		fill(ctx, b);
	if (b->err < 0)
		return b->err;
	if (nl_sendto(sk, nlmsg_hdr(b->msg), nlmsg_hdr(b->msg)->nlmsg_len) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

int batch_read_answers(struct nl_sock *sk, struct batch_question *q,
		       batch_answer_fn fn, void *ctx)
{
	char buf[ANSWER_BYTES] __attribute__((aligned(8)));
	ssize_t got = receive(sk, buf, sizeof(buf), WAIT_MS);

	return got < 0 ? (int)got : hand_out(buf, got, q, fn, ctx);
}

int batch_ask(struct nl_sock *sk, struct batch *b, int type, bool dump,
	      batch_fill_fn fill, batch_answer_fn fn, void *ctx)
{
	struct batch_question q;
	int err = batch_send_question(sk, b, type, dump, fill, ctx, &q);

	if (err < 0)
		return err;
	do {
		err = batch_read_answers(sk, &q, fn, ctx);
	} while (err > 0);
	return err;
}

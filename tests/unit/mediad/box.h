/*
 * The whole of mediad but its bus: ports, prompts, one media thread, calls, and
 * two phones that are UDP sockets on loopback. Waits for events, never for
 * time.
 */
#pragma once

#include <poll.h>

#include "calls.h"
#include "check.h"
#include "mailbox.h"
#include "ports.h"
#include "prompts.h"
#include "records.h"
#include "relay.h"

/* A program that takes them all must have others than those beside it. */
#ifndef BOX_PORT_MIN
#define BOX_PORT_MIN 62000
#endif

enum { BOX_WAIT_MS = 10000, BOX_PORT_MAX = BOX_PORT_MIN + 100 };

struct box {
	struct ports *ports;
	struct prompts *prompts;
	struct mailbox *notices;
	struct relay *relays[1];
	struct calls *calls;
	uint32_t srtp; /* what both sides may have, as the messages say */
	int n_events;
	struct media_event event; /* the last */
	int n_facts;
	struct media_stats fact;
	struct refusal why;
	struct media_sdp sdp; /* the last result */
};

static inline void box_event(void *ctx, const struct media_event *ev)
{
	struct box *b = ctx;

	b->n_events++;
	b->event = *ev;
}

static inline void box_fact(void *ctx, const struct media_stats *stats)
{
	struct box *b = ctx;

	b->n_facts++;
	b->fact = *stats;
}

static inline void box_open(struct box *b)
{
	struct calls_config config = {
		.n_relays = 1, .event = box_event, .fact = box_fact, .ctx = b
	};

	memset(b, 0, sizeof(*b));
	b->ports = ports_new();
	b->prompts = prompts_new();
	b->notices = mailbox_new();
	CHECK(b->ports && b->prompts && b->notices);
	CHECK_EQ(ports_range(b->ports, BOX_PORT_MIN, BOX_PORT_MAX), 0);
	b->relays[0] = relay_new(b->notices);
	CHECK(b->relays[0]);
	config.relays = b->relays;
	config.notices = b->notices;
	config.ports = b->ports;
	config.prompts = b->prompts;
	b->calls = calls_new(&config);
	CHECK(b->calls);
}

static inline void box_close(struct box *b)
{
	relay_free(b->relays[0]);
	calls_free(b->calls);
	mailbox_free(b->notices);
	prompts_free(b->prompts);
	CHECK_EQ(ports_free_count(b->ports), ports_count(b->ports));
	ports_free(b->ports);
}

/* Until *count has reached n. */
static inline void box_wait(struct box *b, const int *count, int n)
{
	struct pollfd p = { .fd = mailbox_fd(b->notices), .events = POLLIN };

	while (*count < n) {
		CHECK_EQ(poll(&p, 1, BOX_WAIT_MS), 1);
		calls_notices(b->calls);
	}
}

/* --- signalling --- */

static inline uint32_t box_text(uint8_t *to, uint16_t port, const char *pts,
				const char *more)
{
	return (uint32_t)snprintf(
		(char *)to, 2048,
		"v=0\r\no=- 7 %u IN IP4 127.0.0.1\r\ns=-\r\n"
		"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP %s\r\n"
		"a=rtpmap:101 telephone-event/8000\r\n%s",
		port + (unsigned)strlen(more), port, pts, more);
}

static inline int box_offer(struct box *b, const char *call, unsigned leg,
			    const char *branch, uint16_t port, const char *pts,
			    const char *more)
{
	struct media_offer in;

	record_init(&media_offer_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call);
	snprintf(in.branch, sizeof(in.branch), "%s", branch);
	snprintf(in.source, sizeof(in.source), "127.0.0.1");
	snprintf(in.advertise, sizeof(in.advertise), "127.0.0.1");
	in.leg = leg;
	in.local = true;
	in.srtp = in.hears_srtp = b->srtp;
	in.sdp_bytes = port ? box_text(in.sdp, port, pts, more) : 0;
	return calls_offer(b->calls, &in, &b->sdp, &b->why);
}

static inline int box_answer(struct box *b, const char *call, unsigned leg,
			     const char *branch, uint16_t port, const char *pts,
			     bool final, const char *more)
{
	struct media_answer in;

	record_init(&media_answer_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call);
	snprintf(in.branch, sizeof(in.branch), "%s", branch);
	snprintf(in.source, sizeof(in.source), "127.0.0.1");
	snprintf(in.advertise, sizeof(in.advertise), "127.0.0.1");
	in.leg = leg;
	in.local = true;
	in.final = final;
	in.srtp = b->srtp;
	in.sdp_bytes = box_text(in.sdp, port, pts, more);
	record_init(&media_sdp_record, &b->sdp);
	return calls_answer(b->calls, &in, &b->sdp, &b->why);
}

static inline int box_accept(struct box *b, const char *call, unsigned leg,
			     uint16_t port, const char *pts)
{
	struct media_accept in;

	record_init(&media_accept_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call);
	snprintf(in.source, sizeof(in.source), "127.0.0.1");
	snprintf(in.advertise, sizeof(in.advertise), "127.0.0.1");
	in.leg = leg;
	in.local = true;
	in.sdp_bytes = port ? box_text(in.sdp, port, pts, "") : 0;
	return calls_accept(b->calls, &in, &b->sdp, &b->why);
}

static inline struct media_call box_leg(const char *call, unsigned leg)
{
	struct media_call in;

	record_init(&media_call_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call);
	in.leg = leg;
	return in;
}

static inline void box_delete(struct box *b, const char *call)
{
	struct media_call in = box_leg(call, 0);
	int facts = b->n_facts;

	CHECK_EQ(calls_delete(b->calls, &in, NULL, NULL, &b->why), 0);
	box_wait(b, &b->n_facts, facts + 1);
}

/* The text after `key` in the last SDP, up to the line's end. */
static inline const char *box_line(struct box *b, const char *key)
{
	static _Thread_local char line[256];
	const char *at;

	b->sdp.sdp[b->sdp.sdp_bytes] = '\0';
	at = strstr((const char *)b->sdp.sdp, key);
	CHECK(at);
	at += strlen(key);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\r"), at);
	return line;
}

static inline uint16_t box_port(struct box *b)
{
	return (uint16_t)strtoul(box_line(b, "m=audio "), NULL, 10);
}

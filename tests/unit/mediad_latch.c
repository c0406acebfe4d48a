/* SPEC 4: whose sound is it? Each attack of RTP bleed is a case here. */
#include <arpa/inet.h>
#include <stdio.h>

#include "check.h"
#include "latch.h"

static struct latch_conf conf(const char *sdp, uint16_t port,
			      const char *source)
{
	struct latch_conf c = { .sdp_port = port };

	CHECK(!addr_parse(&c.sdp, sdp));
	CHECK(!addr_parse(&c.source, source));
	return c;
}

static enum latch_verdict packet(struct latch *l, const char *from,
				 uint16_t port, uint32_t ssrc, uint16_t seq,
				 uint64_t ms)
{
	struct latch_packet p = {
		.port = port, .ssrc = ssrc, .seq = seq, .negotiated = true
	};

	CHECK(!addr_parse(&p.from, from));
	return latch_packet(l, &p, ms);
}

static void exact_match_locks_at_once(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("203.0.113.5", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 1, 0), LATCH_LOCKED);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 2, 20), LATCH_PASS);
}

static void nat_needs_four_in_sequence_over_60_ms(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("192.168.1.9", 4000, "203.0.113.5");
	struct addr to;
	uint16_t port;

	latch_set(&l, &c, 0);
	CHECK(!latch_target(&l, &to, &port));
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 10, 0), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 11, 20), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 12, 40), LATCH_WAIT);
	CHECK(!latch_target(&l, &to, &port));
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 13, 60), LATCH_LOCKED);
	CHECK(latch_target(&l, &to, &port));
	CHECK_EQ(port, 40000);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 20, 80), LATCH_PASS);
}

static void four_at_once_are_not_enough(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("192.168.1.9", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	for (uint16_t i = 0; i < 20; i++)
		CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, i, 59),
			 LATCH_WAIT);
}

static void a_gap_begins_anew(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("192.168.1.9", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 10, 0), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 11, 20), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 12, 40), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 14, 80), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 8, 15, 100), LATCH_WAIT);
	CHECK_EQ(packet(&l, "203.0.113.5", 40002, 8, 16, 120), LATCH_WAIT);
	CHECK(!l.locked);
}

/* RTP bleed: the attacker is there before the phone. */
static void a_stranger_that_is_first_gets_nothing(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("192.168.1.9", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	for (uint16_t i = 0; i < 100; i++)
		CHECK_EQ(packet(&l, "198.51.100.66", 4000, 666, i, i * 20u),
			 LATCH_FOREIGN);
	CHECK(!l.locked);
	for (uint16_t i = 0; i < 3; i++)
		CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, i, i * 20u),
			 LATCH_WAIT);
	/* A stranger in between does not disturb. */
	CHECK_EQ(packet(&l, "198.51.100.66", 40000, 7, 3, 50), LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 3, 60), LATCH_LOCKED);
}

static void ssrc_and_port_are_locked(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("203.0.113.5", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 1, 0), LATCH_LOCKED);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 8, 2, 20), LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.5", 4002, 7, 2, 20), LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.6", 4000, 7, 2, 20), LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 2, 20), LATCH_PASS);
}

static void new_sdp_opens_the_lock(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("203.0.113.5", 4000, "203.0.113.5");
	struct latch_conf moved = conf("203.0.113.5", 5000, "203.0.113.5");

	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 1, 0), LATCH_LOCKED);
	latch_set(&l, &moved, 1000);
	CHECK_EQ(packet(&l, "203.0.113.5", 5000, 9, 1, 1000), LATCH_LOCKED);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 2, 1020), LATCH_FOREIGN);
}

static void the_same_sdp_lets_the_ssrc_change_for_a_moment(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("203.0.113.5", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 1, 0), LATCH_LOCKED);
	latch_set(&l, &c, 1000);
	CHECK_EQ(packet(&l, "198.51.100.66", 4000, 8, 1, 1010), LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 2, 1020), LATCH_PASS);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 8, 1, 1040), LATCH_LOCKED);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 9, 1, 3000), LATCH_FOREIGN);
}

/* During hold nothing was sent, and the NAT gave the phone another port. */
static void nat_gives_another_port(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("192.168.1.9", 4000, "203.0.113.5");

	latch_set(&l, &c, 0);
	for (uint16_t i = 0; i < 4; i++)
		(void)packet(&l, "203.0.113.5", 40000, 7, i, i * 20u);
	CHECK(l.locked);
	CHECK_EQ(packet(&l, "203.0.113.5", 50000, 7, 5, 5000), LATCH_FOREIGN);
	latch_set(&l, &c, 10000); /* resume */
	for (uint16_t i = 0; i < 3; i++)
		CHECK_EQ(packet(&l, "203.0.113.5", 50000, 7, (uint16_t)(10 + i),
				10000 + i * 20u),
			 LATCH_WAIT);
	CHECK_EQ(packet(&l, "198.51.100.66", 50000, 7, 13, 10050),
		 LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 6, 10055), LATCH_PASS);
	CHECK_EQ(packet(&l, "203.0.113.5", 50000, 7, 13, 10060), LATCH_LOCKED);
	CHECK_EQ(packet(&l, "203.0.113.5", 40000, 7, 7, 12000), LATCH_FOREIGN);
	CHECK_EQ(packet(&l, "203.0.113.5", 50000, 7, 14, 12000), LATCH_PASS);
}

static void hold_without_address_keeps_the_lock(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("203.0.113.5", 4000, "203.0.113.5");
	struct latch_conf held = c;

	held.sdp = (struct addr){ 0 };
	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 1, 0), LATCH_LOCKED);
	latch_set(&l, &held, 100);
	CHECK_EQ(packet(&l, "203.0.113.5", 4000, 7, 2, 120), LATCH_PASS);
}

static void permit_ip_may_speak(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("10.9.9.9", 4000, "203.0.113.5");

	snprintf(c.permit_ip, sizeof(c.permit_ip),
		 "192.0.2.0/24;198.51.100.0/24");
	latch_set(&l, &c, 0);
	CHECK_EQ(packet(&l, "198.51.100.7", 4000, 7, 1, 0), LATCH_WAIT);
	CHECK_EQ(packet(&l, "198.51.101.7", 4000, 7, 1, 0), LATCH_FOREIGN);
}

static void an_unknown_payload_type_proves_nothing(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("203.0.113.5", 4000, "203.0.113.5");
	struct latch_packet p = { .from = c.sdp, .port = 4000, .ssrc = 1 };

	latch_set(&l, &c, 0);
	CHECK_EQ(latch_packet(&l, &p, 0), LATCH_WAIT);
	CHECK(!l.locked);
}

/* Nobody makes us send to a third party by naming it. */
static void where_we_send_before_the_lock(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("198.51.100.66", 4000, "203.0.113.5");
	struct addr to;
	uint16_t port;

	latch_set(&l, &c, 0);
	CHECK(!latch_target(&l, &to, &port));
	c = conf("192.168.1.9", 4000, "203.0.113.5");
	latch_set(&l, &c, 0);
	CHECK(!latch_target(&l, &to, &port));
	c = conf("203.0.113.5", 4000, "203.0.113.5");
	latch_set(&l, &c, 0);
	CHECK(latch_target(&l, &to, &port));
	c = conf("192.168.1.9", 4000, "192.168.1.2");
	c.local = true;
	latch_set(&l, &c, 0);
	CHECK(latch_target(&l, &to, &port));
	CHECK_EQ(port, 4000);
}

/* SRTP says who it is; where from must be allowed all the same. */
static void a_proven_phone_may_move(void)
{
	struct latch l = { 0 };
	struct latch_conf c = conf("10.1.2.3", 4000, "203.0.113.5");
	struct latch_packet p = {
		.from = c.source,
		.port = 4000,
		.ssrc = 1,
		.negotiated = true,
		.authentic = true,
	};

	latch_set(&l, &c, 0);
	for (; !l.locked; p.seq++) {
		CHECK(p.seq < 5);
		(void)latch_packet(&l, &p, p.seq * 20);
	}
	/* Long after any new SDP: another SSRC at once, another port after the
	   same proof as at the beginning. */
	p.ssrc = 2;
	CHECK_EQ(latch_packet(&l, &p, 100000), LATCH_LOCKED);
	p.port = 5000;
	for (unsigned i = 0; i < 3; i++, p.seq++)
		CHECK_EQ(latch_packet(&l, &p, 100000 + i * 20), LATCH_WAIT);
	CHECK_EQ(latch_packet(&l, &p, 100060), LATCH_LOCKED);
	CHECK_EQ(l.own.port, 5000);
	addr_parse(&p.from, "203.0.113.66");
	for (unsigned i = 0; i < 5; i++, p.seq++)
		CHECK_EQ(latch_packet(&l, &p, 100100 + i * 20), LATCH_FOREIGN);
	/* What proves nothing gets nothing. */
	p.from = c.source;
	p.port = 4000;
	p.authentic = false;
	CHECK_EQ(latch_packet(&l, &p, 100300), LATCH_FOREIGN);
}

int main(void)
{
	exact_match_locks_at_once();
	nat_needs_four_in_sequence_over_60_ms();
	four_at_once_are_not_enough();
	a_gap_begins_anew();
	a_stranger_that_is_first_gets_nothing();
	ssrc_and_port_are_locked();
	new_sdp_opens_the_lock();
	the_same_sdp_lets_the_ssrc_change_for_a_moment();
	nat_gives_another_port();
	hold_without_address_keeps_the_lock();
	permit_ip_may_speak();
	an_unknown_payload_type_proves_nothing();
	where_we_send_before_the_lock();
	a_proven_phone_may_move();
	return 0;
}

/* Offers and answers through the book of calls. */
#include "mediad/box.h"

enum { CALLER, CALLEE };

static void a_call(struct box *b)
{
	CHECK_EQ(box_offer(b, "a", CALLER, "", 40000, "8 0 101", ""), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 0 101");
	CHECK(box_port(b) >= BOX_PORT_MIN);
	CHECK_EQ(box_answer(b, "a", CALLEE, "b1", 41000, "8 101", true, ""), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 101");
	CHECK_STR(b->sdp.codec, "PCMA");
	CHECK(!b->sdp.held);
	/* A second answer has no offer to answer. */
	CHECK(box_answer(b, "a", CALLEE, "b1", 41000, "8", true, ""));
	CHECK_STR(b->why.name, "Pending");
	box_delete(b, "a");
	CHECK_STR(b->fact.call, "a");
	CHECK_STR(b->fact.codec, "PCMA");
	CHECK(box_answer(b, "a", CALLEE, "b1", 41000, "8", true, ""));
	CHECK_STR(b->why.name, "NoSuch");
}

static void a_fork(struct box *b)
{
	uint16_t first;
	char early[64];

	CHECK_EQ(box_offer(b, "f", CALLER, "", 40000, "8 0 101", ""), 0);
	first = box_port(b);
	/* The phones of another network are told the same port. */
	CHECK_EQ(box_offer(b, "f", CALLER, "", 40000, "8 0 101", ""), 0);
	CHECK_EQ(box_port(b), first);
	CHECK_EQ(box_answer(b, "f", CALLEE, "b1", 41000, "8 101", false, ""),
		 0);
	snprintf(early, sizeof(early), "%s", box_line(b, "o=- "));
	/* The same again, as in 183 and 200. */
	CHECK_EQ(box_answer(b, "f", CALLEE, "b1", 41000, "8 101", false, ""),
		 0);
	CHECK_STR(box_line(b, "o=- "), early);
	/* Another wins, with another codec: what the caller was told stays. */
	CHECK_EQ(box_answer(b, "f", CALLEE, "b2", 42000, "0 101", true, ""), 0);
	CHECK_STR(box_line(b, "o=- "), early);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 101");
	box_delete(b, "f");
}

static void hold_and_glare(struct box *b)
{
	struct media_call in = box_leg("h", CALLER);
	char version[64];

	CHECK_EQ(box_offer(b, "h", CALLER, "", 40000, "8 101", ""), 0);
	CHECK_EQ(box_answer(b, "h", CALLEE, "b1", 41000, "8 101", true, ""), 0);
	CHECK_EQ(
		box_offer(b, "h", CALLER, "", 40000, "8 101", "a=sendonly\r\n"),
		0);
	CHECK(b->sdp.held);
	CHECK_STR(box_line(b, "a=send"), "only");
	snprintf(version, sizeof(version), "%s", box_line(b, "o=- "));
	/* Glare: the callee offers too. */
	CHECK(box_offer(b, "h", CALLEE, "b1", 41000, "8 101", ""));
	CHECK_STR(b->why.name, "Pending");
	/* The callee refused (491): all is as before. */
	CHECK_EQ(calls_rollback(b->calls, &in, &b->why), 0);
	CHECK_EQ(calls_rollback(b->calls, &in, &b->why), 0);
	CHECK_EQ(box_offer(b, "h", CALLEE, "b1", 41000, "8 101", ""), 0);
	in = box_leg("h", CALLEE);
	CHECK_EQ(calls_rollback(b->calls, &in, &b->why), 0);
	CHECK_EQ(
		box_offer(b, "h", CALLER, "", 40000, "8 101", "a=sendonly\r\n"),
		0);
	CHECK_STR(box_line(b, "o=- "), version);
	CHECK_EQ(box_answer(b, "h", CALLEE, "b1", 41000, "8 101", true,
			    "a=recvonly\r\n"),
		 0);
	CHECK_STR(box_line(b, "a=recv"), "only");
	CHECK(b->sdp.held);
	box_delete(b, "h");
}

static void a_delayed_offer(struct box *b)
{
	CHECK_EQ(box_offer(b, "d", CALLEE, "b1", 41000, "0 8 101", ""), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "0 8 101");
	CHECK_EQ(box_answer(b, "d", CALLER, "", 40000, "8 101", true, ""), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 101");
	box_delete(b, "d");
}

static void a_prompt_and_then_a_callee(struct box *b)
{
	CHECK_EQ(box_accept(b, "p", CALLER, 40000, "0 8 101"), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 101");
	/* The callee is offered what the caller has by now. */
	CHECK_EQ(box_accept(b, "p", CALLEE, 0, ""), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 101");
	CHECK_EQ(box_answer(b, "p", CALLEE, "b1", 41000, "8 101", true, ""), 0);
	box_delete(b, "p");
}

static void we_call_both(struct box *b)
{
	CHECK_EQ(box_accept(b, "o", CALLER, 0, ""), 0);
	CHECK_EQ(box_answer(b, "o", CALLER, "", 40000, "8 101", true, ""), 0);
	CHECK_EQ(b->sdp.sdp_bytes, 0);
	CHECK_EQ(box_accept(b, "o", CALLEE, 0, ""), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8 101");
	CHECK_EQ(box_answer(b, "o", CALLEE, "b1", 41000, "8 101", true, ""), 0);
	box_delete(b, "o");
}

static void an_answer_to_an_older_offer(struct box *b)
{
	struct media_offer offer;
	struct media_answer answer;

	record_init(&media_offer_record, &offer);
	record_init(&media_answer_record, &answer);
	snprintf(offer.call, sizeof(offer.call), "s");
	snprintf(offer.advertise, sizeof(offer.advertise), "127.0.0.1");
	offer.serial = 2;
	offer.sdp_bytes = box_text(offer.sdp, 40000, "8", "");
	CHECK_EQ(calls_offer(b->calls, &offer, &b->sdp, &b->why), 0);
	snprintf(answer.call, sizeof(answer.call), "s");
	snprintf(answer.advertise, sizeof(answer.advertise), "127.0.0.1");
	answer.leg = CALLEE;
	answer.serial = 1;
	answer.sdp_bytes = box_text(answer.sdp, 41000, "8", "");
	CHECK(calls_answer(b->calls, &answer, &b->sdp, &b->why));
	CHECK_STR(b->why.name, "Pending");
	answer.serial = 2;
	CHECK_EQ(calls_answer(b->calls, &answer, &b->sdp, &b->why), 0);
	box_delete(b, "s");
}

static void other_streams_are_refused(struct box *b)
{
	CHECK_EQ(box_offer(b, "v", CALLER, "", 40000, "8 101",
			   "m=video 5004 RTP/AVP 96\r\n"
			   "a=rtpmap:96 VP8/90000\r\n"
			   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"),
		 0);
	b->sdp.sdp[b->sdp.sdp_bytes] = '\0';
	CHECK(!strstr((char *)b->sdp.sdp, "video"));
	CHECK(!strstr((char *)b->sdp.sdp, "crypto"));
	CHECK_EQ(box_answer(b, "v", CALLEE, "b1", 41000, "8 101", true, ""), 0);
	CHECK_STR(box_line(b, "m=video "), "0 RTP/AVP 96");
	/* Its layout stays when the other side offers. */
	CHECK_EQ(box_offer(b, "v", CALLEE, "b1", 41000, "8 101",
			   "a=inactive\r\n"),
		 0);
	CHECK_STR(box_line(b, "m=video "), "0 RTP/AVP 96");
	box_delete(b, "v");
}

static void refusals(struct box *b)
{
	CHECK(box_offer(b, "", CALLER, "", 40000, "8", ""));
	CHECK_STR(b->why.name, "Invalid");
	CHECK(box_offer(b, "x", CALLER, "", 40000, "98", ""));
	CHECK_STR(b->why.name, "NoCodec");
	CHECK(box_offer(b, "x", CALLER, "", 40000, "8", "nonsense\r\n"));
	CHECK_STR(b->why.name, "Invalid");
	CHECK_STR(b->why.text, "sdp: line 8: not of the form x=...");
	/* Our own port: the sound would go round for ever. */
	CHECK(box_offer(b, "x", CALLER, "", BOX_PORT_MIN + 2, "8", ""));
	CHECK_STR(b->why.name, "Invalid");
	CHECK(box_offer(b, "x", CALLER, "", 0, "", ""));
	CHECK_STR(b->why.name, "Invalid");
}

static void no_ports(struct box *b)
{
	char id[16];
	int n = 0;

	for (;; n++) {
		snprintf(id, sizeof(id), "n%d", n);
		if (box_offer(b, id, CALLER, "", 40000, "8 101", ""))
			break;
	}
	CHECK_STR(b->why.name, "Busy");
	CHECK(n >= 20);
	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		box_delete(b, id);
	}
	CHECK_EQ(box_offer(b, "again", CALLER, "", 40000, "8 101", ""), 0);
	box_delete(b, "again");
}

static void many_branches(struct box *b)
{
	char id[16];
	int n = 0;

	CHECK_EQ(box_offer(b, "m", CALLER, "", 40000, "8 101", ""), 0);
	for (; n < 100; n++) {
		snprintf(id, sizeof(id), "b%d", n);
		if (box_answer(b, "m", CALLEE, id, 41000, "8", false, ""))
			break;
	}
	CHECK(n > 10 && n < 40);
	CHECK_STR(b->why.name, "Busy");
	box_delete(b, "m");
}

int main(void)
{
	struct box b;

	box_open(&b);
	a_call(&b);
	a_fork(&b);
	hold_and_glare(&b);
	a_delayed_offer(&b);
	a_prompt_and_then_a_callee(&b);
	we_call_both(&b);
	an_answer_to_an_older_offer(&b);
	other_streams_are_refused(&b);
	refusals(&b);
	no_ports(&b);
	many_branches(&b);
	box_close(&b);
	return 0;
}

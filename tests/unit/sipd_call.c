/* The states of a call, driven from all sides. */
#include <errno.h>
#include <stdio.h>

#include "callers.h"
#include "check.h"
#include "sipd_call_doubles.h"

static void turn_until(const int *count, int wanted)
{
	while (*count < wanted)
		CHECK_EQ(event_base_loop(w.base, EVLOOP_ONCE), 0);
}

static void dial(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_DIAL);

	(void)snprintf(v.targets, sizeof(v.targets), "802");
	v.longest_s = 3600;
	world_verdict(&v);
}

static void up(void)
{
	world_open();
	world_call("offer");
	CHECK_STR(w.ask.who, "801");
	CHECK_STR(w.ask.number, "802");
	dial();
	world_media("offer", 0, "to-phone");
	CHECK_STR(w.phone[0]->log, "invite(to-phone)");
	world_leg(w.phone[0], LEG_RINGING, 180, NULL);
	world_leg(w.phone[0], LEG_ANSWERED, 200, "answer");
	CHECK_STR(w.phone[0]->log, "invite(to-phone) ack()");
	world_media("answer", 0, "to-caller");
	CHECK_STR(w.caller->log, "ring answer(to-caller)");
	world_leg(w.caller, LEG_ACKED, 0, NULL);
}

static void test_talk(void)
{
	up();
	world_leg(w.phone[0], LEG_GONE, 200, NULL);
	CHECK_STR(w.caller->log, "ring answer(to-caller) hangup:200");
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_ANSWERED);
	CHECK_EQ(w.cdr.sip_code, 200);
	CHECK_EQ(w.cdr.caller_packets, 500);
	CHECK_STR(w.cdr.reason, "the callee hung up");
	CHECK_STR(w.states, "asking ringing up ending");
	world_close();
}

static void test_caller_hangs_up(void)
{
	up();
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", -EIO, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_ANSWERED);
	CHECK_STR(w.cdr.reason, "the caller hung up");
	world_close();
}

/* What the extension does besides; the call itself counts until its ports are
   free. */
static void test_others_are_told(void)
{
	world_open();
	CHECK_EQ(callers_begin(w.hub.callers, "801"), 0);
	CHECK_EQ(callers_begin(w.hub.callers, "801"), 1);
	CHECK_EQ(callers_begin(w.hub.callers, "802"), 0);
	world_call("offer");
	CHECK_EQ(w.ask.others, 2);
	dial();
	world_media("offer", 0, "to-phone");
	world_leg(w.caller, LEG_CANCELLED, 487, NULL);
	CHECK_EQ(callers_begin(w.hub.callers, "801"), 3);
	callers_end(w.hub.callers, "801");
	world_media("delete", 0, NULL);
	CHECK_EQ(callers_begin(w.hub.callers, "801"), 2);
	world_close();
}

static void test_cancel(void)
{
	world_open();
	world_call("offer");
	dial();
	world_media("offer", 0, "x");
	world_leg(w.caller, LEG_CANCELLED, 487, NULL);
	CHECK_STR(w.phone[0]->log, "invite(x) hangup:487");
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_NO_ANSWER);
	CHECK_EQ(w.cdr.sip_code, 487);
	world_close();
}

/* What mediad or routed say after the end must find nobody. */
static void test_cancel_while_asking(void)
{
	world_open();
	world_call("offer");
	world_leg(w.caller, LEG_CANCELLED, 487, NULL);
	CHECK(w.asked == NULL);
	CHECK_EQ(w.n_ops, 0);
	world_close();

	world_open();
	world_call("offer");
	dial();
	world_leg(w.caller, LEG_CANCELLED, 487, NULL);
	world_media("offer", 0, "late");
	CHECK_STR(w.phone[0]->log, "hangup:487");
	world_media("delete", 0, NULL);
	world_close();
}

static void test_routed_silent(void)
{
	world_open();
	world_call("offer");
	world_verdict(NULL);
	CHECK_STR(w.caller->log, "hangup:503");
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_FAILED);
	world_close();
}

static void test_refuse(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_REFUSE);

	world_open();
	v.code = 404;
	(void)snprintf(v.reason, sizeof(v.reason), "no such number");
	world_call("offer");
	world_verdict(&v);
	CHECK_STR(w.caller->log, "hangup:404");
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_REFUSED);
	CHECK_STR(w.cdr.reason, "no such number");
	world_close();
}

static void test_refuse_in_words(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_REFUSE);

	world_open();
	v.code = 404;
	(void)snprintf(v.prompts, sizeof(v.prompts), "pbx-invalid");
	world_call("offer");
	world_verdict(&v);
	world_media("accept", 0, "sound");
	CHECK_STR(w.caller->log, "early(sound)");
	CHECK_STR(w.prompts, "pbx-invalid");
	world_media("play", 0, NULL);
	world_heard(MEDIA_EVENT_KIND_PLAYED, "");
	CHECK_STR(w.caller->log, "early(sound) hangup:404");
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_REFUSED);
	world_close();

	/* Without a port for it the refusal is silent, but one. */
	world_open();
	world_call("offer");
	world_verdict(&v);
	world_media("accept", -EBUSY, NULL);
	CHECK_STR(w.caller->log, "hangup:404");
	world_media("delete", 0, NULL);
	world_close();
}

static void test_fork(void)
{
	world_open();
	w.phones_registered = 3;
	world_call("offer");
	dial();
	/* Two phones see us at one address, the third at another. */
	world_media("offer", 0, "local");
	world_media("offer", 0, "outside");
	CHECK_STR(w.phone[0]->log, "invite(outside)");
	CHECK_STR(w.phone[1]->log, "invite(outside)");
	CHECK_STR(w.phone[2]->log, "invite(local)");
	world_leg(w.phone[0], LEG_RINGING, 180, NULL);
	world_leg(w.phone[1], LEG_RINGING, 180, NULL);
	CHECK_STR(w.caller->log, "ring");
	world_leg(w.phone[2], LEG_FAILED, 486, NULL);
	world_leg(w.phone[1], LEG_ANSWERED, 200, "answer");
	CHECK_STR(w.phone[0]->log, "invite(outside) hangup:200");
	CHECK_STR(w.phone[1]->log, "invite(outside) ack()");
	world_media("answer", 0, "a");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

/* The second group gets no SDP; the first is busy: that is the answer. */
/* A key is for one phone: who may have one is asked by itself. */
static void test_fork_srtp(void)
{
	world_open();
	w.phones_registered = 3;
	w.phones_tls = 2;
	world_call("offer");
	dial();
	CHECK_STR(w.branch, "b3");
	CHECK_EQ(w.srtp, CALL_SRTP_OFF);
	CHECK_EQ(w.hears_srtp, CALL_SRTP_MAY);
	world_media("offer", 0, "third");
	CHECK_STR(w.branch, "b2");
	world_media("offer", 0, "second");
	CHECK_STR(w.branch, "");
	CHECK_EQ(w.hears_srtp, CALL_SRTP_OFF);
	/* It picks up before the last is asked, who is not rung then. */
	world_leg(w.phone[1], LEG_ANSWERED, 200, "answer");
	CHECK_EQ(w.srtp, CALL_SRTP_MAY);
	world_media("offer", 0, "first");
	CHECK_STR(w.phone[0]->log, "hangup:200");
	CHECK_STR(w.phone[1]->log, "invite(second) ack()");
	CHECK_STR(w.phone[2]->log, "invite(third) hangup:200");
	CHECK_STR(w.caller->log, "");
	world_media("answer", 0, "a");
	CHECK_STR(w.caller->log, "answer(a)");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

/* No key without TLS, no call without a key, but for help. */
static void test_srtp_must(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_DIAL);

	world_open();
	record_init(&extension_record, &w.extension);
	(void)snprintf(w.extension.number, sizeof(w.extension.number), "802");
	w.extension.srtp = EXTENSION_SRTP_MUST;
	w.phones_registered = 2;
	w.phones_tls = 1;
	world_call("offer");
	dial();
	CHECK_EQ(w.srtp, CALL_SRTP_NEVER);
	CHECK_EQ(w.hears_srtp, CALL_SRTP_MUST);
	CHECK_STR(w.phone[0]->log, "hangup:480");
	world_media("offer", -EPROTO, NULL);
	CHECK_STR(w.phone[1]->log, "hangup:488");
	CHECK_STR(w.caller->log, "hangup:488");
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.sip_code, 488);
	world_close();

	world_open();
	record_init(&extension_record, &w.extension);
	(void)snprintf(w.extension.number, sizeof(w.extension.number), "802");
	w.extension.srtp = EXTENSION_SRTP_MUST;
	world_call("offer");
	(void)snprintf(v.targets, sizeof(v.targets), "802");
	v.emergency = true;
	world_verdict(&v);
	CHECK_EQ(w.srtp, CALL_SRTP_OFF);
	CHECK_EQ(w.hears_srtp, CALL_SRTP_OFF);
	world_media("offer", 0, "help");
	CHECK_STR(w.phone[0]->log, "invite(help)");
	world_leg(w.caller, LEG_CANCELLED, 487, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

static void test_fork_half(void)
{
	world_open();
	w.phones_registered = 3;
	world_call("offer");
	dial();
	world_media("offer", 0, "local");
	world_media("offer", -EBUSY, NULL);
	CHECK_STR(w.phone[0]->log, "hangup:480");
	CHECK_EQ(w.ended, 0);
	world_leg(w.phone[2], LEG_FAILED, 486, NULL);
	CHECK_STR(w.caller->log, "hangup:486");
	world_media("delete", 0, NULL);
	world_close();
}

static void test_all_fail(void)
{
	world_open();
	w.phones_registered = 2;
	world_call("offer");
	dial();
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_FAILED, 503, NULL);
	CHECK_EQ(w.ended, 0);
	world_leg(w.phone[1], LEG_FAILED, 486, NULL);
	CHECK_STR(w.caller->log, "hangup:486");
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_BUSY);
	world_close();
}

/* 6xx speaks for all phones (RFC 3261 section 16.7). */
static void test_decline(void)
{
	world_open();
	w.phones_registered = 2;
	world_call("offer");
	dial();
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_FAILED, 603, NULL);
	CHECK(w.phone[1]->gone);
	CHECK_STR(w.caller->log, "hangup:603");
	world_media("delete", 0, NULL);
	world_close();
}

static void test_not_registered(void)
{
	world_open();
	w.phones_registered = 0;
	world_call("offer");
	dial();
	CHECK_STR(w.caller->log, "hangup:480");
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_NO_ANSWER);
	world_close();
}

static void test_no_port(void)
{
	world_open();
	world_call("offer");
	dial();
	world_media("offer", -EBUSY, NULL);
	CHECK_STR(w.caller->log, "hangup:503");
	CHECK_STR(w.phone[0]->log, "hangup:503");
	world_media("delete", 0, NULL);
	world_close();
}

static void test_early_media(void)
{
	world_open();
	w.phones_registered = 2;
	world_call("offer");
	dial();
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_EARLY, 183, "early");
	world_media("early", 0, "to-caller");
	CHECK_STR(w.caller->log, "early(to-caller)");
	/* A second voice is not mixed in. */
	world_leg(w.phone[1], LEG_EARLY, 183, "early");
	CHECK_EQ(w.n_ops, 0);
	world_leg(w.phone[0], LEG_ANSWERED, 200, "early");
	world_media("answer", 0, "to-caller");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

/* INVITE without SDP: the callee's offer, the caller's answer in its ACK. */
static void test_delayed_offer(void)
{
	world_open();
	world_call("");
	dial();
	CHECK_STR(w.phone[0]->log, "invite()");
	world_leg(w.phone[0], LEG_ANSWERED, 200, "phone-offer");
	world_media("offer", 0, "to-caller");
	CHECK_STR(w.caller->log, "answer(to-caller)");
	CHECK_STR(w.phone[0]->log, "invite()");
	world_leg(w.caller, LEG_ACKED, 0, "caller-answer");
	world_media("answer", 0, "to-phone");
	CHECK_STR(w.phone[0]->log, "invite() ack(to-phone)");
	CHECK_STR(w.states, "asking ringing up");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

static void test_hold(void)
{
	up();
	world_leg(w.caller, LEG_OFFER, 0, "hold");
	world_media("offer", 0, "hold2");
	CHECK_STR(w.phone[0]->log, "invite(to-phone) ack() reinvite(hold2)");
	/* Its own offer meanwhile is glare. */
	world_leg(w.phone[0], LEG_OFFER, 0, "mine");
	CHECK_STR(w.phone[0]->log,
		  "invite(to-phone) ack() reinvite(hold2) reject:491");
	world_leg(w.phone[0], LEG_REANSWERED, 200, "held");
	world_media("answer", 0, "held2");
	CHECK_STR(w.caller->log, "ring answer(to-caller) accept(held2)");
	/* Refused: what was before stays. */
	world_leg(w.phone[0], LEG_OFFER, 0, "codec");
	world_media("offer", 0, "codec2");
	world_leg(w.caller, LEG_REFUSED, 488, NULL);
	CHECK(world_media_waits("rollback/b"));
	world_media("rollback/b", 0, NULL);
	/* Answered with what mediad cannot take: the same. */
	world_leg(w.caller, LEG_OFFER, 0, "srtp");
	world_media("offer", 0, "srtp2");
	world_leg(w.phone[0], LEG_REANSWERED, 200, "no key");
	world_media("answer", -EPROTO, NULL);
	world_media("rollback/a", 0, NULL);
	/* The other side is busy with an offer of its own. */
	w.phone[0]->busy = true;
	world_leg(w.caller, LEG_OFFER, 0, "late");
	CHECK_STR(w.caller->log, "ring answer(to-caller) accept(held2) "
				 "reinvite(codec2) reject:488 reject:491");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

static void test_offer_wanted(void)
{
	up();
	w.caller->log[0] = '\0';
	w.phone[0]->log[0] = '\0';
	world_leg(w.caller, LEG_OFFER_WANTED, 0, NULL);
	CHECK_STR(w.phone[0]->log, "reinvite()");
	world_leg(w.phone[0], LEG_REANSWERED, 200, "offer");
	world_media("offer", 0, "offer2");
	CHECK_STR(w.caller->log, "accept(offer2)");
	world_leg(w.caller, LEG_OFFER_ANSWER, 0, "answer");
	world_media("answer", 0, "answer2");
	CHECK_STR(w.phone[0]->log, "reinvite() ack(answer2)");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

static void test_collect(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_COLLECT);

	world_open();
	(void)snprintf(v.prompts, sizeof(v.prompts), "agent-pass");
	(void)snprintf(v.step, sizeof(v.step), "pin/1");
	world_call("offer");
	world_verdict(&v);
	world_media("accept", 0, "sound");
	world_media("collect", 0, NULL);
	w.info_type = "application/dtmf";
	world_leg(w.caller, LEG_INFO, 0, "7");
	world_media("key", 0, NULL);
	world_heard(MEDIA_EVENT_KIND_COLLECTED, "4829");
	CHECK_EQ(w.asks, 2);
	CHECK_STR(w.ask.step, "pin/1");
	CHECK_STR(w.ask.digits, "4829");
	/* The call that follows finds the caller with mediad's sound. */
	dial();
	world_media("accept", 0, "to-phone");
	CHECK_STR(w.phone[0]->log, "invite(to-phone)");
	world_leg(w.phone[0], LEG_RINGING, 180, NULL);
	CHECK_STR(w.prompts, "tone/ringback");
	world_media("play", 0, NULL);
	world_leg(w.phone[0], LEG_ANSWERED, 200, "answer");
	world_media("answer", 0, "ignored");
	CHECK_STR(w.caller->log, "early(sound) answer(sound)");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	world_close();
}

/* A caller who was answered so that he could be asked for a PIN, and gave it.
 */
static void world_answered_caller(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_COLLECT);

	world_open();
	(void)snprintf(v.prompts, sizeof(v.prompts), "agent-pass");
	(void)snprintf(v.step, sizeof(v.step), "pin/1");
	v.answer = true;
	world_call("offer");
	world_verdict(&v);
	world_media("accept", 0, "sound");
	CHECK_STR(w.caller->log, "answer(sound)");
	world_media("collect", 0, NULL);
	world_heard(MEDIA_EVENT_KIND_COLLECTED, "4829");
}

/* Answered for the question, and then the called phone is busy: the caller
   hears that before it is hung up, and the record says it, too. */
static void test_sorry(void)
{
	world_answered_caller();
	dial();
	world_media("accept", 0, "to-phone");
	world_leg(w.phone[0], LEG_FAILED, 486, NULL);
	CHECK_STR(w.prompts, "tone/busy;tone/busy;tone/busy;tone/busy");
	world_media("play", 0, NULL);
	CHECK_STR(w.caller->log, "answer(sound)");
	world_heard(MEDIA_EVENT_KIND_PLAYED, "");
	world_media("delete", 0, NULL);
	CHECK_STR(w.caller->log, "answer(sound) hangup:486");
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_BUSY);
	CHECK_EQ(w.cdr.sip_code, 486);
	CHECK_STR(w.cdr.reason, "busy");
	CHECK_EQ(w.cdr.answer_ms, 0);
	world_close();
}

/* Nobody answers: the same, and the phone is let go. */
static void test_sorry_rung_out(void)
{
	struct verdict d = verdict_of(VERDICT_ACTION_DIAL);

	world_answered_caller();
	(void)snprintf(d.targets, sizeof(d.targets), "802");
	d.ring_s = 1;
	world_verdict(&d);
	world_media("accept", 0, "to-phone");
	world_leg(w.phone[0], LEG_RINGING, 180, NULL);
	CHECK_STR(w.prompts, "tone/ringback");
	world_media("play", 0, NULL);
	turn_until(&w.n_ops, 1);
	CHECK(w.phone[0]->gone);
	CHECK_STR(w.prompts, "tone/congestion;tone/congestion;"
			     "tone/congestion;tone/congestion");
	world_media("play", 0, NULL);
	CHECK_STR(w.caller->log, "answer(sound)");
	world_heard(MEDIA_EVENT_KIND_PLAYED, "");
	world_media("delete", 0, NULL);
	CHECK_STR(w.caller->log, "answer(sound) hangup:480");
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_NO_ANSWER);
	CHECK_EQ(w.cdr.sip_code, 480);
	CHECK_STR(w.cdr.reason, "no answer");
	CHECK_EQ(w.cdr.answer_ms, 0);
	world_close();
}

static void test_echo(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_ECHO);

	world_open();
	v.answer = true;
	(void)snprintf(v.prompts, sizeof(v.prompts), "demo-echotest");
	world_call("offer");
	world_verdict(&v);
	world_media("accept", 0, "sound");
	CHECK_STR(w.caller->log, "answer(sound)");
	world_media("play", 0, NULL);
	world_heard(MEDIA_EVENT_KIND_PLAYED, "");
	world_media("echo", 0, NULL);
	world_leg(w.caller, LEG_OFFER, 0, "hold");
	world_media("accept", 0, "held");
	CHECK_STR(w.caller->log, "answer(sound) accept(held)");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_ANSWERED);
	world_close();
}

static void test_media_lost(void)
{
	up();
	w.no_media = true;
	b2b_media_lost(w.call);
	CHECK_EQ(w.ended, 1);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_ANSWERED);
	CHECK_STR(w.cdr.reason, "the sound service restarted");
	world_close();
}

static void test_instruct(void)
{
	struct instruct in;

	up();
	record_init(&instruct_record, &in);
	in.action = INSTRUCT_ACTION_HANGUP;
	(void)snprintf(in.reason, sizeof(in.reason), "cap reached");
	b2b_instruct(w.call, &in);
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.reason, "cap reached");
	world_close();
}

static void test_originate(void)
{
	world_open();
	w.call = b2b_new(&w.hub);
	CHECK(w.call != NULL);
	CHECK_EQ(b2b_originate(w.call, "801", "802"), 0);
	world_media("accept", 0, "ours");
	CHECK_STR(w.phone[0]->log, "invite(ours)");
	world_leg(w.phone[0], LEG_ANSWERED, 200, "answer");
	w.caller = w.phone[0];
	world_media("answer", 0, "x");
	CHECK_EQ(w.asks, 1);
	CHECK_STR(w.ask.who, "801");
	dial();
	world_media("accept", 0, "to-phone");
	world_leg(w.phone[1], LEG_RINGING, 180, NULL);
	world_media("play", 0, NULL);
	world_leg(w.phone[1], LEG_ANSWERED, 200, "answer");
	world_media("answer", 0, "x");
	CHECK_STR(w.states, "ringing asking ringing up");
	world_leg(w.phone[1], LEG_GONE, 200, NULL);
	world_media("delete", 0, NULL);
	CHECK_STR(w.phone[0]->log, "invite(ours) ack() hangup:200");
	world_close();

	world_open();
	w.phones_registered = 0;
	w.call = b2b_new(&w.hub);
	CHECK_EQ(b2b_originate(w.call, "801", "802"), -ENOENT);
	b2b_free(w.call);
	/* What did not begin does not count. */
	CHECK_EQ(callers_begin(w.hub.callers, "801"), 0);
	callers_free(w.hub.callers);
	event_base_free(w.base);
}

static void dial_trunk(const char *step)
{
	struct verdict v = verdict_of(VERDICT_ACTION_DIAL);

	v.direction = VERDICT_DIRECTION_OUTBOUND;
	(void)snprintf(v.trunk, sizeof(v.trunk), "acme");
	(void)snprintf(v.sent, sizeof(v.sent), "0044123");
	(void)snprintf(v.step, sizeof(v.step), "%s", step);
	world_verdict(&v);
}

static void test_trunk_talk(void)
{
	world_open();
	world_call("offer");
	dial_trunk("");
	CHECK_EQ(w.trunk_calls, 1);
	world_media("offer", 0, "x");
	CHECK_STR(w.phone[0]->peer.trunk, "acme");
	world_leg(w.phone[0], LEG_TRYING, 100, NULL);
	world_leg(w.phone[0], LEG_RINGING, 180, NULL);
	world_leg(w.phone[0], LEG_ANSWERED, 200, "answer");
	world_media("answer", 0, "a");
	world_leg(w.caller, LEG_GONE, 200, NULL);
	CHECK_EQ(w.trunk_calls, 0);
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.trunk, "acme");
	CHECK_STR(w.cdr.sent, "0044123");
	CHECK_EQ(w.cdr.direction, CDR_DIRECTION_OUTBOUND);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_ANSWERED);
	CHECK_EQ(w.trunk_failures, 0);
	world_close();
}

/* The trunk cannot: the next server, then the trunk that routed names. */
static void test_trunk_failover(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_REFUSE);

	world_open();
	w.servers = 2;
	world_call("offer");
	dial_trunk("trunk/2");
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_FAILED, 503, NULL);
	world_media("offer", 0, "x");
	CHECK_STR(w.phone[1]->log, "invite(x)");
	CHECK_EQ(w.asks, 1);
	world_leg(w.phone[1], LEG_FAILED, 503, NULL);
	CHECK_EQ(w.asks, 2);
	CHECK_STR(w.ask.step, "trunk/2");
	CHECK_EQ(w.ask.failed_code, 503);
	world_media("rollback/a", 0, NULL);
	CHECK_EQ(w.trunk_failures, 1);
	dial_trunk("trunk/3");
	world_media("offer", 0, "y");
	CHECK_STR(w.phone[2]->log, "invite(y)");
	/* Silent: 408, whatever Sofia calls it. */
	w.silent = true;
	world_leg(w.phone[2], LEG_FAILED, 503, NULL);
	world_media("offer", 0, "y");
	world_leg(w.phone[3], LEG_FAILED, 503, NULL);
	CHECK_EQ(w.ask.failed_code, 408);
	world_media("rollback/a", 0, NULL);
	v.code = 503;
	(void)snprintf(v.reason, sizeof(v.reason), "no trunk is left");
	world_verdict(&v);
	CHECK_STR(w.caller->log, "hangup:503");
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.reason, "no trunk is left");
	world_close();
}

/* What the called party says, or what comes after it rang, is final. */
static void test_trunk_final(void)
{
	world_open();
	world_call("offer");
	dial_trunk("trunk/2");
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_FAILED, 486, NULL);
	CHECK_EQ(w.asks, 1);
	CHECK_STR(w.caller->log, "hangup:486");
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_BUSY);
	CHECK_STR(w.cdr.reason, "busy");
	CHECK_EQ(w.trunk_failures, 0);
	world_close();

	world_open();
	w.servers = 2;
	world_call("offer");
	dial_trunk("trunk/2");
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_RINGING, 180, NULL);
	world_leg(w.phone[0], LEG_FAILED, 503, NULL);
	CHECK_EQ(w.asks, 1);
	CHECK_STR(w.caller->log, "ring hangup:500");
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.reason,
		  "trunk acme: 503, the provider cannot carry the call now");
	world_close();
}

/* The last trunk: its own words. A trunk that is known to be down is left out,
   unless it is the last. */
static void test_trunk_last(void)
{
	world_open();
	world_call("offer");
	dial_trunk("");
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_FAILED, 403, NULL);
	CHECK_STR(w.caller->log, "hangup:480");
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.reason, "trunk acme: 403, the provider refuses");
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_FAILED);
	world_close();

	world_open();
	w.trunk_down = true;
	world_call("offer");
	dial_trunk("trunk/2");
	CHECK_EQ(w.n_phones, 0);
	CHECK_EQ(w.asks, 2);
	CHECK_EQ(w.ask.failed_code, 408);
	dial_trunk("");
	CHECK_EQ(w.n_phones, 1);
	world_leg(w.caller, LEG_CANCELLED, 487, NULL);
	world_media("offer", 0, "x");
	world_media("delete", 0, NULL);
	world_close();

	world_open();
	w.servers = 0;
	world_call("offer");
	dial_trunk("");
	CHECK_STR(w.caller->log, "hangup:500");
	CHECK_STR(w.cdr.reason, "trunk acme: the provider does not answer");
	world_close();
}

/* A provider calls: it is not authenticated as anybody of the house. */
static void test_trunk_calls(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_DIAL);

	world_open();
	w.from_trunk = true;
	world_call("offer");
	CHECK_EQ(w.ask.who_kind, ASK_WHO_KIND_TRUNK);
	CHECK_STR(w.ask.who, "acme");
	CHECK_STR(w.ask.caller, "+4930777");
	CHECK_STR(w.ask.caller_name, "Eve");
	CHECK_EQ(w.trunk_calls, 1);
	v.direction = VERDICT_DIRECTION_INBOUND;
	(void)snprintf(v.trunk, sizeof(v.trunk), "acme");
	(void)snprintf(v.targets, sizeof(v.targets), "801");
	world_verdict(&v);
	world_media("offer", 0, "x");
	CHECK(!b2b_has_extension(w.call, "+4930777"));
	CHECK(b2b_has_extension(w.call, "801"));
	/* The phone's own failure is no trunk's. */
	world_leg(w.phone[0], LEG_FAILED, 503, NULL);
	CHECK_STR(w.caller->log, "hangup:500");
	CHECK_EQ(w.trunk_failures, 0);
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.direction, CDR_DIRECTION_INBOUND);
	CHECK_STR(w.cdr.caller, "+4930777");
	CHECK_STR(w.cdr.trunk, "acme");
	world_close();
}

static void up_on_lease(uint32_t lease_s)
{
	struct verdict v = verdict_of(VERDICT_ACTION_DIAL);

	world_open();
	world_call("offer");
	v.direction = VERDICT_DIRECTION_OUTBOUND;
	(void)snprintf(v.trunk, sizeof(v.trunk), "acme");
	v.lease_s = lease_s;
	world_verdict(&v);
	world_media("offer", 0, "x");
	world_leg(w.phone[0], LEG_ANSWERED, 200, "answer");
	CHECK_EQ(w.renews, 0);
	world_media("answer", 0, "a");
}

/* A slice, renewed once, then refused: a tone to both sides, and the end. */
static void test_lease(void)
{
	struct lease lease;

	up_on_lease(1);
	turn_until(&w.renews, 1);
	CHECK_STR(w.renew.call, b2b_id(w.call));
	record_init(&lease_record, &lease);
	lease.lease_s = 2;
	world_lease(&lease);
	CHECK_EQ(w.n_ops, 0);
	turn_until(&w.renews, 2);
	CHECK_EQ(w.renew.talk_s, 1);
	lease.final = true;
	(void)snprintf(lease.reason, sizeof(lease.reason), "credit is used up");
	world_lease(&lease);
	turn_until(&w.n_ops, 2);
	CHECK_STR(w.prompts, "tone/warning");
	world_media("play", 0, NULL);
	world_media("play", 0, NULL);
	CHECK_EQ(w.ended, 0);
	turn_until(&w.n_ops, 1);
	world_media("delete", 0, NULL);
	CHECK_EQ(w.cdr.disposition, CDR_DISPOSITION_ANSWERED);
	CHECK_STR(w.cdr.reason, "credit is used up");
	/* Rounded up, as it is billed. */
	CHECK(w.cdr.talk_s == 2 || w.cdr.talk_s == 3);
	world_close();
}

/* A limit was made after the call began: asked at once, and at the answer. */
static void test_lease_asked_for(void)
{
	struct lease lease;
	struct instruct in;

	record_init(&instruct_record, &in);
	in.action = INSTRUCT_ACTION_RENEW;
	record_init(&lease_record, &lease);
	up_on_lease(0);
	b2b_instruct(w.call, &in);
	turn_until(&w.renews, 1);
	lease.lease_s = 60;
	world_lease(&lease);
	CHECK_EQ(w.ended, 0);
	b2b_instruct(w.call, &in);
	turn_until(&w.renews, 2);
	lease.lease_s = 1;
	lease.final = true;
	(void)snprintf(lease.reason, sizeof(lease.reason), "limit day");
	world_lease(&lease);
	turn_until(&w.n_ops, 2);
	CHECK_STR(w.prompts, "tone/warning");
	world_media("play", 0, NULL);
	world_media("play", 0, NULL);
	turn_until(&w.n_ops, 1);
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.reason, "limit day");
	world_close();
}

static void test_lease_asked_for_early(void)
{
	struct verdict v = verdict_of(VERDICT_ACTION_DIAL);
	struct instruct in;

	record_init(&instruct_record, &in);
	in.action = INSTRUCT_ACTION_RENEW;
	world_open();
	world_call("offer");
	v.direction = VERDICT_DIRECTION_OUTBOUND;
	(void)snprintf(v.trunk, sizeof(v.trunk), "acme");
	world_verdict(&v);
	world_media("offer", 0, "x");
	b2b_instruct(w.call, &in);
	CHECK_EQ(w.renews, 0);
	world_leg(w.phone[0], LEG_ANSWERED, 200, "answer");
	world_media("answer", 0, "a");
	turn_until(&w.renews, 1);
	CHECK_EQ(w.renew.talk_s, 0);
	world_leg(w.caller, LEG_GONE, 200, NULL);
	b2b_instruct(w.call, &in);
	world_media("delete", 0, NULL);
	CHECK_EQ(w.renews, 1);
	world_close();
}

/* Silence of routed is no credit. */
static void test_lease_silent(void)
{
	up_on_lease(1);
	turn_until(&w.renews, 1);
	world_lease(NULL);
	turn_until(&w.n_ops, 2);
	world_media("play", 0, NULL);
	world_media("play", 0, NULL);
	turn_until(&w.n_ops, 1);
	world_media("delete", 0, NULL);
	CHECK_STR(w.cdr.reason, "call decisions are not available");
	world_close();
}

int main(void)
{
	test_talk();
	test_caller_hangs_up();
	test_others_are_told();
	test_cancel();
	test_cancel_while_asking();
	test_routed_silent();
	test_refuse();
	test_refuse_in_words();
	test_fork();
	test_fork_srtp();
	test_srtp_must();
	test_fork_half();
	test_all_fail();
	test_decline();
	test_not_registered();
	test_no_port();
	test_early_media();
	test_delayed_offer();
	test_hold();
	test_offer_wanted();
	test_collect();
	test_sorry();
	test_sorry_rung_out();
	test_echo();
	test_media_lost();
	test_instruct();
	test_originate();
	test_trunk_talk();
	test_trunk_failover();
	test_trunk_final();
	test_trunk_last();
	test_trunk_calls();
	test_lease();
	test_lease_asked_for();
	test_lease_asked_for_early();
	test_lease_silent();
	return 0;
}

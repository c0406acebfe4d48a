/* What a call may do: the order of decision, as rows of question and answer. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "clock_app.h"
#include "dialled.h"
#include "routed_world.h"

static void make_world(struct world *w)
{
	world_init(w);
	world_add(w, "extension number=801 name=Ada secret=x");
	world_add(w, "extension number=802 name=Bob secret=x");
	world_add(w, "extension number=803 name=Cid secret=x");
	world_add(w, "extension number=804 enabled=false secret=x");
	world_add(w, "call_profile extension=803 do_not_disturb=true");
	world_add(w, "call_profile extension=802 ring_s=17 longest_s=600");
	world_add(w, "emergency number=112");
}

static void test_order(void)
{
	static const struct row {
		const char *who, *number;
		uint32_t action, code;
		const char *targets;
	} rows[] = {
		{ "801", "802", VERDICT_ACTION_DIAL, 0, "802" },
		{ "801", "803", VERDICT_ACTION_REFUSE, 486, "" },
		{ "801", "801", VERDICT_ACTION_REFUSE, 486, "" },
		{ "801", "804", VERDICT_ACTION_REFUSE, 404, "" },
		{ "801", "805", VERDICT_ACTION_REFUSE, 404, "" },
		{ "804", "802", VERDICT_ACTION_REFUSE, 403, "" },
		{ "801", "", VERDICT_ACTION_REFUSE, 404, "" },
		{ "801", "802&803", VERDICT_ACTION_REFUSE, 404, "" },
		{ "801", "112", VERDICT_ACTION_REFUSE, 503, "" },
		{ "899", "802", VERDICT_ACTION_REFUSE, 403, "" },
		{ "801", "*43", VERDICT_ACTION_ECHO, 0, "" },
		{ "801", "*60", VERDICT_ACTION_PLAY, 0, "" },
	};
	struct plan_choice choice;
	struct verdict v;
	struct world w;

	make_world(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		world_decide(&w, rows[i].who, rows[i].number, &v, &choice);
		CHECK_EQ(v.action, rows[i].action);
		CHECK_EQ(v.code, rows[i].code);
		CHECK_STR(v.targets, rows[i].targets);
		CHECK(v.action != VERDICT_ACTION_REFUSE || *v.reason);
	}
	world_decide(&w, "801", "802", &v, &choice);
	CHECK(!choice.outbound);
	CHECK_STR(v.caller_name, "Ada");
	CHECK_STR(v.caller_number, "801");
	CHECK_EQ(v.ring_s, 17);
	world_decide(&w, "801", "112", &v, &choice);
	CHECK(v.emergency);
	world_fini(&w);
}

/* Out over the first trunk, then by the step over the second, then no more. */
static void test_outbound(void)
{
	struct plan_choice choice;
	struct verdict v;
	struct world w;

	make_world(&w);
	world_add(&w, "trunk name=a host=a.example caller_id=4930100 "
		      "caller_name=Acme privacy=true rates=cheap");
	world_add(&w, "trunk name=b host=b.example countries=49");
	world_add(&w, "dial_rule name=abroad pattern=473X. strip=3 trunks=a;b "
		      "longest_s=60");
	world_decide(&w, "802", "4730049891234", &v, &choice);
	CHECK_EQ(v.action, VERDICT_ACTION_DIAL);
	CHECK_EQ(v.direction, VERDICT_DIRECTION_OUTBOUND);
	CHECK_STR(v.sent, "0049891234");
	CHECK_STR(v.trunk, "a");
	CHECK_STR(v.targets, "");
	CHECK_STR(v.dial_rule, "abroad");
	CHECK_STR(v.caller_number, "4930100");
	CHECK_STR(v.caller_name, "Acme");
	CHECK(v.hide_caller);
	CHECK_EQ(v.longest_s, 60);
	CHECK(choice.outbound && !choice.emergency);
	CHECK_STR(choice.trunk, "a");
	CHECK_STR(choice.rates, "cheap");
	CHECK_STR(choice.number, "49891234");
	world_again(&w, "802", "4730049891234", v.step, &v, &choice);
	CHECK_STR(v.trunk, "b");
	CHECK_STR(v.caller_number, "802");
	CHECK_STR(v.caller_name, "Bob");
	CHECK_STR(v.step, "");
	world_decide(&w, "801", "4731", &v, &choice);
	CHECK_EQ(v.code, 404);
	CHECK(!choice.outbound && !*choice.trunk);
	world_fini(&w);
}

static void test_emergency(void)
{
	struct plan_choice choice;
	struct verdict v;
	struct world w;

	make_world(&w);
	world_add(&w, "trunk name=a host=a.example max_calls=1 privacy=true");
	world_add(&w, "trunk name=b host=b.example enabled=false");
	world_add(&w, "trunk name=c host=c.example caller_id=4930100");
	world_add(&w, "emergency number=911 trunks=c;gone caller_id=4930199");
	world_decide(&w, "804", "911", &v, &choice);
	CHECK(v.emergency && choice.emergency && !choice.outbound);
	CHECK_STR(v.trunk, "c");
	CHECK_STR(v.sent, "911");
	CHECK_STR(v.caller_number, "4930199");
	CHECK_EQ(v.longest_s, 0);
	world_again(&w, "804", "911", v.step, &v, &choice);
	CHECK_STR(v.trunk, "a");
	CHECK(!v.hide_caller);
	CHECK_STR(v.step, "");
	world_decide(&w, "801", "112", &v, &choice);
	CHECK_STR(v.trunk, "a");
	CHECK(*v.step);
	world_fini(&w);
}

static void from_trunk(struct world *w, const char *trunk, const char *number,
		       const char *caller, struct verdict *v)
{
	struct plan_choice choice;
	struct plan_question q = { 0 };
	struct ask ask;

	record_init(&ask_record, &ask);
	ask.who_kind = ASK_WHO_KIND_TRUNK;
	snprintf(ask.who, sizeof(ask.who), "%s", trunk);
	snprintf(ask.number, sizeof(ask.number), "%s", number);
	snprintf(ask.caller, sizeof(ask.caller), "%s", caller);
	snprintf(ask.caller_name, sizeof(ask.caller_name), "Zoe");
	q.ask = &ask;
	plan_decide(world_plan(w), &q, v, &choice);
	CHECK(!choice.outbound);
}

static void test_inbound(void)
{
	struct verdict v;
	struct world w;

	make_world(&w);
	world_add(&w, "trunk name=a host=a.example");
	world_add(&w, "dial_rule name=all pattern=X. trunks=a");
	world_add(&w, "inbound_rule name=one did=49301X. caller=44. "
		      "extension=803");
	world_add(&w, "inbound_rule name=two trunk=a did=49301X. "
		      "extension=802 name_prefix=Shop:");
	from_trunk(&w, "a", "+4930123", "+49170", &v);
	CHECK_EQ(v.action, VERDICT_ACTION_DIAL);
	CHECK_EQ(v.direction, VERDICT_DIRECTION_INBOUND);
	CHECK_STR(v.targets, "802");
	CHECK_STR(v.caller_number, "+49170");
	CHECK_STR(v.caller_name, "Shop:Zoe");
	CHECK_EQ(v.ring_s, 17);
	from_trunk(&w, "a", "4930123", "4477", &v);
	CHECK_EQ(v.code, 486);
	/* What a provider sends ends here: no way out again. */
	from_trunk(&w, "b", "4930123", "49170", &v);
	CHECK_EQ(v.code, 404);
	from_trunk(&w, "a", "112", "49170", &v);
	CHECK_EQ(v.code, 404);
	from_trunk(&w, "a", "00491234", "801", &v);
	CHECK_EQ(v.code, 404);
	from_trunk(&w, "a", "*43", "801", &v);
	CHECK_EQ(v.code, 404);
	world_fini(&w);
}

struct heard {
	size_t n;
	struct explain_line last, dial;
};

static void hear(void *ctx, const struct explain_line *line)
{
	struct heard *h = ctx;

	h->n++;
	h->last = *line;
	if (!strcmp(line->step, "dial"))
		h->dial = *line;
}

static struct heard explain(struct world *w, const char *number)
{
	struct heard h = { 0 };
	const struct plan_trace trace = { hear, &h };
	struct plan_question q = { .now_ms = WORLD_CLOCK_FROM_MS,
				   .trace = &trace };
	struct plan_choice choice;
	struct verdict v;
	struct ask ask;

	record_init(&ask_record, &ask);
	snprintf(ask.who, sizeof(ask.who), "801");
	snprintf(ask.number, sizeof(ask.number), "%s", number);
	q.ask = &ask;
	plan_decide(world_plan(w), &q, &v, &choice);
	return h;
}

/* However many rules there are, Explain has few rows, and the one that counts
   is among them. */
static void test_explain_bounded(void)
{
	char row[100];
	struct world w;
	struct heard h;

	make_world(&w);
	world_add(&w, "trunk name=a host=a.example");
	world_add(&w, "time_rule name=never");
	for (int i = 0; i < 2000; i++) {
		snprintf(row, sizeof(row),
			 "dial_rule name=r%d pattern=0X. trunks=a "
			 "time_rule=never",
			 i);
		world_add(&w, row);
	}
	h = explain(&w, "0123");
	CHECK(h.n > 50 && h.n < 400);
	CHECK_STR(h.last.why, "is refused: never is closed");
	CHECK_EQ(h.last.outcome, EXPLAIN_LINE_OUTCOME_REFUSED);
	h = explain(&w, "5");
	CHECK(h.n > 50 && h.n < 400);
	world_add(&w, "dial_rule name=r1999 time_rule=");
	h = explain(&w, "0123");
	CHECK(h.n > 50 && h.n < 400);
	CHECK_STR(h.dial.what, "0123");
	CHECK_EQ(h.last.outcome, EXPLAIN_LINE_OUTCOME_OUT);
	CHECK_STR(h.last.what, "r1999");
	world_fini(&w);
}

static void test_dialled(void)
{
	CHECK(dialled_is_valid("+49301234"));
	CHECK(dialled_is_valid("*43#"));
	CHECK(!dialled_is_valid("+"));
	CHECK(!dialled_is_valid("49+30"));
	CHECK(!dialled_is_valid("alice"));
	CHECK(!dialled_is_valid("500 "));
	CHECK(!dialled_is_valid("٣"));
}

static void test_clock(void)
{
	static const struct row {
		unsigned hour, minute;
		const char *prompts;
	} rows[] = {
		{ 0, 0,
		  "at-tone-time-exactly;digits/12;digits/oclock;digits/"
		  "a-m;beep" },
		{ 9, 5,
		  "at-tone-time-exactly;digits/9;digits/oh;digits/5;digits/"
		  "a-m;beep" },
		{ 12, 20,
		  "at-tone-time-exactly;digits/12;digits/20;digits/p-m;beep" },
		{ 23, 59,
		  "at-tone-time-exactly;digits/11;digits/50;digits/9;digits/"
		  "p-m;beep" },
	};
	char text[128];
	struct verdict v;
	struct ask ask;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		clock_app_prompts(rows[i].hour, rows[i].minute, text,
				  sizeof(text));
		CHECK_STR(text, rows[i].prompts);
	}
	record_init(&ask_record, &ask);
	record_init(&verdict_record, &v);
	clock_app_decide(&ask, 0, &v);
	CHECK_STR(v.step, "clock/2");
	snprintf(ask.step, sizeof(ask.step), "clock/3");
	record_init(&verdict_record, &v);
	clock_app_decide(&ask, 0, &v);
	CHECK_STR(v.step, "");
}

int main(void)
{
	test_order();
	test_outbound();
	test_emergency();
	test_inbound();
	test_explain_bounded();
	test_dialled();
	test_clock();
	return 0;
}

/* What a call may do: the order of decision, as rows of question and answer. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "clock_app.h"
#include "dialled.h"
#include "plan.h"

static const void *extension_at(const void *from, size_t i)
{
	return (const struct extension *)from + i;
}

static const void *profile_at(const void *from, size_t i)
{
	return (const struct call_profile *)from + i;
}

static const void *emergency_at(const void *from, size_t i)
{
	return (const struct emergency *)from + i;
}

static struct plan *make_plan(void)
{
	static const char *const numbers[] = { "803", "801", "802" };
	struct extension extensions[3];
	struct call_profile profiles[2];
	struct emergency emergencies[1];
	struct plan_input input = {
		.extensions = { extension_at, extensions, 3 },
		.profiles = { profile_at, profiles, 2 },
		.emergencies = { emergency_at, emergencies, 1 },
	};

	for (size_t i = 0; i < 3; i++) {
		record_init(&extension_record, &extensions[i]);
		snprintf(extensions[i].number, sizeof(extensions[i].number),
			 "%s", numbers[i]);
		snprintf(extensions[i].name, sizeof(extensions[i].name),
			 "Name %s", numbers[i]);
	}
	for (size_t i = 0; i < 2; i++)
		record_init(&call_profile_record, &profiles[i]);
	snprintf(profiles[0].extension, sizeof(profiles[0].extension), "803");
	profiles[0].do_not_disturb = true;
	snprintf(profiles[1].extension, sizeof(profiles[1].extension), "802");
	profiles[1].ring_s = 17;
	record_init(&emergency_record, &emergencies[0]);
	snprintf(emergencies[0].number, sizeof(emergencies[0].number), "112");
	return plan_new(&input);
}

static void decide(const struct plan *p, const char *who, const char *number,
		   struct verdict *v)
{
	struct ask ask;

	record_init(&ask_record, &ask);
	snprintf(ask.who, sizeof(ask.who), "%s", who);
	snprintf(ask.number, sizeof(ask.number), "%s", number);
	plan_decide(p, &ask, 0, NULL, v);
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
		{ "801", "", VERDICT_ACTION_REFUSE, 404, "" },
		{ "801", "802&803", VERDICT_ACTION_REFUSE, 404, "" },
		{ "801", "112", VERDICT_ACTION_REFUSE, 503, "" },
		{ "899", "802", VERDICT_ACTION_REFUSE, 403, "" },
		{ "801", "*43", VERDICT_ACTION_ECHO, 0, "" },
		{ "801", "*60", VERDICT_ACTION_PLAY, 0, "" },
	};
	struct plan *p = make_plan();
	struct verdict v;

	CHECK(p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		decide(p, rows[i].who, rows[i].number, &v);
		CHECK_EQ(v.action, rows[i].action);
		CHECK_EQ(v.code, rows[i].code);
		CHECK_STR(v.targets, rows[i].targets);
		CHECK(v.action != VERDICT_ACTION_REFUSE || *v.reason);
	}
	decide(p, "801", "802", &v);
	CHECK_STR(v.caller_name, "Name 801");
	CHECK_STR(v.caller_number, "801");
	CHECK_EQ(v.ring_s, 17);
	decide(p, "801", "112", &v);
	CHECK(v.emergency);
	plan_free(p);
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
	test_dialled();
	test_clock();
	return 0;
}

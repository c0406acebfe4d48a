#include "trunk_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool trunk_test_begin(struct trunk_test *t, const struct trunk_tester *teller)
{
	if (t->running)
		return false;
	*t = (struct trunk_test){ .teller = *teller, .running = true };
	return true;
}

static unsigned bit(enum trunk_tried_question question)
{
	return 1U << question;
}

void trunk_test_expect(struct trunk_test *t, enum trunk_tried_question question)
{
	if (t->running)
		t->waits |= bit(question);
}

static void tell(const struct trunk_test *t, enum trunk_tried_question question,
		 bool ok, const char *answer)
{
	struct trunk_tried row;

	record_init(&trunk_tried_record, &row);
	row.question = question;
	row.ok = ok;
	/* A realm in it is the provider's own word. */
	text_from_peer(row.answer, sizeof(row.answer), answer, strlen(answer));
	t->teller.row(t->teller.ctx, &row);
}

static void end_if_done(struct trunk_test *t)
{
	const struct trunk_tester teller = t->teller;

	if (!t->running || t->waits)
		return;
	t->running = false;
	teller.end(teller.ctx);
}

void trunk_test_say(struct trunk_test *t, enum trunk_tried_question question,
		    bool ok, const char *fmt, ...)
{
	char answer[sizeof(((struct trunk_tried *)0)->answer)];
	va_list ap;

	if (!t->running || !(t->waits & bit(question)))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(answer, sizeof(answer), fmt, ap);
	va_end(ap);
	t->waits &= ~bit(question);
	tell(t, question, ok, answer);
	end_if_done(t);
}

void trunk_test_stop(struct trunk_test *t, const char *why)
{
	for (int q = TRUNK_TRIED_QUESTION_SERVER;
	     q <= TRUNK_TRIED_QUESTION_REGISTER; q++)
		trunk_test_say(t, (enum trunk_tried_question)q, false, "%s",
			       why);
}

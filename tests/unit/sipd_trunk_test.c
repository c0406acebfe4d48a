/* A trunk's test: which answers it takes, and when it ends. */
#include <string.h>

#include "check.h"
#include "trunk_test.h"

struct heard {
	struct trunk_tried rows[4];
	size_t n, ends;
};

static void on_row(void *ctx, const struct trunk_tried *row)
{
	struct heard *h = ctx;

	CHECK(h->n < 4);
	h->rows[h->n++] = *row;
}

static void on_end(void *ctx)
{
	((struct heard *)ctx)->ends++;
}

static struct trunk_tester teller(struct heard *h)
{
	return (struct trunk_tester){ on_row, on_end, h };
}

static void begin(struct trunk_test *t, struct heard *h)
{
	const struct trunk_tester who = teller(h);

	CHECK(trunk_test_begin(t, &who));
	trunk_test_expect(t, TRUNK_TRIED_QUESTION_SERVER);
	trunk_test_expect(t, TRUNK_TRIED_QUESTION_OPTIONS);
	trunk_test_expect(t, TRUNK_TRIED_QUESTION_REGISTER);
}

static void test_in_any_order(void)
{
	struct trunk_test t = { 0 };
	struct heard h = { 0 };
	const struct trunk_tester second = teller(&h);

	begin(&t, &h);
	CHECK(!trunk_test_begin(&t, &second));
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_SERVER, true, "%s", "there");
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_REGISTER, false, "%u, no", 403);
	/* what its line is asked again meanwhile is not told */
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_REGISTER, true, "later");
	CHECK_EQ(h.n, 2);
	CHECK_EQ(h.ends, 0);
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_OPTIONS, true, "yes");
	CHECK_EQ(h.n, 3);
	CHECK_EQ(h.ends, 1);
	CHECK_EQ(h.rows[1].question, TRUNK_TRIED_QUESTION_REGISTER);
	CHECK(!h.rows[1].ok);
	CHECK_STR(h.rows[1].answer, "403, no");
	CHECK(trunk_test_begin(&t, &second));
}

static void test_stopped(void)
{
	struct trunk_test t = { 0 };
	struct heard h = { 0 };

	trunk_test_stop(&t, "nothing runs");
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_OPTIONS, true, "unasked");
	CHECK_EQ(h.n, 0);
	begin(&t, &h);
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_SERVER, true, "there");
	trunk_test_stop(&t, "gone");
	trunk_test_stop(&t, "gone");
	CHECK_EQ(h.n, 3);
	CHECK_EQ(h.ends, 1);
	CHECK_STR(h.rows[2].answer, "gone");
}

static void test_a_peers_words(void)
{
	struct trunk_test t = { 0 };
	struct heard h = { 0 };
	char realm[400];

	memset(realm, 'r', sizeof(realm) - 1);
	realm[sizeof(realm) - 1] = '\0';
	realm[1] = '\n';
	begin(&t, &h);
	trunk_test_say(&t, TRUNK_TRIED_QUESTION_REGISTER, false, "%s", realm);
	CHECK(strlen(h.rows[0].answer) < sizeof(h.rows[0].answer));
	CHECK(!strchr(h.rows[0].answer, '\n'));
}

int main(void)
{
	test_in_any_order();
	test_stopped();
	test_a_peers_words();
	return 0;
}

/* How many calls each extension is making. */
#include <stdio.h>

#include "callers.h"
#include "check.h"

static void test_each_by_itself(void)
{
	struct callers *c = callers_new();

	CHECK(c != NULL);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(callers_begin(c, "801"), i);
		CHECK_EQ(callers_begin(c, "802"), i);
	}
	for (int i = 0; i < 100; i++)
		callers_end(c, "801");
	CHECK_EQ(callers_begin(c, "801"), 0);
	CHECK_EQ(callers_begin(c, "802"), 100);
	callers_free(c);
	callers_free(NULL);
}

/* A script may say anything for a caller. */
static void test_any_name(void)
{
	struct callers *c = callers_new();

	CHECK(c != NULL);
	CHECK_EQ(callers_begin(c, "801;802;803;804;805;806;807;808;"), 0);
	callers_end(c, "801;802;803;804;805;806;807;808;");
	CHECK_EQ(callers_begin(c, ""), 0);
	callers_end(c, "");
	callers_free(c);
}

int main(void)
{
	test_each_by_itself();
	test_any_name();
	return 0;
}

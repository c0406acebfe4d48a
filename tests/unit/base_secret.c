#include "secret.h"

#include "check.h"

static void test_equal(void)
{
	CHECK(secret_equal("abc", 3, "abc", 3));
	CHECK(!secret_equal("abc", 3, "abd", 3));
	CHECK(!secret_equal("xbc", 3, "abc", 3));
	CHECK(!secret_equal("abc", 3, "abcd", 4));
	CHECK(secret_equal("", 0, "", 0));
	CHECK(secret_equal(NULL, 0, NULL, 0));
}

static void test_wipe(void)
{
	char s[] = "hunter2";

	secret_wipe(s, sizeof(s));
	for (size_t i = 0; i < sizeof(s); i++)
		CHECK_EQ(s[i], 0);
	secret_wipe(NULL, 0);
}

static void test_token(void)
{
	char a[33], b[33];
	char one[3];
	char empty[1] = { 'x' };

	secret_token(a, 16);
	secret_token(b, 16);
	CHECK_EQ(strlen(a), 32);
	CHECK_EQ(strspn(a, "0123456789abcdef"), 32);
	CHECK(strcmp(a, b) != 0);
	secret_token(one, 1);
	CHECK_EQ(strlen(one), 2);
	secret_token(empty, 0);
	CHECK_STR(empty, "");
}

/* Every digit comes up in every place: the spreading in place loses none. */
static void test_token_digits(void)
{
	char text[9];
	unsigned int seen[8] = { 0 };

	for (int i = 0; i < 2000; i++) {
		secret_token(text, 4);
		for (size_t k = 0; k < 8; k++)
			seen[k] |= 1u << (strchr("0123456789abcdef", text[k]) -
					  "0123456789abcdef");
	}
	for (size_t k = 0; k < 8; k++)
		CHECK_EQ(seen[k], 0xffff);
}

int main(void)
{
	test_equal();
	test_wipe();
	test_token();
	test_token_digits();
	return 0;
}

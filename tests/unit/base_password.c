#include <stdbool.h>

#include "password.h"

#include "check.h"

#define SPECIALS "$#*!%+-.:=?@_"

static void test_strong(void)
{
	static const char *const words[] = { "801", "Ada Lovelace", "Acme",
					     NULL };
	static const char *const good[] = {
		"Xk7mPq2wRt9+zV4c",
		"Tr0ub4dor&+Zx",
		"purple monocle rides north",
		"Kitchen+9.window",
		"a1B?qqxz7L",
		"the liberty bell property",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_STR(password_weak(good[i], words), NULL);
	CHECK_STR(password_weak(good[0], NULL), NULL);
}

struct weak_row {
	const char *secret;
	const char *why;
};

static void test_weak(void)
{
	static const char *const words[] = { "801",  "Ada Lovelace",
					     "Acme", "al",
					     "",     NULL };
	static const struct weak_row rows[] = {
		{ "", "shorter" },
		{ "aB3$xyzpq", "shorter" },
		{ "correcthorsebatterystaple", "common" },
		{ "Password2024!", "common" },
		{ "P@ssw0rd-2024", "common" },
		{ "1qaz2wsx3edc", "common" },
		{ "Welcome!12", "common" },
		{ "lowercase+9x", "needs" },
		{ "UPPERCASE+9X", "needs" },
		{ "NoDigitsHere+", "needs" },
		{ "NoSpecial99x", "needs" },
		{ "Zebra1234+kite", "run" },
		{ "Zebra4321+kite", "run" },
		{ "Zebra+9abCd-kite", "run" },
		{ "Zebra+9dcba-kite", "run" },
		{ "Zebra+9aaaa-kite", "run" },
		{ "Zebra+9....-kite", "run" },
		{ "Zebra+9qWert-kite", "run" },
		{ "9Z+9Z+9Z+9Z+9Zaab", "different" },
		{ "Zebra+801-kiteX", "extension number" },
		{ "Zebra+9lovelace-k", "name" },
		{ "Zebra+9ACME-kite", "name" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = password_weak(rows[i].secret, words);

		if (!why || !strstr(why, rows[i].why))
			fprintf(stderr, "%s: %s\n", rows[i].secret,
				why ? why : "strong");
		CHECK(why && strstr(why, rows[i].why));
	}
}

static void test_short_words(void)
{
	static const char *const letters[] = { "al", NULL };
	static const char *const digits[] = { "80", NULL };

	CHECK_STR(password_weak("Zebra+9al-kite", letters), NULL);
	CHECK(password_weak("Zebra+80-kite", digits));
}

static void test_any_length(void)
{
	static const char *const words[] = { "801", "Ada Lovelace", NULL };
	const size_t n = 1 << 20;
	char *huge = malloc(n + 1);

	CHECK(huge);
	for (size_t i = 0; i < n; i++)
		huge[i] = "aXb+9qc.7K"[i % 10];
	huge[n] = '\0';
	CHECK_STR(password_weak(huge, words), NULL);
	free(huge);

	/* 8 characters in 16 bytes are no passphrase. */
	CHECK(password_weak("\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87"
			    "\xd0\xb4\xd0\xbe\xd0\xbc\xd0\xb0",
			    NULL));
}

static void test_made(void)
{
	char a[PASSWORD_MADE], last[PASSWORD_MADE] = "";

	for (int i = 0; i < 2000; i++) {
		password_make(a);
		CHECK_EQ(strlen(a), 16);
		CHECK_STR(password_weak(a, NULL), NULL);
		CHECK_EQ(strcspn(a, "0O1lI"), 16);
		CHECK(strpbrk(a, "ABCDEFGHJKLMNPQRSTUVWXYZ"));
		CHECK(strpbrk(a, "abcdefghijkmnopqrstuvwxyz"));
		CHECK(strpbrk(a, "23456789"));
		CHECK(strpbrk(a, SPECIALS));
		CHECK(strcmp(a, last) != 0);
		memcpy(last, a, sizeof(last));
	}
}

int main(void)
{
	test_strong();
	test_weak();
	test_short_words();
	test_any_length();
	test_made();
	return 0;
}

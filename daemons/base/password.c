#include "password.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "secret.h"

#include "password_list.h"

enum {
	SHORTEST = 10,
	PASSPHRASE = 16,
	RUN = 4,      /* 1234 */
	KEYS_RUN = 5, /* qwert; four in a row stand in words */
	FEWEST_DIFFERENT = 6,
	DECORATION = 6, /* "Password" + so many is still "Password" */
	CORE_MAX = 32,
};

#define SPECIALS "$#*!%+-.:=?@_"

/* UTF-8 characters, not bytes. */
static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

struct classes {
	bool upper, lower, digit, special;
};

static struct classes classes_of(const char *s)
{
	struct classes c = { 0 };

	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;

		c.upper |= ch >= 'A' && ch <= 'Z';
		c.lower |= ch >= 'a' && ch <= 'z';
		c.digit |= ch >= '0' && ch <= '9';
		c.special |= strchr(SPECIALS, ch) != NULL;
	}
	return c;
}

static bool all_classes(const char *s)
{
	struct classes c = classes_of(s);

	return c.upper && c.lower && c.digit && c.special;
}

static int low(char c)
{
	return tolower((unsigned char)c);
}

/* Four or more that stay the same, rise or fall by one: aaaa, 1234, dcba. */
static bool has_run(const char *s)
{
	size_t length = 1;
	int last_step = 2;

	for (; s[0] && s[1]; s++) {
		int step = low(s[1]) - low(s[0]);

		if (!isalnum((unsigned char)s[1]) && step != 0)
			step = 2;
		if (step < -1 || step > 1)
			length = 1;
		else
			length = step == last_step ? length + 1 : 2;
		last_step = step;
		if (length >= RUN)
			return true;
	}
	return false;
}

static bool has_keys_run(const char *s)
{
	static const char *const rows[] = {
		"qwertyuiop", "asdfghjkl",  "zxcvbnm",
		"poiuytrewq", "lkjhgfdsa",  "mnbvcxz",
		"qwertzuiop", "azertyuiop", "1qaz2wsx3edc",
	};
	char part[KEYS_RUN + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (const char *p = rows[i]; strlen(p) >= KEYS_RUN; p++) {
			memcpy(part, p, KEYS_RUN);
			part[KEYS_RUN] = '\0';
			if (strcasestr(s, part))
				return true;
		}
	}
	return false;
}

static bool too_few_different(const char *s)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (; *s; s++) {
		n += !seen[(unsigned char)*s];
		seen[(unsigned char)*s] = true;
	}
	return n < FEWEST_DIFFERENT;
}

/* What a reader of leetspeak sees. */
static char plain(char c)
{
	static const char from[] = "@4013$57!";
	static const char to[] = "aaoiesstl";
	const char *p = strchr(from, c);

	return c && p ? to[p - from] : (char)low(c);
}

static bool on_list(const char *s, size_t n)
{
	for (size_t i = 0; i < password_list_n; i++)
		if (strlen(password_list[i]) == n &&
		    strncmp(password_list[i], s, n) == 0)
			return true;
	return false;
}

/* Common as it stands, or a common word with some digits and signs around it
   and letters replaced by their look-alikes: "P@ssw0rd-2024". */
static bool is_common(const char *s)
{
	size_t n = strlen(s);
	size_t from = 0, to = n;
	char core[CORE_MAX];

	if (n < sizeof(core)) {
		for (size_t i = 0; i <= n; i++)
			core[i] = (char)low(s[i]);
		if (on_list(core, n))
			return true;
	}

	while (from < to && !isalpha((unsigned char)s[from]))
		from++;
	while (to > from && !isalpha((unsigned char)s[to - 1]))
		to--;
	if (to - from >= sizeof(core) || n - (to - from) > DECORATION)
		return false;
	for (size_t i = from; i < to; i++)
		core[i - from] = plain(s[i]);
	return on_list(core, to - from);
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0;
}

/* Somebody may send a megabyte: the length is taken once. */
static bool contains(const char *secret, const char *part, size_t n)
{
	size_t left = strlen(secret);

	for (; left >= n; left--, secret++)
		if (strncasecmp(secret, part, n) == 0)
			return true;
	return false;
}

static bool counts(const char *part, size_t n)
{
	return n >= 3 || (n == 2 && all_digits(part, n));
}

/* A word as a whole, and each part of a name of several: "Ada Lovelace". */
static const char *contained(const char *secret, const char *word)
{
	size_t n = strlen(word);

	if (counts(word, n) && contains(secret, word, n))
		return all_digits(word, n) ? "contains the extension number"
					   : "contains a name that others know";
	while (*word) {
		n = strcspn(word, " ");
		if (counts(word, n) && contains(secret, word, n))
			return "contains a name that others know";
		word += n;
		word += strspn(word, " ");
	}
	return NULL;
}

const char *password_weak(const char *secret, const char *const words[])
{
	static const char needs[] = "needs upper and lower case, a digit and "
				    "one of " SPECIALS ", or 16 characters";
	size_t n = characters(secret);

	if (n < SHORTEST)
		return "shorter than 10 characters";
	if (is_common(secret))
		return "on the list of common passwords";
	if (n < PASSPHRASE && !all_classes(secret))
		return needs;
	if (has_run(secret) || has_keys_run(secret))
		return "contains a run such as 1234, abcd, aaaa or qwert";
	if (too_few_different(secret))
		return "has fewer than 6 different characters";

	for (; words && *words; words++) {
		const char *why = contained(secret, *words);

		if (why)
			return why;
	}
	return NULL;
}

static void draw(char out[PASSWORD_MADE])
{
	/* Without 0 O 1 l I. */
	static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ"
				       "abcdefghijkmnopqrstuvwxyz"
				       "23456789" SPECIALS;
	const size_t n = sizeof(alphabet) - 1;
	uint8_t byte;

	for (size_t i = 0; i < PASSWORD_MADE - 1;) {
		secret_random(&byte, 1);
		/* What is beyond the last whole multiple would favour the
		   first letters. */
		if (byte >= 256 / n * n)
			continue;
		out[i++] = alphabet[byte % n];
	}
	out[PASSWORD_MADE - 1] = '\0';
}

void password_make(char out[PASSWORD_MADE])
{
	do {
		draw(out);
	} while (!all_classes(out) || password_weak(out, NULL));
}

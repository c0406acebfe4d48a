#include "rules.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool only(const char *text, const char *accept)
{
	return text[strspn(text, accept)] == '\0';
}

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static const char *store(char *text, size_t size, const char *stored)
{
	if (strlen(stored) >= size)
		return "is too long";
	memcpy(text, stored, strlen(stored) + 1);
	return NULL;
}

static const char *check_prefix(char *text, size_t size, char *why,
				size_t why_size)
{
	char stored[ADDR_TEXT];
	struct prefix p;

	if (prefix_parse(&p, text, why, why_size) < 0)
		return why;
	prefix_format(&p, stored);
	return store(text, size, stored);
}

static const char *check_address(char *text, size_t size)
{
	char stored[ADDR_TEXT];
	struct addr a;

	if (addr_parse(&a, text) < 0)
		return "must be an address such as 192.168.1.9 or 2001:db8::1";
	addr_format(&a, stored);
	return store(text, size, stored);
}

static const char *check_extension(const char *text)
{
	size_t n = strlen(text);

	if (n < 2 || n > 8 || !only(text, DIGIT))
		return "must be 2 to 8 digits";
	return NULL;
}

static const char *check_label(const char *text, size_t n)
{
	if (!n || n > 63)
		return "must be a host name: labels of 1 to 63 characters";
	if (text[0] == '-' || text[n - 1] == '-')
		return "must be a host name: no label begins or ends with '-'";
	return NULL;
}

/* RFC 1123 section 2.1; the underscore is common inside house networks. */
static const char *check_host(char *text, size_t size)
{
	const char *p = text;
	const char *wrong;
	struct addr a;

	if (addr_parse(&a, text) == 0)
		return check_address(text, size);
	if (!only(text, LOWER UPPER DIGIT "-._"))
		return "must be a host name or an address";
	/* Digits and dots alone would be an address that is none. */
	if (only(text, DIGIT "."))
		return "must be a host name or a whole address";
	for (;;) {
		size_t n = strcspn(p, ".");

		wrong = check_label(p, n);
		if (wrong)
			return wrong;
		p += n;
		if (!*p)
			break;
		p++;
	}
	lower(text);
	return NULL;
}

static const char *check_codec(char *text)
{
	static const char *const codecs[] = { "opus", "g722",
					      "pcma", "pcmu",
					      "gsm",  "g726",
					      "g729", "telephone-event",
					      NULL };

	lower(text);
	if (one_of(text, codecs))
		return NULL;
	return "must be of opus, g722, pcma, pcmu, gsm, g726, g729, "
	       "telephone-event";
}

static const char *check_service(char *text)
{
	static const char *const services[] = { "sip", "iax2", "https", "ssh",
						"ami", "all",  NULL };

	lower(text);
	if (one_of(text, services))
		return NULL;
	return "must be of sip, iax2, https, ssh, ami, all";
}

/* SPEC 2: "admin" and letters or digits, as in adminZoI6; "operator"; or a
   plain name. */
static const char *check_account(const char *text)
{
	size_t n = strlen(text);

	if (n <= 32 && strncmp(text, "admin", 5) == 0 &&
	    only(text, LOWER UPPER DIGIT))
		return NULL;
	if (n <= 32 && text[0] >= 'a' && text[0] <= 'z' &&
	    only(text, LOWER DIGIT "-_"))
		return NULL;
	return "must be a-z, 0-9, '-' and '_', a letter first, at most 32; "
	       "or admin and letters or digits";
}

static const char *check_name(const char *text)
{
	if (strlen(text) <= 32 && only(text, LOWER DIGIT "-_"))
		return NULL;
	return "must be a-z, 0-9, '-' and '_', at most 32 characters";
}

/* RFC 5321 section 4.1.2, but for quoted names and address literals: what a
   mail program would read as an option or another recipient is none. */
static const char *check_mail(char *text, size_t size)
{
	static const char wrong[] = "must be a mail address such as "
				    "ada@example.net";
	char *at = strrchr(text, '@');
	size_t n;

	if (!at)
		return wrong;
	n = (size_t)(at - text);
	if (n == 0 || n > 64 || text[0] == '-' || text[0] == '.' ||
	    at[-1] == '.' || strstr(text, "..") ||
	    strspn(text, LOWER UPPER DIGIT "!#$%&'*+-/=?^_`{|}~.") != n)
		return wrong;
	if (!only(at + 1, LOWER UPPER DIGIT "-.") || !at[1] ||
	    check_host(at + 1, size - n - 1))
		return wrong;
	return NULL;
}

const char *rule_check(enum field_format format, char *text, size_t size,
		       char *why, size_t why_size)
{
	const char *wrong = NULL;

	switch (format) {
	case FORMAT_ANY:
	case FORMAT_LINES:
		break;
	case FORMAT_PREFIX:
		wrong = check_prefix(text, size, why, why_size);
		break;
	case FORMAT_ADDRESS:
		wrong = check_address(text, size);
		break;
	case FORMAT_EXTENSION:
		wrong = check_extension(text);
		break;
	case FORMAT_DIGITS:
		if (!only(text, DIGIT "*#+"))
			wrong = "must be of 0-9, *, # and +";
		break;
	case FORMAT_HOST:
		wrong = check_host(text, size);
		break;
	case FORMAT_CODEC:
		wrong = check_codec(text);
		break;
	case FORMAT_SERVICE:
		wrong = check_service(text);
		break;
	case FORMAT_ACCOUNT:
		wrong = check_account(text);
		break;
	case FORMAT_NAME:
		wrong = check_name(text);
		break;
	case FORMAT_MAIL:
		wrong = check_mail(text, size);
		break;
	}
	if (wrong && wrong != why) {
		snprintf(why, why_size, "%s", wrong);
		return why;
	}
	return wrong;
}

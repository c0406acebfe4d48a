#include "ssh_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum { REPEATS_MAX = 20 };

/* What is left of the line between both ends. */
struct rest {
	const char *at;
	const char *end;
};

static bool starts(struct rest *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0)
		return false;
	r->at += n;
	return true;
}

static bool ends(struct rest *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->at) < n || memcmp(r->end - n, text, n) != 0)
		return false;
	r->end -= n;
	return true;
}

static bool word(struct rest *r)
{
	const char *space = memchr(r->at, ' ', (size_t)(r->end - r->at));

	if (!space || space == r->at)
		return false;
	r->at = space;
	while (r->at < r->end && *r->at == ' ')
		r->at++;
	return true;
}

/* Digits at the front; false when there are none. */
static bool number(struct rest *r, uint32_t *value)
{
	uint32_t v = 0;
	size_t n = 0;

	while (r->at < r->end && isdigit((unsigned char)*r->at) && n++ < 9)
		v = v * 10 + (uint32_t)(*r->at++ - '0');
	*value = v;
	return n > 0;
}

/* The time in one or three words, the host, who logs. A program's name with
   "sshd" in it, or in its text, is not sshd. */
static bool head(struct rest *r)
{
	static const char *const tags[] = { "sshd[", "sshd-session[" };
	bool iso = r->at < r->end && isdigit((unsigned char)*r->at);
	uint32_t pid;

	for (int i = iso ? 1 : 3; i > 0; i--)
		if (!word(r))
			return false;
	if (!word(r))
		return false;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (starts(r, tags[i]))
			return number(r, &pid) && starts(r, "]: ");
	return false;
}

/* "message repeated 2 times: [ Failed ...]" */
static void repeated(struct rest *r, uint32_t *times)
{
	struct rest in = *r;
	uint32_t n;

	if (!starts(&in, "message repeated ") || !number(&in, &n) ||
	    !starts(&in, " times: [ ") || !ends(&in, "]"))
		return;
	*r = in;
	*times = n < REPEATS_MAX ? n : REPEATS_MAX;
}

/* Takes "<before>ADDRESS port N" from the end. */
static bool tail(struct rest *r, const char *before, struct ssh_line *out)
{
	const char *digits = r->end, *from;
	char text[ADDR_TEXT];
	struct rest port;
	uint32_t n;
	size_t len;

	while (digits > r->at && isdigit((unsigned char)digits[-1]))
		digits--;
	port = (struct rest){ digits, r->end };
	if (!number(&port, &n) || port.at != port.end || n > UINT16_MAX)
		return false;
	r->end = digits;
	if (!ends(r, " port "))
		return false;
	from = r->end;
	while (from > r->at && from[-1] != ' ')
		from--;
	len = (size_t)(r->end - from);
	if (len >= sizeof(text))
		return false;
	memcpy(text, from, len);
	text[len] = '\0';
	text[strcspn(text, "%")] = '\0'; /* fe80::1%eth0 */
	if (addr_parse(&out->source, text) < 0)
		return false;
	out->port = (uint16_t)n;
	r->end = from;
	return ends(r, before);
}

static void take_user(struct rest *r, struct ssh_line *out)
{
	(void)starts(r, "invalid user ");
	text_from_peer(out->user, sizeof(out->user), r->at,
		       (size_t)(r->end - r->at));
}

static bool failed(struct rest *r, struct ssh_line *out)
{
	if (!starts(r, "Failed password for ") &&
	    !starts(r, "Failed keyboard-interactive/pam for ") &&
	    !starts(r, "Failed keyboard-interactive for "))
		return false;
	return ends(r, " ssh2") && tail(r, " from ", out);
}

static bool unknown(struct rest *r, struct ssh_line *out)
{
	return starts(r, "Invalid user ") && tail(r, " from ", out);
}

static bool left(struct rest *r, struct ssh_line *out)
{
	if (!starts(r, "Connection closed by ") &&
	    !starts(r, "Connection reset by ") &&
	    !starts(r, "Disconnected from "))
		return false;
	if (!ends(r, " [preauth]") || !tail(r, " ", out))
		return false;
	return starts(r, "authenticating user ") || starts(r, "invalid user ");
}

/* The name is an account's, without spaces; behind "ssh2: " stands the key. */
static bool let_in(struct rest *r, struct ssh_line *out)
{
	struct rest name;

	if (!starts(r, "Accepted ") || !word(r) || !starts(r, "for "))
		return false;
	name = *r;
	for (const char *p = r->at; p + 5 < r->end; p++) {
		if (memcmp(p, "ssh2: ", 6) == 0) {
			r->end = p + 4;
			break;
		}
	}
	if (!ends(r, " ssh2") || !tail(r, " from ", out))
		return false;
	return r->end > name.at &&
	       !memchr(name.at, ' ', (size_t)(r->end - name.at));
}

static bool knock(struct rest *r, struct ssh_line *out)
{
	if (starts(r, "banner exchange: Connection from "))
		return ends(r, ": invalid format") && tail(r, "", out) &&
		       r->at == r->end;
	return starts(r, "Bad protocol version identification '") &&
	       tail(r, "' from ", out);
}

void ssh_line_parse(struct ssh_line *out, const char *line, size_t n)
{
	static const struct {
		enum ssh_what what;
		bool (*is)(struct rest *r, struct ssh_line *out);
	} kinds[] = {
		{ SSH_FAILED, failed }, { SSH_UNKNOWN, unknown },
		{ SSH_LEFT, left },     { SSH_KNOCK, knock },
		{ SSH_LET_IN, let_in },
	};
	struct rest all = { line, line + n };

	memset(out, 0, sizeof(*out));
	if (n > SSH_LINE_MAX || !head(&all))
		return;
	out->times = 1;
	repeated(&all, &out->times);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct rest r = all;

		if (!kinds[i].is(&r, out))
			continue;
		if (kinds[i].what != SSH_KNOCK)
			take_user(&r, out);
		out->what = kinds[i].what;
		return;
	}
}

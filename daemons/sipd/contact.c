#include "contact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { CONTACT_MAX = 255 };

/* A piece of the text: not terminated. */
struct piece {
	const char *at;
	size_t n;
};

struct uri {
	struct piece scheme;
	struct piece user; /* with password */
	struct piece host;
	struct piece port;
	struct piece params; /* after the first ';' */
};

static struct piece take(const char **p, const char *stop)
{
	struct piece piece = { *p, strcspn(*p, stop) };

	*p += piece.n;
	return piece;
}

static bool host_char(char c)
{
	return isalnum((unsigned char)c) || strchr(".-:[]_", c);
}

/* scheme:[user@]host[:port][;params][?headers]. False: not of that form. */
static bool uri_read(const char *text, struct uri *u)
{
	const char *p = text, *at, *end = text + strcspn(text, "?");

	memset(u, 0, sizeof(*u));
	/* Headers may hold a ':', a scheme no '?'. */
	u->scheme = take(&p, ":?");
	if (*p != ':')
		return false;
	p++;
	at = memchr(p, '@', (size_t)(end - p));
	if (at) {
		u->user = (struct piece){ p, (size_t)(at - p) };
		p = at + 1;
	}
	if (*p == '[') {
		u->host = take(&p, "]");
		if (*p != ']')
			return false;
		p++;
		u->host.n++;
	} else {
		u->host = take(&p, ":;?");
	}
	if (*p == ':') {
		p++;
		u->port = take(&p, ";?");
	}
	if (*p == ';') {
		p++;
		u->params = take(&p, "?");
	}
	return u->host.n > 0 && (*p == '\0' || *p == '?');
}

static bool piece_is(struct piece a, const char *text)
{
	return a.n == strlen(text) && strncasecmp(a.at, text, a.n) == 0;
}

static bool piece_equal(struct piece a, struct piece b, bool exact)
{
	if (a.n != b.n)
		return false;
	if (a.n == 0)
		return true;
	return exact ? memcmp(a.at, b.at, a.n) == 0
		     : strncasecmp(a.at, b.at, a.n) == 0;
}

/* The next of "name=value;name..."; false at the end. */
static bool next_param(struct piece *rest, struct piece *name,
		       struct piece *value)
{
	const char *end, *equals;
	struct piece item;

	if (rest->n == 0)
		return false;
	end = memchr(rest->at, ';', rest->n);
	item.at = rest->at;
	item.n = end ? (size_t)(end - rest->at) : rest->n;
	rest->at += item.n + (end != NULL);
	rest->n -= item.n + (end != NULL);
	equals = item.n ? memchr(item.at, '=', item.n) : NULL;
	*name = item;
	*value = (struct piece){ NULL, 0 };
	if (equals) {
		name->n = (size_t)(equals - item.at);
		value->at = equals + 1;
		value->n = item.n - name->n - 1;
	}
	return true;
}

static bool param_find(struct piece params, struct piece wanted,
		       struct piece *value)
{
	struct piece name;

	while (next_param(&params, &name, value)) {
		if (piece_equal(name, wanted, false))
			return true;
	}
	return false;
}

/* RFC 3261 section 19.1.4: these must stand in both or in none. */
static bool param_matters(struct piece name)
{
	return piece_is(name, "transport") || piece_is(name, "user") ||
	       piece_is(name, "ttl") || piece_is(name, "method") ||
	       piece_is(name, "maddr");
}

static bool params_fit(struct piece a, struct piece b)
{
	struct piece rest = a, name, value, other;

	while (next_param(&rest, &name, &value)) {
		if (!param_find(b, name, &other)) {
			if (param_matters(name))
				return false;
			continue;
		}
		if (!piece_equal(value, other, false))
			return false;
	}
	return true;
}

bool contact_equal(const char *a, const char *b)
{
	struct uri ua, ub;

	if (strcmp(a, b) == 0)
		return true;
	if (!uri_read(a, &ua) || !uri_read(b, &ub))
		return false;
	return piece_equal(ua.scheme, ub.scheme, false) &&
	       piece_equal(ua.user, ub.user, true) &&
	       piece_equal(ua.host, ub.host, false) &&
	       piece_equal(ua.port, ub.port, true) &&
	       params_fit(ua.params, ub.params) &&
	       params_fit(ub.params, ua.params);
}

bool contact_good(const char *uri)
{
	size_t n = strlen(uri);
	struct uri u;

	if (n > CONTACT_MAX || strchr(uri, '?') || !uri_read(uri, &u))
		return false;
	if (!piece_is(u.scheme, "sip") && !piece_is(u.scheme, "sips"))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)uri[i];

		if (c <= 0x20 || c >= 0x7f || strchr("<>\"\\,", c))
			return false;
	}
	for (size_t i = 0; i < u.host.n; i++) {
		if (!host_char(u.host.at[i]))
			return false;
	}
	for (size_t i = 0; i < u.port.n; i++) {
		if (!isdigit((unsigned char)u.port.at[i]))
			return false;
	}
	return u.port.n <= 5;
}

uint16_t contact_port(const char *uri, uint16_t dflt)
{
	struct uri u;
	unsigned port = 0;

	if (!uri_read(uri, &u) || u.port.n == 0 || u.port.n > 5)
		return dflt;
	for (size_t i = 0; i < u.port.n; i++) {
		if (!isdigit((unsigned char)u.port.at[i]))
			return dflt;
		port = port * 10 + (unsigned)(u.port.at[i] - '0');
	}
	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : dflt;
}

uint32_t contact_q(const char *q)
{
	uint32_t milli = 0, scale = 100;

	if (!q || (q[0] != '0' && q[0] != '1'))
		return 1000;
	if (q[0] == '1')
		return 1000;
	if (q[1] == '\0')
		return 0;
	if (q[1] != '.' || strlen(q) > 5)
		return 1000;
	for (const char *p = q + 2; *p; p++, scale /= 10) {
		if (!isdigit((unsigned char)*p))
			return 1000;
		milli += (uint32_t)(*p - '0') * scale;
	}
	return milli;
}

int64_t contact_expires(const char *text)
{
	int64_t s = 0;

	if (!text || !text[0])
		return -1;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return -1;
		/* RFC 3261 section 20.19: up to 2^32 - 1; more is as much. */
		if (s <= UINT32_MAX)
			s = s * 10 + (*text - '0');
	}
	return s > UINT32_MAX ? UINT32_MAX : s;
}

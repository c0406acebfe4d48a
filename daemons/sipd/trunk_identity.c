#include "trunk_identity.h"

#include <stdio.h>
#include <string.h>

#include "records.h"

#include "uri_text.h"

enum { HOST = 136, USER = 3 * 64 + 4, NAME = 2 * 64 + 4 };

static const char *transport_of(const struct trunk *t)
{
	switch ((enum trunk_transport)t->transport) {
	case TRUNK_TRANSPORT_UDP:
	case TRUNK_TRANSPORT_AUTO:
		return "";
	case TRUNK_TRANSPORT_TCP:
		return ";transport=tcp";
	case TRUNK_TRANSPORT_TLS:
		return ";transport=tls";
	}
	return "";
}

static void domain_of(const struct trunk *t, char host[HOST])
{
	uri_host(host, HOST, t->domain[0] ? t->domain : t->host);
}

/* Where a request is for: the domain, if the host is only the way there. */
static void target_of(const struct trunk *t, char *text, unsigned size)
{
	char host[HOST];

	domain_of(t, host);
	if (!t->domain[0] && t->port != 0)
		(void)snprintf(text, size, "%s:%u%s", host, t->port,
			       transport_of(t));
	else
		(void)snprintf(text, size, "%s%s", host, transport_of(t));
}

/* '"Ada" <sip:801@host>', without the name when there is none. */
static void address(char out[TRUNK_ADDRESS], const char *name, const char *user,
		    const char *host)
{
	char shown[NAME], part[USER];

	uri_quoted(shown, sizeof(shown), name);
	uri_user(part, sizeof(part), user);
	if (shown[0])
		(void)snprintf(out, TRUNK_ADDRESS, "\"%s\" <sip:%s@%s>", shown,
			       part, host);
	else
		(void)snprintf(out, TRUNK_ADDRESS, "<sip:%s@%s>", part, host);
}

static void headers(const struct trunk *t, const struct trunk_call *call,
		    const char *caller, char out[TRUNK_HEADERS])
{
	bool hide = call->hide;

	out[0] = '\0';
	switch ((enum trunk_identity)t->identity) {
	case TRUNK_IDENTITY_PAI:
		(void)snprintf(out, TRUNK_HEADERS,
			       "P-Asserted-Identity: %s\r\n%s", caller,
			       hide ? "Privacy: id\r\n" : "");
		return;
	case TRUNK_IDENTITY_RPID:
		(void)snprintf(out, TRUNK_HEADERS,
			       "Remote-Party-ID: %s;party=calling;screen=yes;"
			       "privacy=%s\r\n%s",
			       caller, hide ? "full" : "off",
			       hide ? "Privacy: id\r\n" : "");
		return;
	case TRUNK_IDENTITY_NONE:
		if (hide)
			(void)snprintf(out, TRUNK_HEADERS, "Privacy: id\r\n");
		return;
	}
}

void trunk_texts(const struct trunk *t, const struct trunk_call *call,
		 struct trunk_texts *out)
{
	char host[HOST], target[HOST + 32], callee[USER];
	char caller[TRUNK_ADDRESS];
	bool account = t->user[0] && t->identity != TRUNK_IDENTITY_NONE;

	domain_of(t, host);
	target_of(t, target, sizeof(target));
	uri_user(callee, sizeof(callee), call->callee);
	(void)snprintf(out->uri, sizeof(out->uri), "sip:%s@%s", callee, target);
	address(out->to, "", call->callee, host);
	address(caller, call->name, call->number, host);
	headers(t, call, caller, out->headers);
	if (call->hide)
		(void)snprintf(out->from, sizeof(out->from),
			       "\"Anonymous\" "
			       "<sip:anonymous@anonymous.invalid>");
	else
		address(out->from, call->name, account ? t->user : call->number,
			host);
}

void trunk_account(const struct trunk *t, char *aor, char *registrar,
		   unsigned size)
{
	char host[HOST], user[USER];

	domain_of(t, host);
	uri_user(user, sizeof(user), t->user);
	(void)snprintf(aor, size, "sip:%s%s%s", user, user[0] ? "@" : "", host);
	if (!registrar)
		return;
	(void)snprintf(registrar, size, "sip:");
	target_of(t, registrar + 4, size - 4);
}

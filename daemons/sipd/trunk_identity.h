/*
 * Who calls whom, as a provider is told: Request-URI, From, To, and the headers
 * of identity and privacy (RFC 3261, 3323, 3325; Remote-Party-ID as its draft
 * had it). Pure.
 *
 *	identity pai/rpid	From names our account, if there is one, and
 *				the header names the caller
 *	identity none		From names the caller
 *	hidden			From is anonymous; the provider alone is told,
 *				where there is such a header
 */
#pragma once

#include <stdbool.h>

struct trunk;

enum {
	TRUNK_URI = 384,
	TRUNK_ADDRESS = 480,
	TRUNK_HEADERS = 640,
};

struct trunk_call {
	const char *number; /* the caller's */
	const char *name;   /* "" for none */
	const char *callee; /* as it is sent */
	bool hide;
};

struct trunk_texts {
	char uri[TRUNK_URI];
	char from[TRUNK_ADDRESS];
	char to[TRUNK_ADDRESS];
	char headers[TRUNK_HEADERS]; /* lines with CRLF; "" for none */
};

void trunk_texts(const struct trunk *t, const struct trunk_call *call,
		 struct trunk_texts *out);

/* The address of our account there, and of its registrar: "sip:acme@host",
   "sip:host". */
void trunk_account(const struct trunk *t, char *aor, char *registrar,
		   unsigned size);

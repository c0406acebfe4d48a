/*
 * A request outside a dialog, taken apart: what the gate and the registrar
 * need of it, without Sofia's types, so that both can be tested without a
 * network. The texts point into the message and live as long as it does;
 * they are unchecked bytes of the peer without NUL.
 *
 * Made by sofia_request.c. Exactly one of sofia_reply(), sofia_drop() or
 * calls_invite() ends it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct msg_s;
struct sip_s;
struct sofia;
struct tport_s;

enum request_method {
	REQUEST_OTHER, /* not known at all */
	REQUEST_INVITE,
	REQUEST_ACK,
	REQUEST_CANCEL,
	REQUEST_BYE,
	REQUEST_OPTIONS,
	REQUEST_REGISTER,
	REQUEST_INFO,
	REQUEST_PRACK,
	REQUEST_UPDATE,
	REQUEST_MESSAGE,
	REQUEST_SUBSCRIBE,
	REQUEST_NOTIFY,
	REQUEST_REFER,
	REQUEST_PUBLISH,
};

enum { REQUEST_CONTACTS = 24, REQUEST_CREDENTIALS = 4 };

/* One Contact of a REGISTER. */
struct contact {
	const char *uri;     /* without brackets and header parameters */
	const char *expires; /* its parameter, or NULL */
	const char *q;       /* or NULL */
};

struct request {
	struct msg_s *msg;
	struct sip_s *sip;
	struct tport_s *tport; /* it came by; a reference if `held` */
	bool held;
	struct peer peer;

	enum request_method method;
	const char *method_name;
	const char *uri_scheme;
	const char *uri_user; /* "" if none, as in the next ones */
	const char *to_user;
	const char *to_tag;
	const char *from_user;
	const char *from_host;
	const char *call_id;
	const char *user_agent;
	const char *via_host;
	const char *via_port;
	uint32_t cseq;
	const char *cseq_method;
	int max_forwards; /* -1: not there */

	const char *bad_header;  /* a header that could not be read, or NULL */
	const char *unsupported; /* the first Require we do not know, or NULL */
	const char *content_type;     /* or "" */
	const char *content_encoding; /* or "" */
	bool accepts_sdp; /* Accept is absent or names application/sdp */

	/* The parameters of each Digest Authorization, "name=value". */
	const char *const *credentials[REQUEST_CREDENTIALS];
	size_t n_credentials;

	const char *expires; /* the header's seconds as text, or NULL */
	struct contact contacts[REQUEST_CONTACTS];
	size_t n_contacts;
	bool star;     /* Contact: * */
	bool too_many; /* contacts than fit */
};

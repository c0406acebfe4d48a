#include "sipd_fake_sofia.h"

#include <stdio.h>
#include <string.h>

#include "sofia.h"
#include "sofia_agent.h"

struct fake_answer *fake_last(void)
{
	static struct fake_answer last;

	return &last;
}

void fake_reset(void)
{
	memset(fake_last(), 0, sizeof(struct fake_answer));
}

void sofia_reply(struct sofia *s, struct request *r, unsigned code,
		 const char *phrase, const char *headers)
{
	struct fake_answer *a = fake_last();

	(void)s;
	(void)r;
	(void)phrase;
	a->code = code;
	a->n++;
	(void)snprintf(a->headers, sizeof(a->headers), "%s",
		       headers ? headers : "");
}

void sofia_drop(struct sofia *s, struct request *r)
{
	(void)s;
	(void)r;
	fake_last()->code = 1;
	fake_last()->n++;
}

void sofia_hold(struct request *r)
{
	r->held = true;
}

size_t sofia_transactions(const struct sofia *s)
{
	(void)s;
	return 0;
}

uint32_t sofia_lag_ms(const struct sofia *s)
{
	(void)s;
	return 0;
}

void sofia_trust(struct sofia *s, const struct peer *peer)
{
	(void)s;
	(void)peer;
}

struct tport_s *sofia_tport_facing(struct sofia *s, const struct addr *addr,
				   enum peer_transport transport)
{
	(void)s;
	(void)addr;
	(void)transport;
	return NULL;
}

/* Connections of the tests are bytes; 'x' is a lost one. */
bool sofia_tport_lost(struct tport_s *tport)
{
	return *(const char *)tport == 'x';
}

struct tport_s *sofia_tport_ref(struct tport_s *tport)
{
	return tport;
}

void sofia_tport_unref(struct tport_s *tport)
{
	(void)tport;
}

void sofia_route(const struct peer *peer, char *route, size_t size)
{
	(void)snprintf(route, size, "sip:source:%u", peer->port);
}

void fake_request(struct request *r, const char *source, bool local)
{
	memset(r, 0, sizeof(*r));
	(void)addr_parse(&r->peer.addr, source);
	r->peer.port = 5062;
	r->peer.local = local;
	r->method = REQUEST_REGISTER;
	r->method_name = "REGISTER";
	r->cseq_method = "REGISTER";
	r->uri_scheme = "sip";
	r->uri_user = "";
	r->to_user = "801";
	r->to_tag = "";
	r->from_user = "801";
	r->from_host = "pbx";
	r->call_id = "call-1";
	r->user_agent = "Test/1";
	r->via_host = source;
	r->via_port = "5062";
	r->cseq = 1;
	r->max_forwards = 70;
	r->content_type = "";
	r->content_encoding = "";
	r->accepts_sdp = true;
}

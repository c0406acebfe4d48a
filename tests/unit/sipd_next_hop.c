/* Where a provider may have us go on with its calls, and where not. */
#include "check.h"
#include "next_hop.h"
#include "records.h"

static void test_read(void)
{
	struct next_hop hop;
	struct next_hop_uri uri = { .host = "sbc.example" };

	CHECK(next_hop_read(&uri, PEER_TCP, &hop) == 0);
	CHECK_STR(hop.host, "sbc.example");
	CHECK(hop.port == 0 && hop.transport == PEER_TCP);
	uri = (struct next_hop_uri){ .host = "[2001:db8::1]",
				     .port = "5070",
				     .transport = "UDP" };
	CHECK(next_hop_read(&uri, PEER_TCP, &hop) == 0);
	CHECK_STR(hop.host, "2001:db8::1");
	CHECK(hop.port == 5070 && hop.transport == PEER_UDP);
	uri.secure = true;
	CHECK(next_hop_read(&uri, PEER_UDP, &hop) == 0);
	CHECK(hop.transport == PEER_TLS);
}

static void test_unreadable(void)
{
	static const struct next_hop_uri uris[] = {
		{ .host = NULL },
		{ .host = "" },
		{ .host = "a.example", .port = "0" },
		{ .host = "a.example", .port = "65536" },
		{ .host = "a.example", .port = "18446744073709551617" },
		{ .host = "a.example", .port = "-1" },
		{ .host = "a.example", .transport = "sctp" },
		{ .host = "a.example", .transport = "ws" },
	};
	char host[NEXT_HOP_HOST + 1];
	struct next_hop_uri uri = { .host = host };
	struct next_hop hop = { .port = 7 };

	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		CHECK(next_hop_read(&uris[i], PEER_UDP, &hop) < 0);
	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	CHECK(next_hop_read(&uri, PEER_UDP, &hop) < 0);
	CHECK(hop.port == 7);
}

static void test_trunk_by_name(void)
{
	struct next_hop hop = { .host = "SIP.example.net" };
	struct trunk t;

	record_init(&trunk_record, &t);
	(void)snprintf(t.host, sizeof(t.host), "sip.example.net");
	CHECK(next_hop_is_trunk(&hop, &t));
	hop.port = 5070;
	CHECK(!next_hop_is_trunk(&hop, &t));
	t.port = 5070;
	CHECK(next_hop_is_trunk(&hop, &t));
	(void)snprintf(t.host, sizeof(t.host), "198.51.100.10");
	CHECK(!next_hop_is_trunk(&hop, &t));
	(void)snprintf(t.domain, sizeof(t.domain), "sip.example.net");
	CHECK(next_hop_is_trunk(&hop, &t));
}

static const char *refused(const char *address, uint16_t port,
			   enum peer_transport transport,
			   struct next_hop_facts facts)
{
	struct trunk_place place = { .port = port, .transport = transport };
	static const struct peer udp;
	const char *why;

	CHECK(addr_parse(&place.addr, address) == 0);
	if (facts.asked == NULL)
		facts.asked = &udp;
	why = next_hop_refused(&place, &facts);
	return why != NULL ? why : "";
}

#define FACTS(...) ((struct next_hop_facts){ __VA_ARGS__ })

static void test_whom_it_may_name(void)
{
	static const char none[] = "no address of a host";

	CHECK_STR(refused("198.51.100.11", 5080, PEER_UDP, FACTS(0)), "");
	CHECK_STR(refused("2001:db8::1", 5060, PEER_TCP, FACTS(0)), "");
	CHECK_STR(refused("127.0.0.1", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("::1", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("::", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("0.0.0.0", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("224.0.1.75", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("255.255.255.255", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("ff02::1", 5060, PEER_UDP, FACTS(0)), none);
	CHECK_STR(refused("192.168.1.1", 5060, PEER_UDP, FACTS(.ours = true)),
		  "an address of this system");
	CHECK_STR(refused("203.0.113.7", 5060, PEER_UDP, FACTS(.local = true)),
		  "an address of a local network");
	CHECK_STR(refused("10.1.2.3", 5060, PEER_UDP, FACTS(0)),
		  "a private address");
	CHECK_STR(refused("100.64.0.1", 5060, PEER_UDP, FACTS(0)),
		  "a private address");
	CHECK_STR(refused("198.51.100.11", 53, PEER_UDP, FACTS(0)),
		  "a port of another service");
	/* A gateway in the house is the trunk itself, or listed for it. */
	CHECK_STR(refused("192.168.1.50", 5060, PEER_UDP,
			  FACTS(.own = true, .local = true)),
		  "");
	CHECK_STR(refused("192.168.1.1", 5060, PEER_UDP,
			  FACTS(.own = true, .ours = true)),
		  "an address of this system");
}

static void test_tls_stays_tls(void)
{
	static const struct peer tls = { .transport = PEER_TLS };
	struct next_hop_facts facts = { .asked = &tls, .own = true };

	CHECK(refused("198.51.100.11", 5061, PEER_TLS, facts)[0] != '\0');
	CHECK(refused("198.51.100.11", 5060, PEER_UDP, facts)[0] != '\0');
	facts.known = true;
	CHECK_STR(refused("198.51.100.11", 5061, PEER_TLS, facts), "");
	CHECK(refused("198.51.100.11", 5060, PEER_TCP, facts)[0] != '\0');
	CHECK(refused("198.51.100.11", 5061, PEER_TLS, FACTS(.own = true))[0] !=
	      '\0');
}

int main(void)
{
	test_read();
	test_unreadable();
	test_trunk_by_name();
	test_whom_it_may_name();
	test_tls_stays_tls();
	return 0;
}

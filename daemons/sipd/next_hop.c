#include "next_hop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "records.h"

enum { SYSTEM_PORTS = 1024 }; /* RFC 6335 section 6: other services */

static int read_host(const char *host, char out[NEXT_HOP_HOST])
{
	size_t n = host ? strlen(host) : 0;

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	if (n == 0 || n >= NEXT_HOP_HOST)
		return -EINVAL;
	(void)snprintf(out, NEXT_HOP_HOST, "%.*s", (int)n, host);
	return 0;
}

static int read_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long n;

	*port = 0;
	if (!text || text[0] == '\0')
		return 0;
	if (strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	n = strtoul(text, &end, 10);
	if (n == 0 || n > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

static int read_transport(const struct next_hop_uri *uri,
			  enum peer_transport usual, enum peer_transport *out)
{
	static const char *const names[] = {
		[PEER_UDP] = "udp", [PEER_TCP] = "tcp", [PEER_TLS] = "tls"
	};

	if (uri->secure) {
		*out = PEER_TLS;
		return 0;
	}
	if (!uri->transport || uri->transport[0] == '\0') {
		*out = usual;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(uri->transport, names[i]) == 0) {
			*out = (enum peer_transport)i;
			return 0;
		}
	}
	return -EINVAL;
}

int next_hop_read(const struct next_hop_uri *uri, enum peer_transport usual,
		  struct next_hop *out)
{
	struct next_hop hop;

	memset(&hop, 0, sizeof(hop));
	if (read_host(uri->host, hop.host) < 0 ||
	    read_port(uri->port, &hop.port) < 0 ||
	    read_transport(uri, usual, &hop.transport) < 0)
		return -EINVAL;
	*out = hop;
	return 0;
}

bool next_hop_is_trunk(const struct next_hop *hop, const struct trunk *row)
{
	return (strcasecmp(hop->host, row->host) == 0 ||
		strcasecmp(hop->host, row->domain) == 0) &&
	       (hop->port == 0 || hop->port == row->port);
}

/* Of one machine, and not of the sender itself. */
static bool is_host(const struct addr *a)
{
	static const uint8_t zeros[15];

	if (a->family == AF_INET)
		return a->bytes[0] != 0 && a->bytes[0] != 127 &&
		       a->bytes[0] < 224;
	return a->family == AF_INET6 && a->bytes[0] != 0xff &&
	       !(memcmp(a->bytes, zeros, sizeof(zeros)) == 0 &&
		 a->bytes[15] <= 1);
}

/* RFC 6598: behind a carrier's NAT, as private as RFC 1918. */
static bool is_shared(const struct addr *a)
{
	return a->family == AF_INET && a->bytes[0] == 100 &&
	       (a->bytes[1] & 0xc0) == 64;
}

const char *next_hop_refused(const struct trunk_place *place,
			     const struct next_hop_facts *facts)
{
	bool tls = place->transport == PEER_TLS;

	if (facts->asked->transport == PEER_TLS && !(tls && facts->known))
		return "not a server of the trunk over TLS";
	if (facts->asked->transport != PEER_TLS && tls)
		return "over TLS, and nobody says whom it must prove to be";
	if (!is_host(&place->addr))
		return "no address of a host";
	if (facts->ours)
		return "an address of this system";
	if (facts->own)
		return NULL;
	if (facts->local)
		return "an address of a local network";
	if (addr_is_private(&place->addr) || is_shared(&place->addr))
		return "a private address";
	if (place->port < SYSTEM_PORTS)
		return "a port of another service";
	return NULL;
}

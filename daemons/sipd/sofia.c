/*
 * The agent and its transports. One UDP, TCP and TLS transport for each
 * address of the box, not a wildcard: so that answers leave from the address
 * that was asked, and Via and Contact name one that the peer can reach.
 */
#include "sofia.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#include "sofia_impl.h"

enum {
	MESSAGE_MAX = 65535,
	UDP_BUFFER = 4 * 1024 * 1024,
	IDLE_MS = 180000,   /* a connection nobody is registered over */
	PARTIAL_MS = 10000, /* a message that does not come to its end */
};

static const char *const transport_names[] = {
	[PEER_UDP] = "udp", [PEER_TCP] = "tcp", [PEER_TLS] = "tls"
};

struct nta_agent_s *sofia_agent(struct sofia *s)
{
	return s->agent;
}

struct su_root_s *sofia_root(struct sofia *s)
{
	return s->loop.root;
}

void sofia_kick(struct sofia *s)
{
	sofia_loop_kick(&s->loop);
}

uint32_t sofia_lag_ms(const struct sofia *s)
{
	return s->loop.lag_ms;
}

/* Sockets we listen on live as long as their agent, whoever points at them. */
struct tport_s *sofia_tport_ref(struct tport_s *tport)
{
	return tport_is_secondary(tport) ? tport_ref(tport) : tport;
}

void sofia_tport_unref(struct tport_s *tport)
{
	if (tport_is_secondary(tport))
		tport_unref(tport);
}

bool sofia_tport_lost(struct tport_s *tport)
{
	return tport_is_secondary(tport) &&
	       (tport_is_closed(tport) || tport_is_shutdown(tport));
}

static enum peer_transport transport_of(const tport_t *tport)
{
	if (tport_has_tls(tport))
		return PEER_TLS;
	return tport_is_tcp(tport) ? PEER_TCP : PEER_UDP;
}

bool sofia_local(const struct sofia *s, const struct addr *addr)
{
	return s->config.ops->local(s->config.ctx, addr);
}

bool sofia_ours(const struct sofia *s, const struct addr *addr)
{
	struct addr external;

	for (size_t i = 0; i < s->n_bound; i++) {
		if (addr_equal(&s->bound[i], addr))
			return true;
	}
	return addr_parse(&external, s->config.ports.external) == 0 &&
	       addr_equal(&external, addr);
}

void sofia_peer(struct sofia *s, struct msg_s *msg, struct peer *peer)
{
	const su_sockaddr_t *su = msg_addr(msg);
	tport_t *tport = NULL;

	memset(peer, 0, sizeof(*peer));
	if (su)
		(void)addr_from_sockaddr(&peer->addr, &peer->port, &su->su_sa);
	if (s->agent)
		tport = tport_delivered_by(nta_agent_tports(s->agent), msg);
	if (tport) {
		peer->tport = tport;
		peer->transport = transport_of(tport);
		peer->proven = peer->transport != PEER_UDP;
	}
	peer->local = sofia_local(s, &peer->addr);
}

/* Which address of ours the kernel would use towards another. */
static int addr_facing(const struct addr *to, struct addr *ours)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_to_sockaddr(to, 9, &ss);
	uint16_t port;
	int fd, rc = -ENETUNREACH;

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0) {
		n = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &n) == 0)
			rc = addr_from_sockaddr(ours, &port,
						(struct sockaddr *)&ss);
	}
	(void)close(fd);
	return rc;
}

/* What a transport is called: its address and port, as NTATAG_TPORT finds it
   again. */
static void ident_text(const struct addr *addr, uint16_t port,
		       char ident[SOFIA_IDENT])
{
	char text[ADDR_TEXT];

	addr_format(addr, text);
	(void)snprintf(ident, SOFIA_IDENT, "%s/%u", text, port);
}

static uint16_t port_for(const struct sofia *s, enum peer_transport transport)
{
	return transport == PEER_TLS ? s->config.ports.tls_port
				     : s->config.ports.port;
}

static tport_t *find_tport(struct sofia *s, const struct addr *addr,
			   uint16_t port, enum peer_transport transport)
{
	char ident[SOFIA_IDENT];
	tport_t *tp;

	ident_text(addr, port, ident);
	for (tp = tport_primaries(nta_agent_tports(s->agent)); tp;
	     tp = tport_next(tp)) {
		if (transport_of(tp) == transport && tport_ident(tp) &&
		    strcmp(tport_ident(tp), ident) == 0)
			return tp;
	}
	return NULL;
}

struct tport_s *sofia_tport_facing(struct sofia *s, const struct addr *addr,
				   enum peer_transport transport)
{
	struct addr ours;

	if (addr_facing(addr, &ours) < 0)
		return NULL;
	return find_tport(s, &ours, port_for(s, transport), transport);
}

/* The address and port of ours that a transport is bound to, as text. */
static bool ident_read(const tport_t *tport, char addr[SOFIA_IDENT],
		       uint16_t *port)
{
	char *slash;

	if (!tport || !tport_ident(tport_parent(tport)))
		return false;
	(void)snprintf(addr, SOFIA_IDENT, "%s",
		       tport_ident(tport_parent(tport)));
	slash = strrchr(addr, '/');
	if (!slash)
		return false;
	*slash = '\0';
	*port = (uint16_t)strtoul(slash + 1, NULL, 10);
	return true;
}

bool sofia_in_use(const struct sofia *s, const struct peer *peer)
{
	char ours[SOFIA_IDENT];
	uint16_t port;

	return !ident_read(peer->tport, ours, &port) ||
	       port == port_for(s, peer->transport);
}

/* An address as a URI has it. */
static void host_of(const char *text, char host[SOFIA_HOST])
{
	(void)snprintf(host, SOFIA_HOST,
		       strchr(text, ':') ? "[%.60s]" : "%.60s", text);
}

static void host_text(const struct addr *a, char host[SOFIA_HOST])
{
	char text[ADDR_TEXT];

	addr_format(a, text);
	host_of(text, host);
}

void sofia_host(struct sofia *s, const struct peer *peer, char host[SOFIA_HOST])
{
	char text[SOFIA_IDENT];
	struct addr ours;
	uint16_t port;

	memset(&ours, 0, sizeof(ours));
	if (!peer->local && s->config.ports.external[0]) {
		if (addr_parse(&ours, s->config.ports.external) == 0 &&
		    ours.family == peer->addr.family) {
			host_text(&ours, host);
			return;
		}
	}
	if (ident_read(peer->tport, text, &port)) {
		host_of(text, host);
		return;
	}
	if (addr_facing(&peer->addr, &ours) < 0)
		(void)addr_parse(&ours, "127.0.0.1");
	host_text(&ours, host);
}

void sofia_contact(struct sofia *s, const struct peer *peer, const char *user,
		   char contact[SOFIA_CONTACT])
{
	char host[SOFIA_HOST];
	unsigned port = port_for(s, peer->transport);

	sofia_host(s, peer, host);
	(void)snprintf(contact, SOFIA_CONTACT, "<sip:%.64s%s%s:%u%s%s>", user,
		       user[0] ? "@" : "", host, port,
		       peer->transport == PEER_UDP ? "" : ";transport=",
		       peer->transport == PEER_UDP
			       ? ""
			       : transport_names[peer->transport]);
}

void sofia_route(const struct peer *peer, char *route, size_t size)
{
	char host[SOFIA_HOST];

	host_text(&peer->addr, host);
	(void)snprintf(route, size, "sip:%s:%u;transport=%s", host, peer->port,
		       transport_names[peer->transport]);
}

static int add_tport(struct sofia *s, const struct addr *addr,
		     enum peer_transport transport)
{
	char url[128], host[SOFIA_HOST], ident[SOFIA_IDENT];
	uint16_t port = port_for(s, transport);
	bool tls = transport == PEER_TLS;

	if (port == 0 || find_tport(s, addr, port, transport))
		return 0;
	ident_text(addr, port, ident);
	host_text(addr, host);
	(void)snprintf(url, sizeof(url), "%s:%s:%u;transport=%s",
		       tls ? "sips" : "sip", host, port,
		       transport_names[transport]);
	errno = 0;
	if (nta_agent_add_tport(s->agent, URL_STRING_MAKE(url),
				TPTAG_IDENT(ident), TPTAG_UDP_RMEM(UDP_BUFFER),
				TPTAG_UDP_WMEM(UDP_BUFFER), TPTAG_IDLE(IDLE_MS),
				TPTAG_TIMEOUT(PARTIAL_MS), TPTAG_PONG2PING(1),
				TPTAG_REUSE(1), TPTAG_SERVER(1),
				TAG_IF(tls, TPTAG_CERTIFICATE(s->cert_dir)),
				TPTAG_TLS_VERIFY_POLICY(0), TAG_END()) < 0)
		return errno ? -errno : -EADDRNOTAVAIL;
	return 0;
}

static int bind_addr(struct sofia *s, const struct addr *addr)
{
	int rc;

	rc = add_tport(s, addr, PEER_UDP);
	if (rc == 0)
		rc = add_tport(s, addr, PEER_TCP);
	if (rc == 0)
		rc = add_tport(s, addr, PEER_TLS);
	return rc;
}

static bool addr_usable(const struct addr *a)
{
	/* Link-local IPv6 addresses need a scope that no URI can carry. */
	return !(a->family == AF_INET6 && a->bytes[0] == 0xfe &&
		 (a->bytes[1] & 0xc0) == 0x80);
}

/* The addresses of the box that are up, at most `max`. */
static size_t own_addresses(struct addr *out, size_t max)
{
	struct ifaddrs *all, *i;
	size_t n = 0;
	uint16_t port;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = all; i && n < max; i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
			continue;
		if (i->ifa_addr->sa_family != AF_INET &&
		    i->ifa_addr->sa_family != AF_INET6)
			continue;
		if (addr_from_sockaddr(&out[n], &port, i->ifa_addr) == 0 &&
		    addr_usable(&out[n]))
			n++;
	}
	freeifaddrs(all);
	return n;
}

static size_t listed_addresses(const char *list, struct addr *out, size_t max)
{
	char copy[512], *rest = copy, *item;
	size_t n = 0;

	(void)snprintf(copy, sizeof(copy), "%s", list);
	while (n < max && (item = strsep(&rest, ";,")) != NULL) {
		if (addr_parse(&out[n], item) == 0)
			n++;
	}
	return n;
}

static size_t wanted_addresses(const struct sofia *s, struct addr *out)
{
	if (s->config.bind)
		return listed_addresses(s->config.bind, out, SOFIA_ADDRESSES);
	return own_addresses(out, SOFIA_ADDRESSES);
}

static nta_agent_t *make_agent(struct sofia *s)
{
	return nta_agent_create(
		s->loop.root, (url_string_t *)-1, sofia_entry_message, s,
		NTATAG_MCLASS(s->mclass), NTATAG_UA(1), NTATAG_BAD_REQ_MASK(0),
		NTATAG_BAD_RESP_MASK(~0U), NTATAG_MERGE_482(0),
		NTATAG_SERVER_RPORT(2), NTATAG_CLIENT_RPORT(1),
		NTATAG_TCP_RPORT(1), NTATAG_TLS_RPORT(1),
		NTATAG_UDP_MTU(MESSAGE_MAX), NTATAG_MAXSIZE(MESSAGE_MAX + 1),
		NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_BLACKLIST(0),
		NTATAG_GRAYLIST(0), NTATAG_TIMER_C(185000), TAG_END());
}

/* Binds every wanted address; one at least must work. */
static int bind_all(struct sofia *s, char *why, size_t why_size)
{
	struct addr wanted[SOFIA_ADDRESSES];
	size_t n = wanted_addresses(s, wanted);
	char text[ADDR_TEXT];

	s->n_bound = 0;
	for (size_t i = 0; i < n; i++) {
		int rc = bind_addr(s, &wanted[i]);

		addr_format(&wanted[i], text);
		if (rc == 0) {
			s->bound[s->n_bound++] = wanted[i];
			continue;
		}
		/* An IPv6 address may still be in its duplicate check. */
		if (rc == -EADDRNOTAVAIL) {
			log_warn("%s cannot be bound now, going on without",
				 text);
			continue;
		}
		(void)snprintf(why, why_size,
			       "cannot listen on %s port %u or %u: %s: stop "
			       "what holds it or change the SIP ports",
			       text, s->config.ports.port,
			       s->config.ports.tls_port, strerror(-rc));
		return rc;
	}
	if (s->n_bound > 0)
		return 0;
	(void)snprintf(why, why_size,
		       "no address to listen on: bring an "
		       "interface up or correct --bind");
	return -EADDRNOTAVAIL;
}

void sofia_follow_addresses(struct sofia *s)
{
	struct addr wanted[SOFIA_ADDRESSES];
	size_t n = wanted_addresses(s, wanted);
	char text[ADDR_TEXT];

	for (size_t i = 0; i < n && s->n_bound < SOFIA_ADDRESSES; i++) {
		size_t k = 0;

		while (k < s->n_bound && !addr_equal(&s->bound[k], &wanted[i]))
			k++;
		if (k < s->n_bound)
			continue;
		addr_format(&wanted[i], text);
		if (bind_addr(s, &wanted[i]) == 0) {
			s->bound[s->n_bound++] = wanted[i];
			log_info("listening on %s, too", text);
		}
	}
	sofia_kick(s);
}

static int prepare_tls(struct sofia *s, char *why, size_t why_size)
{
	if (s->config.ports.tls_port == 0)
		return 0;
	return sofia_tls_prepare(s->cert_dir, s->config.ports.certificate, why,
				 why_size);
}

struct sofia *sofia_new(const struct sofia_config *config, char *why,
			size_t why_size)
{
	struct sofia *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (!s)
		goto fail;
	s->config = *config;
	(void)snprintf(s->cert_dir, sizeof(s->cert_dir), "%s/tls",
		       config->state_dir);
	rc = sofia_stun_silence();
	if (rc == 0)
		rc = sofia_loop_init(&s->loop, config->base);
	if (rc == 0)
		rc = sofia_tls_peer_init(s);
	if (rc == 0)
		rc = sofia_entry_init(s);
	if (rc < 0)
		goto fail;
	if (prepare_tls(s, why, why_size) < 0)
		goto fail_said;
	s->agent = make_agent(s);
	if (!s->agent) {
		rc = -ENOMEM;
		goto fail;
	}
	if (bind_all(s, why, why_size) < 0)
		goto fail_said;
	rc = sofia_flow_init(s);
	if (rc < 0)
		goto fail;
	return s;
fail:
	(void)snprintf(why, why_size, "cannot set up SIP: %s", strerror(-rc));
fail_said:
	sofia_free(s);
	return NULL;
}

void sofia_free(struct sofia *s)
{
	if (!s)
		return;
	sofia_flow_fini(s);
	if (s->agent)
		nta_agent_destroy(s->agent);
	sofia_loop_fini(&s->loop);
	sofia_entry_fini(s);
	sofia_tls_peer_fini(s);
	free(s);
}

int sofia_set_ports(struct sofia *s, const struct sofia_ports *ports, char *why,
		    size_t why_size)
{
	struct sofia_ports before = s->config.ports;
	int rc;

	s->config.ports = *ports;
	rc = prepare_tls(s, why, why_size);
	if (rc == 0 &&
	    (before.port != ports->port || before.tls_port != ports->tls_port))
		rc = bind_all(s, why, why_size);
	if (rc < 0)
		s->config.ports = before;
	sofia_kick(s);
	return rc;
}

size_t sofia_transactions(const struct sofia *s)
{
	usize_t theirs = 0, ours = 0;

	(void)nta_agent_get_stats(s->agent, NTATAG_S_IRQ_HASH_USED_REF(theirs),
				  NTATAG_S_ORQ_HASH_USED_REF(ours), TAG_END());
	return theirs + ours;
}

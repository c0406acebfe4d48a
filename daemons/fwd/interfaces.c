#include "interfaces.h"

#include <errno.h>
#include <event2/event.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "networks.h"

enum {
	/* Changes come in bursts (an interface goes up): read once after. */
	SETTLE_MS = 50,
	/* Interfaces without end may not keep us. */
	ADDRESSES_MAX = 4096,
};

struct interfaces {
	struct nl_sock *ask;
	struct nl_sock *hear;
	struct event *readable;
	struct event *settle;
	void (*changed)(void *ctx);
	void *ctx;
};

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	struct interfaces *in = arg;

	(void)fd;
	(void)what;
	in->changed(in->ctx);
}

/* What changed does not matter: all is read again, so a lost message (ENOBUFS)
   is no loss. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval settle = { .tv_usec = SETTLE_MS * 1000 };
	struct interfaces *in = arg;
	char buf[8192];

	(void)what;
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
	if (!evtimer_pending(in->settle, NULL))
		(void)evtimer_add(in->settle, &settle);
}

static int open_sockets(struct interfaces *in)
{
	in->ask = nl_socket_alloc();
	in->hear = nl_socket_alloc();
	if (!in->ask || !in->hear)
		return -ENOMEM;
	if (nl_connect(in->ask, NETLINK_ROUTE) < 0 ||
	    nl_connect(in->hear, NETLINK_ROUTE) < 0)
		return errno ? -errno : -EIO;
	nl_socket_disable_seq_check(in->hear);
	if (nl_socket_add_memberships(in->hear, RTNLGRP_LINK,
				      RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      0) < 0)
		return -EIO;
	return nl_socket_set_nonblocking(in->hear) < 0 ? -EIO : 0;
}

struct interfaces *interfaces_open(struct event_base *base,
				   void (*changed)(void *ctx), void *ctx,
				   char *why, size_t why_size)
{
	struct interfaces *in = calloc(1, sizeof(*in));
	int err = -ENOMEM;

	if (!in)
		goto out;
	in->changed = changed;
	in->ctx = ctx;
	err = open_sockets(in);
	if (err < 0)
		goto out;
	err = -ENOMEM;
	in->readable = event_new(base, nl_socket_get_fd(in->hear),
				 EV_READ | EV_PERSIST, on_readable, in);
	in->settle = evtimer_new(base, on_settled, in);
	if (!in->readable || !in->settle || event_add(in->readable, NULL) < 0)
		goto out;
	return in;
out:
	snprintf(why, why_size, "network interfaces: %s", strerror(-err));
	interfaces_close(in);
	return NULL;
}

void interfaces_close(struct interfaces *in)
{
	if (!in)
		return;
	if (in->readable)
		event_free(in->readable);
	if (in->settle)
		event_free(in->settle);
	nl_socket_free(in->ask);
	nl_socket_free(in->hear);
	free(in);
}

static void learn(struct networks *ns, struct rtnl_link *link,
		  struct rtnl_addr *ra)
{
	/* On a point-to-point link the network is the peer's. */
	struct nl_addr *peer = rtnl_addr_get_peer(ra);
	struct nl_addr *na = peer ? peer : rtnl_addr_get_local(ra);
	struct prefix p = { 0 };
	size_t bytes;

	if (!na)
		return;
	p.addr.family = (uint8_t)nl_addr_get_family(na);
	bytes = nl_addr_get_len(na);
	if ((p.addr.family != AF_INET || bytes != 4) &&
	    (p.addr.family != AF_INET6 || bytes != 16))
		return;
	memcpy(p.addr.bytes, nl_addr_get_binary_addr(na), bytes);
	p.len = (uint8_t)rtnl_addr_get_prefixlen(ra);
	if (p.len <= bytes * 8)
		networks_learn(ns, rtnl_link_get_name(link), &p);
}

int interfaces_read(struct interfaces *in, struct networks *ns)
{
	struct nl_cache *links = NULL, *addrs = NULL;
	struct nl_object *o;
	size_t seen = 0;
	int err = -EIO;

	if (rtnl_link_alloc_cache(in->ask, AF_UNSPEC, &links) < 0 ||
	    rtnl_addr_alloc_cache(in->ask, &addrs) < 0)
		goto out;
	for (o = nl_cache_get_first(addrs); o && seen < ADDRESSES_MAX;
	     o = nl_cache_get_next(o), seen++) {
		struct rtnl_addr *ra = (struct rtnl_addr *)o;
		struct rtnl_link *link;

		link = rtnl_link_get(links, rtnl_addr_get_ifindex(ra));
		if (!link)
			continue;
		if ((rtnl_link_get_flags(link) & IFF_UP) &&
		    !(rtnl_link_get_flags(link) & IFF_LOOPBACK))
			learn(ns, link, ra);
		rtnl_link_put(link);
	}
	err = 0;
out:
	nl_cache_free(addrs);
	nl_cache_free(links);
	return err;
}

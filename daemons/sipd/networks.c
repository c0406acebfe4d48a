#include "networks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"
#include "bus.h"
#include "firewall_bus.h"
#include "log.h"
#include "records.h"

enum { NETWORKS_MAX = 256 };

struct networks {
	struct bus *bus;
	void (*changed)(void *ctx);
	void *ctx;
	struct prefix list[NETWORKS_MAX];
	size_t n;
	struct prefix coming[NETWORKS_MAX]; /* rows of the answer under way */
	size_t n_coming;
	bool asking;
	bool again; /* they changed while we were asking */
};

static void ask(struct networks *n);

static void on_row(void *ctx, const void *in)
{
	const struct network *row = in;
	struct networks *n = ctx;
	char why[128];

	if (n->n_coming == NETWORKS_MAX)
		return;
	if (prefix_parse(&n->coming[n->n_coming], row->network, why,
			 sizeof(why)) == 0)
		n->n_coming++;
}

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct networks *n = ctx;

	(void)out;
	n->asking = false;
	if (n->again) {
		ask(n);
		return;
	}
	/* On an error what we knew stays; fwd's return asks again. */
	if (error)
		return;
	memcpy(n->list, n->coming, sizeof(n->list));
	n->n = n->n_coming;
	log_debug("%zu local networks", n->n);
	if (n->changed)
		n->changed(n->ctx);
}

static void ask(struct networks *n)
{
	n->again = n->asking;
	if (n->asking)
		return;
	n->n_coming = 0;
	n->asking = bus_call_rows(n->bus, &firewall_iface, FIREWALL_NETWORKS,
				  NULL, 0, on_row, on_done, n) == 0;
}

static void on_changed(void *ctx, const void *rec)
{
	(void)rec;
	ask(ctx);
}

static void on_peer(void *ctx, bool there)
{
	if (there)
		ask(ctx);
}

struct networks *networks_new(struct bus *bus, void (*changed)(void *ctx),
			      void *ctx)
{
	struct networks *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->bus = bus;
	n->changed = changed;
	n->ctx = ctx;
	if (bus_watch(bus, &firewall_iface, FIREWALL_SIG_NETWORKS_CHANGED,
		      on_changed, n) == 0 &&
	    bus_watch_peer(bus, firewall_iface.dest, on_peer, n) == 0)
		return n;
	networks_free(n);
	return NULL;
}

void networks_free(struct networks *n)
{
	if (!n)
		return;
	bus_forget(n->bus, n);
	free(n);
}

bool networks_local(const struct networks *n, const struct addr *addr)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (addr->family == AF_INET && addr->bytes[0] == 127)
		return true;
	if (addr->family == AF_INET6 &&
	    memcmp(addr->bytes, loopback6, sizeof(loopback6)) == 0)
		return true;
	for (size_t i = 0; i < n->n; i++) {
		if (prefix_contains(&n->list[i], addr))
			return true;
	}
	return false;
}

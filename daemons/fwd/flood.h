/*
 * Limits that stand before the daemons whatever the rules say (SPEC 6, 9: what
 * outsiders can send is bounded): so generous that no office meets them, and
 * far below what hurts a call. Pure.
 *
 * Local networks are exempt but for the count of connections, and allowed
 * addresses of all; replies to what the box began never come here.
 */
#pragma once

#include "ruleset.h"

enum {
	FLOOD_SOURCES = 65536, /* remembered; more find no bucket */
	/* TCP connections of a source at once, new ones a second */
	FLOOD_CONNECTIONS = 512,
	FLOOD_TCP_S = 60,
	FLOOD_TCP_BURST = 240,
	/* UDP packets of a source to a service */
	FLOOD_UDP_S = 1000,
	FLOOD_UDP_BURST = 2000,
	/* and to one port of a call: sound has 50 to 100 */
	FLOOD_RTP_S = 400,
	FLOOD_RTP_BURST = 800,
	/* New flows to a service's port, and to all ports of calls, of all
	   strangers together */
	FLOOD_PORT_S = 400,
	FLOOD_PORT_BURST = 800,
	/* and to ports of nothing: each is a connection that the kernel tracks
	   for 30 s, and the table holds 65,536 on a small machine */
	FLOOD_OTHERS_S = 1000,
	FLOOD_OTHERS_BURST = 2000,
};

void flood_put_sets(struct ruleset *rs);
void flood_put(struct ruleset *rs);

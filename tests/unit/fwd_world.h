/*
 * Two network namespaces of a test's own, joined by two veth pairs; they end
 * with the process. Needs root.
 *
 *   box   v0 198.51.100.1/24  2001:db8:77::1/48     w0 10.77.0.1/24 fd77::1/64
 *   peer  v1 198.51.100.2 .3  2001:db8:77::2 ::3    w1 10.77.0.9/24 fd77::9/64
 *            2001:db8:77:9::2
 */
#pragma once

struct fwd_world {
	int box; /* open namespaces */
	int peer;
};

/* Makes both, waits until each link carries packets, and stays in the box's.
   -1: may not make namespaces. */
int fwd_world_make(struct fwd_world *w);
void fwd_world_enter(int ns);

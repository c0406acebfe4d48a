/*
 * Sofia answers STUN on the SIP port to anybody, which tells scanners what we
 * are and lends itself to reflection. Its plug-in interface takes a server
 * that says nothing.
 */
#include <errno.h>
#include <sofia-sip/su_wait.h>

#define TPORT_STUN_SERVER_T struct silent_stun
struct silent_stun {
	su_root_t *root;
};
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_plugins.h>
#include <stdlib.h>

#include "sofia_impl.h"

static struct silent_stun *stun_create(su_root_t *root, tagi_t const *tags)
{
	struct silent_stun *stun = calloc(1, sizeof(*stun));

	(void)tags;
	if (stun)
		stun->root = root;
	return stun;
}

static void stun_destroy(struct silent_stun *stun)
{
	free(stun);
}

static int stun_socket(struct silent_stun *stun, su_socket_t s)
{
	(void)stun;
	(void)s;
	return 0;
}

static void stun_request(struct silent_stun *stun, su_socket_t s, void *msg,
			 ssize_t n, void *addr, socklen_t addr_len)
{
	(void)stun;
	(void)s;
	(void)msg;
	(void)n;
	(void)addr;
	(void)addr_len;
}

int sofia_stun_silence(void)
{
	/* The library asks for a size greater than the table's own. */
	static const tport_stun_server_vtable_t table = {
		sizeof(table) + 1, stun_create, stun_destroy,
		stun_socket,       stun_socket, stun_request,
	};

	return tport_plug_in_stun_server(&table) == 0 ? 0 : -ENOTSUP;
}

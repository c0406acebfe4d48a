/*
 * Two functions of libsofia 1.12.11 whose place we take.
 *
 * su_getaddrinfo(): no names are looked up here. Where the library wants to
 * know an address it calls getaddrinfo() in our event loop and waits for
 * seconds; the name may be any peer's ("Via: SIP/2.0/UDP slow.example"), so
 * that one datagram would stop all calls. We send to addresses only: to where
 * a request came from, or where a phone registered from.
 *
 * msg_header_free(): when a transport is added to an agent, the agent makes
 * new Via headers for all its transports and frees the old ones, but the
 * connections that are open keep pointing at them. So a Via is never freed one
 * by one; it goes with the message, or the agent, that it belongs to.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

#include "sofia_impl.h"

typedef void (*header_free_fn)(su_home_t *home, msg_header_t *h);

void msg_header_free(su_home_t *home, msg_header_t *h)
{
	void *found = dlsym(RTLD_NEXT, "msg_header_free");
	header_free_fn next;

	if (!h || h->sh_class == sip_via_class)
		return;
	memcpy(&next, &found, sizeof(next));
	if (next)
		next(home, h);
}

int su_getaddrinfo(char const *node, char const *service,
		   su_addrinfo_t const *hints, su_addrinfo_t **res)
{
	struct addrinfo numeric = { .ai_flags = 0 };

	if (hints)
		numeric = *hints;
	numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
	return getaddrinfo(node, service, &numeric, res);
}

/*
 * No names are looked up here. Where libsofia wants to know an address it
 * calls getaddrinfo() in our event loop and waits for seconds; the name may be
 * any peer's ("Via: SIP/2.0/UDP slow.example"), so that one datagram would
 * stop all calls. We send to addresses only: to where a request came from, or
 * where a phone registered from. So this takes the place of libsofia's
 * function and knows numeric addresses alone.
 */
#include <netdb.h>

#include "sofia_impl.h"

int su_getaddrinfo(char const *node, char const *service,
		   su_addrinfo_t const *hints, su_addrinfo_t **res)
{
	struct addrinfo numeric = { .ai_flags = 0 };

	if (hints)
		numeric = *hints;
	numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
	return getaddrinfo(node, service, &numeric, res);
}

#include "call_srtp.h"

#include "records.h"

_Static_assert((int)EXTENSION_SRTP_MUST == (int)TRUNK_SRTP_MUST &&
		       (int)EXTENSION_SRTP_OFF == (int)TRUNK_SRTP_OFF,
	       "one wish, two tables");
_Static_assert((int)CALL_SRTP_MAY == (int)MEDIA_OFFER_SRTP_MAY &&
		       (int)CALL_SRTP_MUST == (int)MEDIA_ANSWER_SRTP_MUST &&
		       (int)CALL_SRTP_NEVER == (int)MEDIA_ACCEPT_SRTP_NEVER &&
		       (int)CALL_SRTP_NEVER ==
			       (int)MEDIA_OFFER_HEARS_SRTP_NEVER,
	       "the numbers of the messages");

enum call_srtp call_srtp(uint32_t wish, enum peer_transport transport,
			 bool emergency)
{
	bool secret = transport == PEER_TLS;

	switch ((enum extension_srtp)wish) {
	case EXTENSION_SRTP_OFF:
		return CALL_SRTP_OFF;
	case EXTENSION_SRTP_MUST:
		if (!emergency)
			return secret ? CALL_SRTP_MUST : CALL_SRTP_NEVER;
		break;
	case EXTENSION_SRTP_OPTIONAL:
		break;
	}
	return secret ? CALL_SRTP_MAY : CALL_SRTP_OFF;
}

/*
 * What SRTP a leg of a call may have: its extension's or trunk's wish, and what
 * its signalling allows. A key in SDP that passed over UDP or TCP is no secret.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"

/* The same numbers as the `srtp` of mediad's messages. */
enum call_srtp {
	CALL_SRTP_OFF,
	CALL_SRTP_MAY,
	CALL_SRTP_MUST,
	CALL_SRTP_NEVER, /* it must, and cannot */
};

/* wish: enum extension_srtp, which is enum trunk_srtp. A call for help is not
   refused for want of a secret. */
enum call_srtp call_srtp(uint32_t wish, enum peer_transport transport,
			 bool emergency);

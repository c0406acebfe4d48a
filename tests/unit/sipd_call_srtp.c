/* Wish and transport: the whole table. */
#include "call_srtp.h"

#include "check.h"
#include "records.h"

int main(void)
{
	static const struct {
		uint32_t wish;
		enum call_srtp tls, other, help;
	} rows[] = {
		{ EXTENSION_SRTP_OFF, CALL_SRTP_OFF, CALL_SRTP_OFF,
		  CALL_SRTP_OFF },
		{ EXTENSION_SRTP_OPTIONAL, CALL_SRTP_MAY, CALL_SRTP_OFF,
		  CALL_SRTP_MAY },
		{ EXTENSION_SRTP_MUST, CALL_SRTP_MUST, CALL_SRTP_NEVER,
		  CALL_SRTP_MAY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t wish = rows[i].wish;

		CHECK_EQ(call_srtp(wish, PEER_TLS, false), rows[i].tls);
		CHECK_EQ(call_srtp(wish, PEER_UDP, false), rows[i].other);
		CHECK_EQ(call_srtp(wish, PEER_TCP, false), rows[i].other);
		CHECK_EQ(call_srtp(wish, PEER_TLS, true), rows[i].help);
		CHECK_EQ(call_srtp(wish, PEER_UDP, true), CALL_SRTP_OFF);
	}
	return 0;
}

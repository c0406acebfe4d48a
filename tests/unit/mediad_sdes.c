/* Lines of a=crypto: RFC 4568, RFC 6188, RFC 7714. */
#include "sdes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#define CM_80 "AES_CM_128_HMAC_SHA1_80 inline:"
/* 30 bytes, as in the examples of RFC 4568 */
#define KEY30 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define KEY44 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis"
#define KEY46 KEY44 "sLQ"

static int take(const char *text, struct sdes *s)
{
	memset(s, 0xee, sizeof(*s));
	return sdes_read(s, text);
}

static void what_is_taken(void)
{
	static const struct {
		const char *text;
		uint32_t tag;
		enum srtp_suite suite;
		uint8_t mki_bytes;
	} lines[] = {
		{ "1 " CM_80 KEY30, 1, SRTP_CM_128_80, 0 },
		{ "999999999 AES_CM_128_HMAC_SHA1_32 inline:" KEY30, 999999999,
		  SRTP_CM_128_32, 0 },
		{ "2 AES_256_CM_HMAC_SHA1_80 inline:" KEY46 "==", 2,
		  SRTP_CM_256_80, 0 },
		{ "2 AES_256_CM_HMAC_SHA1_32 inline:" KEY46, 2, SRTP_CM_256_32,
		  0 },
		{ "3 AEAD_AES_128_GCM inline:" KEY28 "==", 3, SRTP_GCM_128, 0 },
		{ "4 AEAD_AES_256_GCM inline:" KEY44 "=", 4, SRTP_GCM_256, 0 },
		{ "4 AEAD_AES_256_GCM inline:" KEY44, 4, SRTP_GCM_256, 0 },
		{ "1  " CM_80 KEY30 "|2^31", 1, SRTP_CM_128_80, 0 },
		{ "1 " CM_80 KEY30 "|1048576", 1, SRTP_CM_128_80, 0 },
		{ "1 " CM_80 KEY30 "|2^20|1:4", 1, SRTP_CM_128_80, 4 },
		{ "1 " CM_80 KEY30 "|255:1", 1, SRTP_CM_128_80, 1 },
		{ "1 " CM_80 KEY30 " WSH=64 -UNKNOWN=3", 1, SRTP_CM_128_80, 0 },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct sdes s;

		CHECK_EQ(take(lines[i].text, &s), 0);
		CHECK_EQ(s.tag, lines[i].tag);
		CHECK_EQ(s.suite, lines[i].suite);
		CHECK_EQ(s.mki_bytes, lines[i].mki_bytes);
	}
}

static void what_is_not(void)
{
	static const char *const lines[] = {
		"",
		"1",
		"1 ",
		"0 " CM_80 KEY30,
		"-1 " CM_80 KEY30,
		"1000000000 " CM_80 KEY30,
		"x " CM_80 KEY30,
		"1" CM_80 KEY30,
		"1 AES_CM_128_HMAC_SHA1_8 inline:" KEY30,
		"1 aes_cm_128_hmac_sha1_80 inline:" KEY30,
		"1 F8_128_HMAC_SHA1_80 inline:" KEY30,
		"1 NULL_HMAC_SHA1_80 inline:" KEY30,
		"1 AES_CM_128_HMAC_SHA1_80",
		"1 AES_CM_128_HMAC_SHA1_80 " KEY30,
		"1 AES_CM_128_HMAC_SHA1_80 uri:" KEY30,
		"1 " CM_80,
		"1 " CM_80 "d0Rm",
		"1 " CM_80 KEY30 "AA",
		"1 " CM_80 KEY30 "==",
		"1 " CM_80 "?0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"1 " CM_80 "=0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY30,
		"1 AEAD_AES_128_GCM inline:" KEY28 "=",
		/* bits left over behind the last byte */
		"1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka"
		"Gx",
		/* two keys would be for changing them */
		"1 " CM_80 KEY30 "|2^20|1:4;inline:" KEY30 "|2^20|2:4",
		"1 " CM_80 KEY30 "|",
		"1 " CM_80 KEY30 "|2^",
		"1 " CM_80 KEY30 "|2^49",
		"1 " CM_80 KEY30 "|2^10",
		"1 " CM_80 KEY30 "|1000",
		"1 " CM_80 KEY30 "|0",
		"1 " CM_80 KEY30 "|2^20|2^20",
		"1 " CM_80 KEY30 "|1:4|2^20",
		"1 " CM_80 KEY30 "|2^20|1:4|1:4",
		"1 " CM_80 KEY30 "|2^20|1:0",
		"1 " CM_80 KEY30 "|2^20|1:9",
		"1 " CM_80 KEY30 "|2^20|256:1",
		"1 " CM_80 KEY30 "|2^20|1:",
		"1 " CM_80 KEY30 " UNENCRYPTED_SRTP",
		"1 " CM_80 KEY30 " WSH=64 UNENCRYPTED_SRTCP",
		"1 " CM_80 KEY30 " UNAUTHENTICATED_SRTP",
		"1 " CM_80 KEY30 " KDR=1",
		"1 " CM_80 KEY30 " FEC_ORDER=FEC_SRTP",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct sdes s;

		if (!take(lines[i], &s))
			fprintf(stderr, "taken: %s\n", lines[i]);
		/* Nothing of what was refused is left behind. */
		CHECK_EQ(s.tag, 0xeeeeeeee);
	}
}

static void bytes(void)
{
	struct sdes s;

	CHECK_EQ(take("1 " CM_80 KEY30 "|2^20|258:3", &s), 0);
	CHECK(!memcmp(s.key, "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#", 30));
	CHECK(!memcmp(s.mki, "\x00\x01\x02", 3));
	CHECK_EQ(take("1 AEAD_AES_256_GCM inline:" KEY44, &s), 0);
	for (uint8_t i = 0; i < 44; i++)
		CHECK_EQ(s.key[i], i);
}

static void what_we_make(void)
{
	for (int suite = SRTP_NONE + 1; suite < SRTP_SUITES; suite++) {
		struct sdes a, b, back;
		char text[SDES_TEXT];
		int n;

		sdes_make(&a, (enum srtp_suite)suite);
		sdes_make(&b, (enum srtp_suite)suite);
		CHECK(memcmp(a.key, b.key, sizeof(a.key)));
		a.tag = 7;
		n = sdes_write(&a, text, sizeof(text));
		CHECK_EQ(n, strlen(text));
		CHECK_EQ(take(text, &back), 0);
		CHECK(!memcmp(&a, &back, sizeof(a)));
		CHECK_EQ(sdes_write(&a, text, (size_t)n), -ENOSPC);
	}
	CHECK(!suite_info(SRTP_NONE));
	CHECK(!suite_info(SRTP_SUITES));
}

int main(void)
{
	what_is_taken();
	what_is_not();
	bytes();
	what_we_make();
	return 0;
}

/*
 * SRTP on both sides, and against a sender of our own made of OpenSSL's AES and
 * SHA-1 and the session keys of RFC 3711 appendix B.3.
 */
#include "srtp_leg.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "check.h"
#include "rtp.h"
#include "srtp_keys.h"

enum { VOICE = 160 };

/* RFC 3711 appendix B.3: from this master key and salt ... */
static const uint8_t master[] = {
	0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f,
	0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39, 0x0e, 0xc6, 0x75, 0xad,
	0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6,
};
/* ... come these keys of a session. */
static const uint8_t cipher_key[] = {
	0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee,
	0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87,
};
static const uint8_t cipher_salt[] = {
	0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
	0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1,
};
static const uint8_t auth_key[] = {
	0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
	0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4,
};

static size_t voice(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	struct rtp r = { .pt = 8, .seq = seq, .ts = seq * 160u, .ssrc = ssrc };

	rtp_write(p, &r);
	memset(p + RTP_HEADER, (uint8_t)seq, VOICE);
	return RTP_HEADER + VOICE;
}

/* RFC 3711 sections 4.1.1 and 4.2.1 by hand. */
static size_t by_hand(uint8_t *p, size_t n, uint32_t roc)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = { 0 }, seen[RTP_MAX], tag[20];
	unsigned tag_bytes = sizeof(tag);
	int done;

	memcpy(iv, cipher_salt, sizeof(cipher_salt));
	for (int i = 0; i < 4; i++) {
		iv[4 + i] ^= p[8 + i];
		iv[8 + i] ^= (uint8_t)(roc >> (24 - 8 * i));
	}
	iv[12] ^= p[2];
	iv[13] ^= p[3];
	CHECK(EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, cipher_key, iv));
	CHECK(EVP_EncryptUpdate(c, p + RTP_HEADER, &done, p + RTP_HEADER,
				(int)(n - RTP_HEADER)));
	EVP_CIPHER_CTX_free(c);
	memcpy(seen, p, n);
	put32(seen + n, roc);
	CHECK(HMAC(EVP_sha1(), auth_key, sizeof(auth_key), seen, n + 4, tag,
		   &tag_bytes));
	memcpy(p + n, tag, 10);
	return n + 10;
}

static struct srtp_leg *leg(const struct sdes *rx, const struct sdes *tx)
{
	const struct srtp_keys keys = { .rx = *rx, .tx = *tx };
	struct srtp_leg *s = srtp_leg_new();

	CHECK(s);
	srtp_leg_set(s, &keys, 0);
	return s;
}

static void as_the_rfc_says(void)
{
	struct sdes key = { .suite = SRTP_CM_128_80 };
	uint8_t ours[RTP_MAX], theirs[RTP_MAX], plain[RTP_MAX];
	struct srtp_leg *s;
	uint32_t roc = 0;

	memcpy(key.key, master, sizeof(master));
	s = leg(&key, &key);
	/* Over the end of the sequence numbers, too. */
	for (uint32_t i = 65000; i < 66000; i++) {
		size_t n = voice(ours, (uint16_t)i, 0xcafebabe);
		size_t m = voice(theirs, (uint16_t)i, 0xcafebabe);

		voice(plain, (uint16_t)i, 0xcafebabe);
		roc = i >> 16;
		CHECK_EQ(srtp_leg_seal(s, ours, &n, false), 0);
		m = by_hand(theirs, m, roc);
		CHECK_EQ(n, m);
		CHECK(!memcmp(ours, theirs, n));
		CHECK_EQ(srtp_leg_open(s, theirs, &m, false, 0), 0);
		CHECK_EQ(m, RTP_HEADER + VOICE);
		CHECK(!memcmp(theirs, plain, m));
	}
	CHECK_EQ(roc, 1);
	srtp_leg_free(s);
}

static void every_suite(void)
{
	for (int suite = SRTP_NONE + 1; suite < SRTP_SUITES; suite++) {
		struct sdes a, b;
		struct srtp_leg *left, *right;
		uint8_t p[RTP_MAX + SRTP_MORE], plain[RTP_MAX];
		uint8_t rr[64] = { 0x80, 201, 0, 1, 1, 2, 3, 4 };
		size_t n;

		sdes_make(&a, (enum srtp_suite)suite);
		sdes_make(&b, (enum srtp_suite)suite);
		left = leg(&a, &b);
		right = leg(&b, &a);
		n = voice(plain, 1, 77);
		voice(p, 1, 77);
		CHECK_EQ(srtp_leg_seal(left, p, &n, false), 0);
		CHECK_EQ(n,
			 RTP_HEADER + VOICE +
				 suite_info((enum srtp_suite)suite)->tag_bytes);
		CHECK(memcmp(p + RTP_HEADER, plain + RTP_HEADER, VOICE));
		/* Nobody else can open it, not even who sealed it. */
		CHECK_EQ(srtp_leg_open(left, p, &n, false, 0), -EBADMSG);
		n = voice(p, 2, 77);
		CHECK_EQ(srtp_leg_seal(left, p, &n, false), 0);
		CHECK_EQ(srtp_leg_open(right, p, &n, false, 0), 0);
		CHECK_EQ(n, RTP_HEADER + VOICE);
		n = 8;
		CHECK_EQ(srtp_leg_seal(right, rr, &n, true), 0);
		CHECK_EQ(srtp_leg_open(left, rr, &n, true, 0), 0);
		CHECK_EQ(n, 8);
		srtp_leg_free(left);
		srtp_leg_free(right);
	}
}

/* A bit changed anywhere, and what was heard before. */
static void what_is_not_the_phones(void)
{
	struct sdes key;
	struct srtp_leg *s;
	uint8_t p[RTP_MAX + SRTP_MORE], q[RTP_MAX + SRTP_MORE];
	size_t n, m;

	sdes_make(&key, SRTP_CM_128_80);
	s = leg(&key, &key);
	for (size_t at = 0; at < RTP_HEADER + VOICE + 10; at++) {
		n = voice(p, (uint16_t)(100 + at), 77);
		CHECK_EQ(srtp_leg_seal(s, p, &n, false), 0);
		memcpy(q, p, n);
		m = n;
		q[at] ^= 0x10;
		CHECK_EQ(srtp_leg_open(s, q, &m, false, 0), -EBADMSG);
		CHECK_EQ(srtp_leg_open(s, p, &n, false, 0), 0);
	}
	n = voice(p, 1000, 77);
	CHECK_EQ(srtp_leg_seal(s, p, &n, false), 0);
	memcpy(q, p, n);
	m = n;
	CHECK_EQ(srtp_leg_open(s, p, &n, false, 0), 0);
	CHECK_EQ(srtp_leg_open(s, q, &m, false, 0), -EBADMSG);
	/* A number that went out must not go out again. */
	n = voice(p, 1000, 77);
	CHECK_EQ(srtp_leg_seal(s, p, &n, false), -EBADMSG);
	for (n = 0; n < RTP_HEADER; n++) {
		m = n;
		CHECK_EQ(srtp_leg_open(s, p, &m, false, 0), -EBADMSG);
	}
	m = RTP_MAX + 1;
	CHECK_EQ(srtp_leg_open(s, p, &m, false, 0), -EBADMSG);
	srtp_leg_free(s);
}

static void say(struct srtp_leg *from, struct srtp_leg *to, uint16_t seq,
		uint32_t ssrc, uint64_t now_ms, int result)
{
	uint8_t p[RTP_MAX + SRTP_MORE];
	size_t n = voice(p, seq, ssrc);

	CHECK_EQ(srtp_leg_seal(from, p, &n, false), 0);
	CHECK_EQ(srtp_leg_open(to, p, &n, false, now_ms), result);
}

/* The same again changes nothing; another one ends the first, but not at
   once. */
static void keys_change(void)
{
	struct sdes a, b, ours;
	struct srtp_leg *old, *new, *s;
	struct srtp_keys keys;

	sdes_make(&a, SRTP_CM_128_80);
	sdes_make(&b, SRTP_GCM_256);
	sdes_make(&ours, SRTP_CM_128_80);
	old = leg(&ours, &a);
	new = leg(&ours, &b);
	s = leg(&a, &ours);
	say(old, s, 65535, 77, 0, 0);
	say(old, s, 0, 77, 0, 0); /* the roll-over counter is 1 */
	keys = (struct srtp_keys){ .rx = a, .tx = ours };
	srtp_leg_set(s, &keys, 1000);
	say(old, s, 1, 77, 1000, 0);
	say(s, old, 1, 88, 1000, 0);
	keys.rx = b;
	srtp_leg_set(s, &keys, 2000);
	say(new, s, 5, 77, 2000, 0);
	say(old, s, 2, 77, 2000, 0);
	say(new, s, 6, 77, 3999, 0);
	say(old, s, 3, 77, 4000, -EBADMSG);
	say(new, s, 7, 77, 4000, 0);
	/* Ours went on. */
	say(s, old, 2, 88, 4000, 0);
	srtp_leg_free(old);
	srtp_leg_free(new);
	srtp_leg_free(s);
}

/* Who has the key cannot make us keep a stream for each number it invents:
   the one unheard for longest is forgotten, and so could be heard again. */
static void many_sources(void)
{
	struct sdes key, ours;
	struct srtp_leg *phone, *s;
	uint8_t first[RTP_MAX + SRTP_MORE], again[RTP_MAX + SRTP_MORE];
	size_t n, m;

	sdes_make(&key, SRTP_CM_128_80);
	sdes_make(&ours, SRTP_CM_128_80);
	phone = leg(&ours, &key);
	s = leg(&key, &ours);
	n = m = voice(first, 1, 1);
	CHECK_EQ(srtp_leg_seal(phone, first, &n, false), 0);
	memcpy(again, first, n);
	m = n;
	CHECK_EQ(srtp_leg_open(s, first, &n, false, 0), 0);
	memcpy(first, again, m);
	for (uint32_t i = 2; i <= SRTP_SSRCS; i++)
		say(phone, s, 1, i, 0, 0);
	n = m;
	CHECK_EQ(srtp_leg_open(s, first, &n, false, 0), -EBADMSG);
	memcpy(first, again, m);
	say(phone, s, 1, 1000, 0, 0);
	n = m;
	CHECK_EQ(srtp_leg_open(s, first, &n, false, 0), 0);
	srtp_leg_free(phone);
	srtp_leg_free(s);
}

/* What a phone sends with an MKI is opened with it. */
static void key_identifier(void)
{
	struct sdes key;
	struct srtp_leg *s, *phone;
	uint8_t p[RTP_MAX + SRTP_MORE];
	size_t n;

	CHECK_EQ(sdes_read(&key, "1 AES_CM_128_HMAC_SHA1_80 inline:"
				 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
				 "|2^31|513:2"),
		 0);
	s = leg(&key, &key);
	key.mki_bytes = 0;
	phone = leg(&key, &key);
	n = voice(p, 1, 77);
	CHECK_EQ(srtp_leg_seal(phone, p, &n, false), 0);
	/* It stands before the tag (RFC 3711 section 3.1). */
	memmove(p + n - 8, p + n - 10, 10);
	p[n - 10] = 2;
	p[n - 9] = 1;
	n += 2;
	CHECK_EQ(srtp_leg_open(s, p, &n, false, 0), 0);
	CHECK_EQ(n, RTP_HEADER + VOICE);
	say(phone, s, 2, 77, 0, -EBADMSG); /* it has none */
	srtp_leg_free(s);
	srtp_leg_free(phone);
}

static void without_keys(void)
{
	struct srtp_leg *s = srtp_leg_new();
	uint8_t p[RTP_MAX + SRTP_MORE];
	size_t n = voice(p, 1, 77);

	CHECK(s);
	CHECK_EQ(srtp_leg_seal(s, p, &n, false), -EBADMSG);
	CHECK_EQ(srtp_leg_open(s, p, &n, false, 0), -EBADMSG);
	srtp_leg_free(s);
	srtp_leg_free(NULL);
}

int main(void)
{
	void *library = NULL;

	CHECK_EQ(srtp_start(&library), 0);
	CHECK_EQ(srtp_start(&library), 0);
	as_the_rfc_says();
	every_suite();
	what_is_not_the_phones();
	keys_change();
	many_sources();
	key_identifier();
	without_keys();
	srtp_stop(library);
	return 0;
}

/*
 * SDP (RFC 8866) as far as a telephone needs it: one audio stream relayed,
 * everything else understood only well enough to refuse it politely. Strict
 * and bounded: what is parsed fits one struct without pointers, what is
 * written is made from that struct alone, so that nothing a peer wrote passes
 * to another peer but codec parameters (see sdp_fmtp_ok()).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "codec.h"
#include "sdes.h"

enum {
	SDP_MAX = 8192, /* bytes of a whole description */
	SDP_LINE_MAX = 1024,
	SDP_MEDIA_MAX = 8,
	SDP_FMT_MAX = 24,
	SDP_FMTP_MAX = 96,
	SDP_PT_DYNAMIC = 96,
	SDP_WHY = 96,
	SDP_CRYPTO_MAX = 8,
};

/* RFC 4566 section 6, seen from the one who wrote it. */
enum sdp_dir {
	SDP_INACTIVE = 0,
	SDP_SENDONLY = 1,
	SDP_RECVONLY = 2,
	SDP_SENDRECV = 3,
};

struct sdp_fmt {
	uint8_t pt;
	uint8_t codec; /* enum codec, or CODEC_NONE: we do not know it */
	char fmtp[SDP_FMTP_MAX]; /* "" when there is none, or not kept */
};

/* A stream that we only refuse keeps what its answer must repeat. */
struct sdp_media {
	char type[16];  /* "audio", "video" ... */
	char proto[24]; /* "RTP/AVP" */
	char fmts[24];  /* the first format as written */
	uint16_t port;  /* 0: refused, or switched off */
};

struct sdp {
	uint64_t session;
	uint64_t version; /* o= */
	uint8_t n_media;
	uint8_t audio; /* index of the stream we relay; n_media: none */
	struct sdp_media media[SDP_MEDIA_MAX];

	/* of the audio stream */
	struct addr addr; /* family 0: c=0.0.0.0, the old hold */
	uint16_t port;
	uint16_t rtcp_port; /* a=rtcp, or port + 1 */
	bool rtcp_mux;
	enum sdp_dir dir;
	uint16_t ptime_ms; /* 0: not said */
	uint16_t maxptime_ms;
	uint8_t n_fmts;
	struct sdp_fmt fmts[SDP_FMT_MAX];
	/* Keys that could be taken; secret, whoever holds them wipes them. */
	uint8_t n_crypto;
	struct sdes crypto[SDP_CRYPTO_MAX];
};

/* Which of its audio streams is the one we relay? */
enum sdp_profiles {
	SDP_PLAIN, /* the first over RTP/AVP(F) */
	SDP_ANY,   /* that, or over RTP/SAVP(F) */
};

/*
 * Reads n bytes. Returns 0; -EINVAL and in `why` the line and what is wrong
 * with it ("line 4: no address") without any byte of the peer's. A
 * description without usable audio is no error: audio == n_media then. A key
 * that is not to be taken is left out, as is one that repeats a tag.
 */
int sdp_read(struct sdp *s, const uint8_t *bytes, size_t n,
	     enum sdp_profiles profiles, char why[SDP_WHY]);

/*
 * Writes s as ours: o= with session and version, our address for everything.
 * Returns the length, or -ENOSPC.
 */
int sdp_write(const struct sdp *s, uint8_t *out, size_t size);

/* Only letters, digits and "=;,-./ _+", no empty value, no more than fits. */
bool sdp_fmtp_ok(const char *text, size_t n);

/* Is the stream's profile RTP/SAVP or RTP/SAVPF (RFC 3711 section 12)? */
bool sdp_is_secure(const struct sdp_media *m);

/* What the other side of the stream may do: sendonly <-> recvonly. */
enum sdp_dir sdp_dir_reverse(enum sdp_dir d);

/* Where this format stands in fmts, by codec; NULL: not there. */
const struct sdp_fmt *sdp_find(const struct sdp *s, enum codec c);

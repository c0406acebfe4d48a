/*
 * The codecs we know by name, what SDP says of them, and which we can speak
 * ourselves. A codec that is only relayed needs no library.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum codec {
	CODEC_PCMU,
	CODEC_PCMA,
	CODEC_G722,
	CODEC_GSM,
	CODEC_G729,
	CODEC_OPUS,
	CODEC_EVENT8,  /* RFC 4733 telephone-event at 8000 Hz */
	CODEC_EVENT48, /* the same beside Opus */
	CODEC_COUNT,
	CODEC_NONE = 255,
};

enum {
	CODEC_SAMPLE_HZ = 8000, /* of sound inside mediad */
};

struct codec_info {
	const char *name;  /* as in a=rtpmap */
	uint32_t clock_hz; /* of the RTP timestamp */
	uint8_t channels;  /* as in a=rtpmap; 0: not said */
	uint8_t fixed_pt;  /* RFC 3551, or CODEC_NONE */
	bool event;
	bool spoken; /* sound.h encodes and decodes it */
	/* ITU-T G.113: equipment impairment, robustness against loss. */
	uint8_t ie;
	uint8_t bpl;
};

const struct codec_info *codec_info(enum codec c);

/* By a=rtpmap's name, clock and channels (0: not said). CODEC_NONE: unknown. */
enum codec codec_find(const char *name, uint32_t clock_hz, uint8_t channels);

/* By the number alone (RFC 3551 table 4). */
enum codec codec_fixed(uint8_t pt);

/*
 * The place of a codec in a list like "opus;g722;pcma", from 0; -1: it is not
 * in it. An empty list prefers none: all are at 0. telephone-event is never in
 * a list.
 */
int codec_rank(const char *list, enum codec c);

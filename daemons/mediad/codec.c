#include "codec.h"

#include <string.h>
#include <strings.h>

#include "sdp.h"

static const struct codec_info infos[CODEC_COUNT] = {
	[CODEC_PCMU] = { "PCMU", 8000, 0, 0, false, true, 0, 25 },
	[CODEC_PCMA] = { "PCMA", 8000, 0, 8, false, true, 0, 25 },
	/* RFC 3551 section 4.5.2: the clock of G722 is 8000 by an old error. */
	[CODEC_G722] = { "G722", 8000, 0, 9, false, true, 0, 25 },
	[CODEC_GSM] = { "GSM", 8000, 0, 3, false, true, 20, 10 },
	[CODEC_G729] = { "G729", 8000, 0, 18, false, false, 11, 19 },
	[CODEC_OPUS] = { "opus", 48000, 2, CODEC_NONE, false, true, 0, 25 },
	[CODEC_EVENT8] = { "telephone-event", 8000, 0, CODEC_NONE, true },
	[CODEC_EVENT48] = { "telephone-event", 48000, 0, CODEC_NONE, true },
};

const struct codec_info *codec_info(enum codec c)
{
	return c < CODEC_COUNT ? &infos[c] : NULL;
}

enum codec codec_find(const char *name, uint32_t clock_hz, uint8_t channels)
{
	for (int i = 0; i < CODEC_COUNT; i++) {
		const struct codec_info *in = &infos[i];
		uint8_t want = in->channels ? in->channels : 1;

		if (clock_hz == in->clock_hz && !strcasecmp(name, in->name) &&
		    (channels ? channels : 1) == want)
			return (enum codec)i;
	}
	return CODEC_NONE;
}

enum codec codec_fixed(uint8_t pt)
{
	for (int i = 0; i < CODEC_COUNT; i++) {
		if (infos[i].fixed_pt == pt && pt < SDP_PT_DYNAMIC)
			return (enum codec)i;
	}
	return CODEC_NONE;
}

int codec_rank(const char *list, enum codec c)
{
	const char *name = infos[c].name;
	size_t len = strlen(name);
	int rank = 0;

	if (infos[c].event)
		return -1;
	if (!*list)
		return 0;
	while (*list) {
		size_t n = strcspn(list, ";");

		if (n == len && !strncasecmp(list, name, n))
			return rank;
		rank++;
		list += n;
		list += *list == ';';
	}
	return -1;
}

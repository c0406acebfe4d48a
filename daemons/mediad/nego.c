#include "nego.h"

#include <errno.h>
#include <string.h>

#include "leg.h"

static bool is_event(enum codec c)
{
	const struct codec_info *in = codec_info(c);

	return in && in->event;
}

static bool is_sound(enum codec c)
{
	const struct codec_info *in = codec_info(c);

	return in && !in->event;
}

static bool spoken(enum codec c)
{
	const struct codec_info *in = codec_info(c);

	return in && in->spoken;
}

static void add(struct sdp *out, uint8_t pt, enum codec c, const char *fmtp)
{
	struct sdp_fmt *f = &out->fmts[out->n_fmts];

	if (out->n_fmts == SDP_FMT_MAX)
		return;
	out->n_fmts++;
	*f = (struct sdp_fmt){ .pt = pt, .codec = (uint8_t)c };
	memcpy(f->fmtp, fmtp, strnlen(fmtp, SDP_FMTP_MAX - 1) + 1);
}

enum codec nego_codec(const struct sdp *s)
{
	for (unsigned i = 0; i < s->n_fmts; i++) {
		if (is_sound((enum codec)s->fmts[i].codec))
			return (enum codec)s->fmts[i].codec;
	}
	return CODEC_NONE;
}

void nego_normalize(struct sdp *s)
{
	if (!s->addr.family)
		s->dir &= SDP_SENDONLY;
}

/* The sound codecs of `from` in the order of the list. */
static void add_listed(const struct sdp *from, const char *list,
		       enum codec only, struct sdp *out)
{
	for (int rank = 0; rank < 32; rank++) {
		for (unsigned i = 0; i < from->n_fmts; i++) {
			const struct sdp_fmt *f = &from->fmts[i];
			enum codec c = (enum codec)f->codec;

			if (!is_sound(c) || codec_rank(list, c) != rank ||
			    sdp_find(out, c) ||
			    (only != CODEC_NONE && only != c))
				continue;
			add(out, f->pt, c, f->fmtp);
		}
	}
}

static void add_events(const struct sdp *from, struct sdp *out)
{
	static const enum codec events[] = { CODEC_EVENT8, CODEC_EVENT48 };

	for (unsigned i = 0; i < 2; i++) {
		const struct sdp_fmt *f = sdp_find(from, events[i]);

		if (f && !sdp_find(out, events[i]) &&
		    (events[i] == CODEC_EVENT8 || sdp_find(out, CODEC_OPUS)))
			add(out, f->pt, events[i], f->fmtp);
	}
}

/* A dynamic number that neither description uses. */
static uint8_t free_pt(const struct sdp *a, const struct sdp *b)
{
	for (unsigned pt = SDP_PT_DYNAMIC; pt < 128; pt++) {
		bool used = false;

		for (unsigned i = 0; i < a->n_fmts; i++)
			used |= a->fmts[i].pt == pt;
		for (unsigned i = 0; i < b->n_fmts; i++)
			used |= b->fmts[i].pt == pt;
		if (!used)
			return (uint8_t)pt;
	}
	return 127;
}

static void add_spoken(const struct sdp *avoid, const char *list,
		       struct sdp *out)
{
	for (int rank = 0; rank < 32; rank++) {
		for (int c = 0; c < CODEC_COUNT; c++) {
			const struct codec_info *in = codec_info((enum codec)c);

			if (!in->spoken ||
			    codec_rank(list, (enum codec)c) != rank)
				continue;
			add(out,
			    in->fixed_pt != CODEC_NONE ? in->fixed_pt
						       : free_pt(avoid, out),
			    (enum codec)c, "");
		}
	}
}

static bool can_translate(const struct sdp *s, enum codec only)
{
	if (only != CODEC_NONE)
		return spoken(only);
	for (unsigned i = 0; i < s->n_fmts; i++) {
		if (spoken((enum codec)s->fmts[i].codec))
			return true;
	}
	return false;
}

int nego_offer(const struct sdp *offer, const char *list, enum codec only,
	       struct sdp *out)
{
	out->n_fmts = 0;
	out->dir = offer->dir;
	out->ptime_ms = offer->ptime_ms;
	out->maxptime_ms = offer->maxptime_ms;
	add_listed(offer, list, only, out);
	if (!out->n_fmts) {
		if (!can_translate(offer, only))
			return -ENOTSUP;
		add_spoken(offer, list, out);
		out->ptime_ms = SOUND_FRAME * 1000 / CODEC_SAMPLE_HZ;
		out->maxptime_ms = 0;
	}
	if (!out->n_fmts)
		return -ENOTSUP;
	add_events(offer, out);
	return 0;
}

int nego_own(const char *list, struct sdp *out)
{
	struct sdp none = { 0 };

	out->n_fmts = 0;
	out->dir = SDP_SENDRECV;
	out->ptime_ms = SOUND_FRAME * 1000 / CODEC_SAMPLE_HZ;
	out->maxptime_ms = 0;
	add_spoken(&none, list, out);
	if (!out->n_fmts)
		return -ENOTSUP;
	add(out, 101, CODEC_EVENT8, "0-15");
	return 0;
}

int nego_check(struct sdp *answer, const struct sdp *asked)
{
	unsigned kept = 0;

	if (answer->audio == answer->n_media)
		return -ENOTSUP;
	if (answer->audio != asked->audio)
		return -EINVAL;
	for (unsigned i = 0; i < answer->n_fmts; i++) {
		enum codec c = (enum codec)answer->fmts[i].codec;

		if (c != CODEC_NONE && sdp_find(asked, c))
			answer->fmts[kept++] = answer->fmts[i];
	}
	answer->n_fmts = (uint8_t)kept;
	return nego_codec(answer) == CODEC_NONE ? -ENOTSUP : 0;
}

/* Of the offer's formats the first that we speak and may. When we answer
   ourselves, the cheap ones first. */
static const struct sdp_fmt *pick_spoken(const struct sdp *offer,
					 const char *list, enum codec only)
{
	static const enum codec order[] = { CODEC_PCMA, CODEC_PCMU, CODEC_G722,
					    CODEC_GSM, CODEC_OPUS };
	const struct sdp_fmt *best = NULL;
	int best_rank = 0;

	for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++) {
		const struct sdp_fmt *f = sdp_find(offer, order[i]);
		int rank = codec_rank(list, order[i]);
		bool cheap = i < 3;

		if (!f || rank < 0 || (only != CODEC_NONE && only != order[i]))
			continue;
		if (!best || (cheap && rank < best_rank)) {
			best = f;
			best_rank = rank;
		}
	}
	return best;
}

int nego_answer(const struct sdp *offer, const struct sdp *answer,
		const char *list, enum codec only, struct sdp *out)
{
	const struct sdp_fmt *f;

	out->n_fmts = 0;
	out->dir = sdp_dir_reverse(offer->dir);
	out->ptime_ms = offer->ptime_ms;
	out->maxptime_ms = 0;
	if (answer) {
		out->dir &= answer->dir;
		out->ptime_ms = answer->ptime_ms;
	}
	for (unsigned i = 0; answer && i < answer->n_fmts; i++) {
		enum codec c = (enum codec)answer->fmts[i].codec;

		f = sdp_find(offer, c);
		if (f && is_sound(c) && (only == CODEC_NONE || only == c))
			add(out, f->pt, c, answer->fmts[i].fmtp);
	}
	if (!out->n_fmts) {
		f = pick_spoken(offer, answer ? "" : list, only);
		if (!f || (answer && !can_translate(answer, CODEC_NONE)))
			return -ENOTSUP;
		add(out, f->pt, (enum codec)f->codec, "");
		out->ptime_ms = SOUND_FRAME * 1000 / CODEC_SAMPLE_HZ;
	}
	for (unsigned i = 0; i < offer->n_fmts; i++) {
		enum codec c = (enum codec)offer->fmts[i].codec;

		if (is_event(c) && (!answer || sdp_find(answer, c)) &&
		    !sdp_find(out, c) &&
		    (c == CODEC_EVENT8 || sdp_find(out, CODEC_OPUS)))
			add(out, offer->fmts[i].pt, c, "0-15");
	}
	return 0;
}

void nego_conf(const struct sdp *theirs, const struct sdp *ours,
	       struct leg_conf *conf)
{
	memset(conf->rx_codec, CODEC_NONE, sizeof(conf->rx_codec));
	memset(conf->tx_pt, CODEC_NONE, sizeof(conf->tx_pt));
	conf->codec = CODEC_NONE;
	for (unsigned i = 0; i < ours->n_fmts; i++) {
		const struct sdp_fmt *our = &ours->fmts[i];
		enum codec c = (enum codec)our->codec;
		const struct sdp_fmt *their = sdp_find(theirs, c);

		if (!their)
			continue;
		conf->rx_codec[our->pt] = (uint8_t)c;
		conf->tx_pt[c] = their->pt;
	}
	/* Their order is that of the answer where they answered; where we did,
	   ours holds only what we chose, in our order. */
	for (unsigned i = 0; i < theirs->n_fmts; i++) {
		const struct sdp_fmt *their = &theirs->fmts[i];
		enum codec c = (enum codec)their->codec;

		if (c == CODEC_NONE || conf->tx_pt[c] == CODEC_NONE)
			continue;
		/* Some phones send with the number of their own SDP. */
		if (conf->rx_codec[their->pt] == CODEC_NONE)
			conf->rx_codec[their->pt] = (uint8_t)c;
		if (conf->codec == CODEC_NONE && spoken(c))
			conf->codec = (uint8_t)c;
	}
	conf->sends = theirs->dir & SDP_SENDONLY;
	conf->receives = theirs->dir & SDP_RECVONLY;
	conf->rtcp_mux = theirs->rtcp_mux && ours->rtcp_mux;
	conf->rtcp_port = theirs->rtcp_port;
}

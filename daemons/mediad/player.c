#include "player.h"

#include <string.h>

#include "clip.h"

void playlist_unref(struct playlist *l)
{
	while (l->n)
		clip_unref(l->clips[--l->n]);
}

void player_stop(struct player *p)
{
	playlist_unref(&p->list);
	*p = (struct player){ 0 };
}

void player_start(struct player *p, const struct playlist *list)
{
	player_stop(p);
	p->list = *list;
	p->on = true;
}

/* The clip that plays now; NULL at the end of the last round. */
static struct clip *current(struct player *p)
{
	uint32_t rounds = 0;

	while (p->at == p->list.n ||
	       p->sample >= clip_samples(p->list.clips[p->at])) {
		p->sample = 0;
		if (p->at < p->list.n)
			p->at++;
		if (p->at < p->list.n)
			continue;
		/* Empty clips alone must not turn round for ever. */
		if (!p->list.n || !p->list.repeat || rounds++)
			return NULL;
		p->list.repeat--;
		p->at = 0;
	}
	return p->list.clips[p->at];
}

bool player_frame(struct player *p, int16_t pcm[SOUND_FRAME])
{
	size_t have = 0;

	while (have < SOUND_FRAME) {
		struct clip *c = current(p);
		size_t n = SOUND_FRAME - have;

		if (!c)
			break;
		if (n > clip_samples(c) - p->sample)
			n = clip_samples(c) - p->sample;
		memcpy(pcm + have, clip_pcm(c) + p->sample, n * sizeof(*pcm));
		p->sample += (uint32_t)n;
		have += n;
	}
	if (!have) {
		player_stop(p);
		return false;
	}
	memset(pcm + have, 0, (SOUND_FRAME - have) * sizeof(*pcm));
	return true;
}

/* Clips one after the other, 20 ms at a time, for one leg. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "prompts.h"
#include "sound.h"

struct clip;

struct playlist {
	struct clip *clips[PROMPTS_LIST]; /* a reference each */
	uint32_t n;
	uint32_t repeat; /* how often again after the first time */
	uint32_t id;     /* for the one who asked */
};

struct player {
	struct playlist list;
	uint32_t at;     /* clip */
	uint32_t sample; /* in it */
	bool on;
};

/* Takes over the list's references; what played before is dropped. */
void player_start(struct player *p, const struct playlist *list);
void player_stop(struct player *p);

/* The next 20 ms. False: the list has ended (and the player is off). */
bool player_frame(struct player *p, int16_t pcm[SOUND_FRAME]);

void playlist_unref(struct playlist *l);

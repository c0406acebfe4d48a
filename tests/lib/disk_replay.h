/*
 * A power cut at any point of what disk_record.h wrote down: the file as it
 * would stand on the disk then, in three ways.
 */
#pragma once

#include "disk_record.h"

enum disk_way {
	DISK_ALL_WRITTEN, /* all that was written is there */
	DISK_ONLY_SYNCED, /* only what was synced is there */
	DISK_BY_CHANCE,   /* of the rest, sectors by chance */
	DISK_N_WAYS
};

struct disk_replay {
	const char *path; /* the caller's */
	uint8_t *before;
	uint8_t *image;
	size_t n_before;
	size_t room;
	const struct disk_op *ops;
};

/* Keeps the file as it is (at most `room` bytes, also later) and records. */
void disk_replay_begin(struct disk_replay *r, const char *path, size_t room);
/* Ends the recording: so many operations, which is the last cut. */
size_t disk_replay_end(struct disk_replay *r);
/* Writes the file as it is after `cut` operations. */
void disk_replay_cut(struct disk_replay *r, size_t cut, enum disk_way way);
void disk_replay_free(struct disk_replay *r);

#include "disk_replay.h"

#include "check.h"

enum { SECTOR = 512 };

static void write_op(struct disk_replay *r, size_t *size,
		     const struct disk_op *op)
{
	size_t end_at = (size_t)op->at + op->size;

	CHECK(end_at <= r->room);
	memcpy(r->image + op->at, op->data, op->size);
	if (end_at > *size)
		*size = end_at;
}

static void write_by_chance(struct disk_replay *r, size_t *size,
			    const struct disk_op *op, uint32_t *dice)
{
	struct disk_op sector;

	for (size_t at = 0; at < op->size; at += SECTOR) {
		*dice = *dice * 1664525 + 1013904223;
		if (*dice >> 31)
			continue;
		sector = *op;
		sector.at += (off_t)at;
		sector.data += at;
		sector.size = op->size - at < SECTOR ? op->size - at : SECTOR;
		write_op(r, size, &sector);
	}
}

void disk_replay_begin(struct disk_replay *r, const char *path, size_t room)
{
	FILE *in = fopen(path, "r");

	CHECK(in);
	*r = (struct disk_replay){ .path = path, .room = room };
	r->before = calloc(1, room);
	r->image = calloc(1, room);
	CHECK(r->before && r->image);
	r->n_before = fread(r->before, 1, room, in);
	CHECK(r->n_before > 0 && r->n_before < room);
	fclose(in);
	disk_record_start(path);
}

size_t disk_replay_end(struct disk_replay *r)
{
	return disk_record_stop(&r->ops);
}

static void save(const struct disk_replay *r, size_t size)
{
	FILE *out = fopen(r->path, "w");

	CHECK(out);
	CHECK_EQ(fwrite(r->image, 1, size, out), size);
	CHECK_EQ(fclose(out), 0);
}

void disk_replay_cut(struct disk_replay *r, size_t cut, enum disk_way way)
{
	uint32_t dice = (uint32_t)cut + 1;
	size_t size = r->n_before;
	size_t synced = 0;

	memcpy(r->image, r->before, r->room);
	for (size_t i = 0; i < cut; i++) {
		if (r->ops[i].sync)
			synced = i;
	}
	for (size_t i = 0; i < cut; i++) {
		const struct disk_op *op = &r->ops[i];

		if (op->sync)
			continue;
		if (way == DISK_ALL_WRITTEN || i < synced || op->through)
			write_op(r, &size, op);
		else if (way == DISK_BY_CHANCE)
			write_by_chance(r, &size, op, &dice);
	}
	save(r, size);
}

void disk_replay_free(struct disk_replay *r)
{
	disk_record_free();
	free(r->before);
	free(r->image);
}

#include "zone.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "zone_tail.h"

#define ZONES "/usr/share/zoneinfo/"

enum {
	FILE_MAX = 256 * 1024,
	HEAD = 44,
	TIMES_MAX = 10000,
	TYPES_MAX = 256,
};

/* From that moment on, so far from UTC. */
struct entry {
	int64_t from_s;
	int32_t offset_s;
};

struct zone {
	struct entry *entries;
	size_t n;
	int32_t first_s; /* before the first entry */
	struct zone_tail tail;
	bool has_tail;
};

/*
 * A file is two blocks, the second with times of 64 bits, and the rule between
 * two line ends (RFC 9636 section 3):
 *
 *   TZif version 15*0 | isutcnt isstdcnt leapcnt timecnt typecnt charcnt
 *   timecnt * time | timecnt * type | typecnt * (offset isdst name) | names |
 *   leapcnt * (time, correction) | isstdcnt | isutcnt
 */
struct head {
	uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool read_head(const uint8_t *p, size_t n, struct head *h)
{
	if (n < HEAD || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*h = (struct head){ be32(p + 20), be32(p + 24), be32(p + 28),
			    be32(p + 32), be32(p + 36), be32(p + 40) };
	return h->time <= TIMES_MAX && h->type >= 1 && h->type <= TYPES_MAX &&
	       h->chars <= FILE_MAX && h->isut <= TYPES_MAX &&
	       h->isstd <= TYPES_MAX && h->leap == 0;
}

static size_t block_bytes(const struct head *h, size_t time_bytes)
{
	return h->time * (time_bytes + 1) + h->type * 6 + h->chars + h->isstd +
	       h->isut;
}

static bool read_entries(struct zone *z, const uint8_t *p, const struct head *h)
{
	const uint8_t *kinds = p + (size_t)h->time * 8;
	const uint8_t *types = kinds + h->time;

	z->entries = calloc(h->time + 1, sizeof(*z->entries));
	if (!z->entries)
		return false;
	z->first_s = (int32_t)be32(types);
	for (; z->n < h->time; z->n++) {
		struct entry *e = &z->entries[z->n];

		if (kinds[z->n] >= h->type)
			return false;
		e->from_s = be64(p + z->n * 8);
		e->offset_s = (int32_t)be32(types + kinds[z->n] * 6);
		if (z->n && e->from_s <= e[-1].from_s)
			return false;
	}
	return true;
}

/* "\nRULE\n"; no rule: the last entry goes on. */
static bool read_tail(struct zone *z, const uint8_t *p, size_t n)
{
	const uint8_t *end;
	char text[128];
	size_t len;

	if (n < 2 || *p != '\n')
		return false;
	end = memchr(p + 1, '\n', n - 1);
	if (!end)
		return false;
	len = (size_t)(end - p) - 1;
	if (!len)
		return true;
	if (len >= sizeof(text))
		return false;
	memcpy(text, p + 1, len);
	text[len] = '\0';
	z->has_tail = true;
	return zone_tail_parse(&z->tail, text) == 0;
}

static bool offset_is_sane(int32_t offset_s)
{
	return offset_s > -26 * 3600 && offset_s < 26 * 3600;
}

static bool is_sane(const struct zone *z)
{
	for (size_t i = 0; i < z->n; i++)
		if (!offset_is_sane(z->entries[i].offset_s))
			return false;
	return offset_is_sane(z->first_s) &&
	       offset_is_sane(z->tail.standard_s) &&
	       offset_is_sane(z->tail.daylight_s);
}

struct zone *zone_parse(const uint8_t *bytes, size_t n)
{
	struct zone *z = calloc(1, sizeof(*z));
	struct head h;
	size_t at;

	if (!z)
		return NULL;
	if (!read_head(bytes, n, &h))
		goto wrong;
	at = HEAD + block_bytes(&h, 4);
	if (at > n || !read_head(bytes + at, n - at, &h))
		goto wrong;
	at += HEAD;
	if (block_bytes(&h, 8) > n - at || !read_entries(z, bytes + at, &h))
		goto wrong;
	at += block_bytes(&h, 8);
	if (!read_tail(z, bytes + at, n - at) || !is_sane(z))
		goto wrong;
	return z;
wrong:
	zone_free(z);
	return NULL;
}

void zone_free(struct zone *z)
{
	if (!z)
		return;
	free(z->entries);
	free(z);
}

int32_t zone_offset(const struct zone *z, int64_t utc_s)
{
	size_t low = 0, high = z->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (z->entries[mid].from_s <= utc_s)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == z->n && z->has_tail)
		return zone_tail_offset(&z->tail, utc_s);
	return low ? z->entries[low - 1].offset_s : z->first_s;
}

/* A name of the database, and no way out of its folder. */
static bool name_is_clean(const char *name)
{
	return *name != '/' && !strstr(name, "..") &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_+-/")];
}

static struct zone *read_file(const char *path)
{
	FILE *f = fopen(path, "rbe");
	struct zone *z = NULL;
	uint8_t *bytes = NULL;
	struct stat st;
	size_t n;

	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= FILE_MAX)
		bytes = malloc((size_t)st.st_size + 1);
	if (bytes) {
		n = fread(bytes, 1, (size_t)st.st_size, f);
		z = zone_parse(bytes, n);
	}
	free(bytes);
	(void)fclose(f);
	return z;
}

/* The box's own; UTC where nobody has said. */
static struct zone *load_own(void)
{
	const char *tz = getenv("TZ");
	struct zone *z = NULL;
	char path[160];

	if (tz && *tz == ':')
		tz++;
	if (tz && *tz && name_is_clean(tz)) {
		snprintf(path, sizeof(path), ZONES "%.100s", tz);
		z = read_file(path);
	}
	if (!z && (!tz || !*tz))
		z = read_file("/etc/localtime");
	if (z)
		return z;
	z = calloc(1, sizeof(*z));
	if (z && tz && zone_tail_parse(&z->tail, tz) == 0)
		z->has_tail = is_sane(z);
	return z;
}

struct zone *zone_load(const char *name, char *why, size_t why_size)
{
	struct zone *z = NULL;
	char path[160];

	if (!*name) {
		z = load_own();
		if (!z)
			snprintf(why, why_size, "not enough memory");
		return z;
	}
	if (name_is_clean(name)) {
		snprintf(path, sizeof(path), ZONES "%.100s", name);
		z = read_file(path);
	}
	if (!z)
		snprintf(why, why_size,
			 "there is no time zone \"%.64s\": write one as in "
			 "Europe/Paris, in these letters",
			 name);
	return z;
}

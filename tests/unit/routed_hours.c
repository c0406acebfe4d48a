/*
 * Zones against glibc, hours against tables and against a plain reference that
 * steps through time minute by minute.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "check.h"
#include "hours.h"
#include "zone.h"

#define ZONES "/usr/share/zoneinfo"

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static struct zone *zone(const char *name)
{
	char why[160];
	struct zone *z = zone_load(name, why, sizeof(why));

	CHECK(z);
	return z;
}

static void use_zone(const char *name)
{
	char tz[402];

	snprintf(tz, sizeof(tz), ":%s", name);
	CHECK_EQ(setenv("TZ", tz, 1), 0);
	tzset();
}

/* --- zones --- */

/* From 1970 on, two hundred years: past the end of every file. */
static void check_zone(const char *name, uint64_t *seed)
{
	struct zone *z = zone(name);
	struct tm tm;

	use_zone(name);
	for (int i = 0; i < 300; i++) {
		time_t t = (time_t)(((uint64_t)next(seed) << 20 | next(seed)) %
				    (200ULL * 365 * 86400));

		CHECK(localtime_r(&t, &tm));
		if (zone_offset(z, t) != tm.tm_gmtoff) {
			fprintf(stderr, "%s at %jd: %d, not %ld\n", name,
				(intmax_t)t, zone_offset(z, t), tm.tm_gmtoff);
			abort();
		}
	}
	zone_free(z);
}

static void each_zone(const char *folder, uint64_t *seed, unsigned *n)
{
	char path[512], name[400];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), ZONES "/%s", folder);
	d = opendir(path);
	CHECK(d);
	while ((e = readdir(d))) {
		snprintf(name, sizeof(name), "%.100s%s%.200s", folder,
			 *folder ? "/" : "", e->d_name);
		snprintf(path, sizeof(path), ZONES "/%s", name);
		if (e->d_name[0] == '.' || stat(path, &st) < 0)
			continue;
		/* right/ counts leap seconds, posix/ is all again. */
		if (S_ISDIR(st.st_mode) && strcmp(name, "right") != 0 &&
		    strcmp(name, "posix") != 0)
			each_zone(name, seed, n);
		if (!S_ISREG(st.st_mode) || strchr(e->d_name, '.') ||
		    strcmp(name, "leapseconds") == 0 ||
		    strcmp(name, "+VERSION") == 0 ||
		    strcmp(name, "localtime") == 0)
			continue;
		check_zone(name, seed);
		(*n)++;
	}
	closedir(d);
}

static void test_zones(void)
{
	uint64_t seed = 3;
	unsigned n = 0;

	each_zone("", &seed, &n);
	CHECK(n > 300);
}

static void test_no_zone(void)
{
	static const char *const names[] = {
		"Europe/Atlantis", "../../etc/passwd", "/etc/localtime",
		"Europe",          "zone.tab",         "Europe/Paris\n",
		"tzdata.zi",       "right/UTC",
	};
	char why[160];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		CHECK(!zone_load(names[i], why, sizeof(why)));
		CHECK(strstr(why, "there is no time zone"));
	}
}

static void test_own_zone(void)
{
	struct zone *z;

	use_zone("America/New_York");
	z = zone("");
	CHECK_EQ(zone_offset(z, 1782864000), -4 * 3600);
	zone_free(z);
	CHECK_EQ(setenv("TZ", "XYZ-3:30", 1), 0);
	z = zone("");
	CHECK_EQ(zone_offset(z, 1782864000), 3 * 3600 + 1800);
	zone_free(z);
}

/* --- hours --- */

static struct hours hours(const char *text)
{
	struct hours h = { .n = 0 };
	char why[200];

	if (hours_parse(&h, text, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", text, why);
		abort();
	}
	return h;
}

/* "2026-12-24T18:00:00Z" */
static int64_t utc(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	CHECK(end && !*end);
	return timegm(&tm);
}

static const char *const office = "mon-fri 09:00-18:00";

static const struct open_row {
	const char *hours, *zone, *at;
	bool open;
} open_rows[] = {
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-30T08:00:00Z",
	  true }, /* Monday, 9:00:00 */
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-30T07:59:59Z",
	  false },
	/* the end minute is excluded */
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-30T16:59:59Z", true },
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-30T17:00:00Z",
	  false },
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-28T10:00:00Z",
	  false }, /* Saturday */
	/* the same wall time, an hour earlier in summer */
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-06-29T07:00:00Z", true },
	{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-06-29T06:59:59Z",
	  false },
	/* over midnight: of the day it starts */
	{ "fri 22:00-06:00", "UTC", "2026-11-28T05:59:59Z", true },
	{ "fri 22:00-06:00", "UTC", "2026-11-28T06:00:00Z", false },
	{ "fri 22:00-06:00", "UTC", "2026-11-28T22:00:00Z", false },
	{ "fri 22:00-06:00", "UTC", "2026-11-27T05:00:00Z", false },
	{ "sat-mon 12:00-13:00", "UTC", "2026-11-29T12:00:00Z", true },
	{ "sat-mon 12:00-13:00", "UTC", "2026-12-01T12:00:00Z", false },
	{ "18:00-00:00", "UTC", "2026-11-28T23:59:59Z", true },
	{ "18:00-00:00", "UTC", "2026-11-28T00:00:00Z", false },
	{ "sat", "UTC", "2026-11-28T00:00:00Z", true },
	{ "sat", "UTC", "2026-11-29T00:00:00Z", false },
	{ "00:00-24:00", "UTC", "2026-11-29T23:59:59Z", true },
	{ "jul-aug mon-fri 09:00-13:00", "UTC", "2026-08-03T10:00:00Z", true },
	{ "jul-aug mon-fri 09:00-13:00", "UTC", "2026-09-03T10:00:00Z", false },
	{ "nov-feb", "UTC", "2026-01-03T10:00:00Z", true },
	{ "12-24..01-02 09:00-12:00", "UTC", "2027-01-02T11:00:00Z", true },
	{ "12-24..01-02 09:00-12:00", "UTC", "2027-01-03T11:00:00Z", false },
	{ "2026-12-24 09:00-12:00", "UTC", "2026-12-24T11:00:00Z", true },
	{ "2026-12-24 09:00-12:00", "UTC", "2027-12-24T11:00:00Z", false },
	/* a dated row over midnight reaches into the next day */
	{ "2026-12-31 22:00-02:00", "UTC", "2027-01-01T01:00:00Z", true },
	{ "mon,wed 8:00-9:00 10:00-11:00", "UTC", "2026-12-02T10:30:00Z",
	  true },
	{ "mon,wed 8:00-9:00 10:00-11:00", "UTC", "2026-12-02T09:30:00Z",
	  false },
	{ "", "UTC", "2026-12-02T09:30:00Z", false },
	{ " ; ;", "UTC", "2026-12-02T09:30:00Z", false },
	/* spring forward in Paris: 02:00 to 03:00 on 2026-03-29 */
	{ "sun 02:00-03:00", "Europe/Paris", "2026-03-29T00:59:59Z", false },
	{ "sun 02:00-03:00", "Europe/Paris", "2026-03-29T01:00:00Z", false },
	{ "sun 01:30-03:30", "Europe/Paris", "2026-03-29T01:29:59Z", true },
	{ "sun 01:30-03:30", "Europe/Paris", "2026-03-29T01:30:00Z", false },
	/* back in autumn: 03:00 to 02:00 on 2026-10-25, twice open */
	{ "sun 02:00-03:00", "Europe/Paris", "2026-10-25T00:30:00Z", true },
	{ "sun 02:00-03:00", "Europe/Paris", "2026-10-25T01:30:00Z", true },
	{ "sun 02:00-03:00", "Europe/Paris", "2026-10-25T02:00:00Z", false },
	/* the other half of the world, and half hours */
	{ "09:00-18:00", "Australia/Lord_Howe", "2026-01-14T22:00:00Z", true },
	{ "09:00-18:00", "Asia/Kathmandu", "2026-01-15T03:14:59Z", false },
	{ "09:00-18:00", "Asia/Kathmandu", "2026-01-15T03:15:00Z", true },
};

static void test_open(void)
{
	for (size_t i = 0; i < sizeof(open_rows) / sizeof(*open_rows); i++) {
		struct hours h = hours(open_rows[i].hours);
		struct zone *z = zone(open_rows[i].zone);

		if (hours_open(&h, z, NULL, utc(open_rows[i].at)) !=
		    open_rows[i].open) {
			fprintf(stderr, "%s in %s at %s\n", open_rows[i].hours,
				open_rows[i].zone, open_rows[i].at);
			abort();
		}
		zone_free(z);
	}
}

static void test_holidays(void)
{
	static const struct row {
		const char *hours, *at;
		bool open;
	} rows[] = {
		{ "mon-fri 09:00-18:00", "2026-12-25T10:00:00Z", false },
		{ "mon-fri 09:00-18:00", "2026-12-24T10:00:00Z", true },
		{ "mon-fri 09:00-18:00", "2031-12-25T10:00:00Z", false },
		{ "mon-fri 09:00-18:00", "2027-01-01T10:00:00Z", false },
		{ "mon-fri 09:00-18:00", "2028-12-31T10:00:00Z", false },
		{ "mon-fri 09:00-18:00", "2026-05-01T10:00:00Z", false },
		{ "mon-fri 09:00-18:00", "2028-05-01T10:00:00Z", true },
		/* the night before a holiday goes on, its own does not begin */
		{ "22:00-06:00", "2026-12-25T05:00:00Z", true },
		{ "22:00-06:00", "2026-12-25T23:00:00Z", false },
		{ "22:00-06:00", "2026-12-26T05:00:00Z", false },
	};
	static const char *const texts[] = { "12-25", "2026-05-01",
					     "12-30..01-02" };
	struct days days[3];
	struct holidays closed = { days, 3 };
	struct zone *z = zone("UTC");
	char why[200];

	for (size_t i = 0; i < 3; i++)
		CHECK_EQ(days_parse(&days[i], texts[i], why, sizeof(why)),
			 strlen(texts[i]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hours h = hours(rows[i].hours);

		CHECK_EQ(hours_open(&h, z, &closed, utc(rows[i].at)),
			 rows[i].open);
		CHECK(hours_open(&h, z, NULL, utc(rows[i].at)) ||
		      !rows[i].open);
	}
	zone_free(z);
}

static void test_refused(void)
{
	static const struct row {
		const char *hours, *why;
	} rows[] = {
		{ "mon-fry 09:00-18:00", "column 1: no weekday or month" },
		{ "tag 09:00-18:00", "column 1: no weekday or month" },
		{ "monday 09:00-18:00", "column 1: no weekday or month" },
		{ "mon-fri 9-18", "column 9: a date is written" },
		{ "mon-fri 09:00-18:60", "column 9: times are written" },
		{ "mon-fri 09:00-24:01", "column 9: times are written" },
		{ "mon-fri 24:00-02:00", "column 9: times are written" },
		{ "mon-fri 09:00", "column 9: times are written" },
		{ "mon-fri 09:00-9:00", "column 9: begins and ends at once" },
		{ "09:00-18:00 mon", "column 13: the times come last" },
		{ "mon 09:00-18:00; 12-32", "column 18: month 12 has no day "
					    "32" },
		{ "13-01", "column 1: there is no month 13" },
		{ "2027-02-29", "column 1: month 02 has no day 29" },
		{ "12-24..2026-12-26", "column 1: both dates" },
		{ "2026-12-26..2026-12-24", "column 1: the range of dates" },
		{ "12-24..", "column 1: a date is written" },
		{ "12-24-12-26", "column 1: a range of dates" },
		{ "12-24 12-26", "column 7: one date" },
		{ "mon ? 09:00-10:00", "column 5: write weekdays" },
	};
	struct hours h, before;
	char why[200], many[HOURS_TEXT] = "";

	memset(&h, 7, sizeof(h));
	before = h;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_EQ(hours_parse(&h, rows[i].hours, why, sizeof(why)),
			 -EINVAL);
		if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0) {
			fprintf(stderr, "%s: %s\n", rows[i].hours, why);
			abort();
		}
		CHECK(!memcmp(&h, &before, sizeof(h)));
	}
	for (int i = 0; i <= HOURS_ROWS; i++)
		strcat(many, "mon;");
	CHECK_EQ(hours_parse(&h, many, why, sizeof(why)), -EINVAL);
	CHECK(strstr(why, "more than 100 rows"));
}

/* --- the next change --- */

static void test_change(void)
{
	static const struct row {
		const char *hours, *zone, *at, *change;
	} rows[] = {
		{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-30T08:00:00Z",
		  "2026-11-30T17:00:00Z" },
		{ "mon-fri 09:00-18:00", "Europe/Paris", "2026-11-27T17:00:00Z",
		  "2026-11-30T08:00:00Z" },
		{ "2027-03-01", "UTC", "2026-11-27T17:00:00Z",
		  "2027-03-01T00:00:00Z" },
		/* the clock jumps into the row */
		{ "sun 02:30-05:00", "Europe/Paris", "2026-03-28T23:30:00Z",
		  "2026-03-29T01:00:00Z" },
		/* and over its end */
		{ "sun 00:00-02:30", "Europe/Paris", "2026-03-28T23:30:00Z",
		  "2026-03-29T01:00:00Z" },
	};
	struct zone *z;
	struct hours h;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		h = hours(rows[i].hours);
		z = zone(rows[i].zone);
		CHECK_EQ(hours_change(&h, z, NULL, utc(rows[i].at), 400),
			 utc(rows[i].change));
		zone_free(z);
	}
	h = hours("00:00-24:00");
	z = zone("UTC");
	CHECK_EQ(hours_change(&h, z, NULL, utc("2026-03-28T23:30:00Z"), 400),
		 0);
	h = hours(office);
	CHECK_EQ(hours_change(&h, z, NULL, utc("2026-11-27T18:00:00Z"), 1), 0);
	zone_free(z);
}

/* Is it open, by glibc's clock and the row's words alone? */
static bool plain_open(int from, int to, unsigned weekdays, int64_t utc_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;
	int minute, yesterday;

	CHECK(localtime_r(&t, &tm));
	minute = tm.tm_hour * 60 + tm.tm_min;
	yesterday = (tm.tm_wday + 6) % 7;
	if (from < to)
		return weekdays >> tm.tm_wday & 1 && minute >= from &&
		       minute < to;
	return (weekdays >> tm.tm_wday & 1 && minute >= from) ||
	       (weekdays >> yesterday & 1 && minute < to);
}

/* Three days around a change of clocks, minute by minute. */
static void check_days(const struct hours *h, const struct zone *z, int from,
		       int to, unsigned weekdays, int64_t start)
{
	int64_t change = hours_change(h, z, NULL, start - 1, 8);
	bool open = plain_open(from, to, weekdays, start - 1);

	for (int64_t t = start; t < start + 3 * 86400; t += 60) {
		bool now = plain_open(from, to, weekdays, t);

		CHECK_EQ(hours_open(h, z, NULL, t), now);
		if (now != open) {
			CHECK_EQ(change, t);
			change = hours_change(h, z, NULL, t, 8);
			open = now;
		}
		CHECK(!change || change > t);
	}
}

static void test_against_plain(const char *name, const char *start)
{
	static const char *const weekdays[] = { "sun", "mon", "tue", "wed",
						"thu", "fri", "sat" };
	struct zone *z = zone(name);
	uint64_t seed = 11;
	char text[40];

	use_zone(name);
	for (int i = 0; i < 60; i++) {
		int from = (int)(next(&seed) % 48) * 30;
		int to = (from + 30 + (int)(next(&seed) % 46) * 30) % 1440;
		unsigned day = next(&seed) % 7;
		struct hours h;

		if (from == to)
			continue;
		snprintf(text, sizeof(text), "%s-%s %02d:%02d-%02d:%02d",
			 weekdays[day], weekdays[(day + 2) % 7], from / 60,
			 from % 60, to / 60, to % 60);
		h = hours(text);
		check_days(&h, z, from, to,
			   1u << day | 1u << ((day + 1) % 7) |
				   1u << ((day + 2) % 7),
			   utc(start));
	}
	zone_free(z);
}

int main(void)
{
	test_zones();
	test_no_zone();
	test_own_zone();
	test_open();
	test_holidays();
	test_refused();
	test_change();
	test_against_plain("Europe/Paris", "2026-03-28T00:00:00Z");
	test_against_plain("Europe/Paris", "2026-10-24T00:00:00Z");
	test_against_plain("America/New_York", "2026-11-01T00:00:00Z");
	test_against_plain("Australia/Lord_Howe", "2026-04-04T00:00:00Z");
	test_against_plain("Africa/Casablanca", "2026-02-14T00:00:00Z");
	return 0;
}

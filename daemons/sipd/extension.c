#include "extension.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "addr.h"
#include "clock.h"
#include "log.h"
#include "password.h"
#include "records.h"
#include "seal.h"
#include "secret.h"
#include "store.h"
#include "table.h"
#include "watch.h"

#include "first_sheet.h"
#include "hidden.h"

enum {
	FIRST_NUMBER = 800,
	FIRST_COUNT = 10,
	TAG_BYTES = 32,
	LAPSE_EVERY_S = 600,
};

#define OLD_SECRET_MS (30ULL * 24 * 3600 * 1000)

/* How many extensions have the same password, by keyed tag (SPEC 2). */
struct shared {
	uint8_t tag[TAG_BYTES];
	unsigned n;
	UT_hash_handle hh;
};

struct extensions {
	struct extensions_config config;
	struct table *table;
	struct watch *web; /* for the company's name */
	struct shared *shared;
	struct event *lapse;
	struct event *regrade;
	unsigned first_left; /* rows of the first start not yet on disk */
	bool first_failed;
};

static struct shared *shared_find(const struct extensions *e,
				  const char *secret)
{
	uint8_t tag[TAG_BYTES];
	struct shared *s;

	seal_tag(e->config.seal, secret, tag);
	HASH_FIND(hh, e->shared, tag, sizeof(tag), s);
	return s;
}

static void shared_count(struct extensions *e, const char *secret, int by)
{
	struct shared *s = shared_find(e, secret);

	if (!s && by > 0) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
		seal_tag(e->config.seal, secret, s->tag);
		HASH_ADD(hh, e->shared, tag, sizeof(s->tag), s);
	}
	if (!s)
		return;
	s->n += (unsigned)by;
	if (s->n > 0)
		return;
	HASH_DEL(e->shared, s);
	free(s);
}

static const char *company(const struct extensions *e)
{
	const struct web_settings *web =
		e->web ? watch_get(e->web, web_settings_record.singleton)
		       : NULL;

	return web ? web->company : "";
}

/* The grade of a row's password; `others` have the same one. */
static void grade(const struct extensions *e, struct extension *row,
		  unsigned others)
{
	const char *words[] = { row->number, row->name, company(e), NULL };
	const char *weak = password_weak(row->secret, words);

	if (others > 0) {
		row->grade = EXTENSION_GRADE_SHARED;
		(void)snprintf(row->grade_why, sizeof(row->grade_why),
			       "shared with %u other%s", others,
			       others == 1 ? "" : "s");
	} else if (weak) {
		row->grade = EXTENSION_GRADE_WEAK;
		(void)snprintf(row->grade_why, sizeof(row->grade_why), "%s",
			       weak);
	} else {
		row->grade = EXTENSION_GRADE_STRONG;
		row->grade_why[0] = '\0';
	}
}

static int check_secret(const char *secret, struct issue *issue)
{
	for (const char *p = secret; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c == 0x7f)
			return issue_set(issue, "secret",
					 "control characters cannot be typed "
					 "into a phone");
	}
	return 0;
}

static int on_check(void *ctx, const void *old_row, void *new_row, bool force,
		    struct issue *issue)
{
	const struct extension *old = old_row;
	struct extensions *e = ctx;
	struct extension *row = new_row;
	struct shared *s;
	bool fresh;
	unsigned others;

	if (!old && !force &&
	    hidden_by_emergency(e->config.run_dir, row->number))
		return issue_set(issue, "number",
				 "%s is an emergency number: this extension "
				 "could never be called",
				 row->number);
	if (!row->secret[0]) {
		char made[PASSWORD_MADE];

		password_make(made);
		(void)snprintf(row->secret, sizeof(row->secret), "%s", made);
		secret_wipe(made, sizeof(made));
	}
	if (check_secret(row->secret, issue) < 0)
		return -EINVAL;
	fresh = !old || strcmp(old->secret, row->secret) != 0;
	if (fresh) {
		row->secret_set_ms = clock_wall_ms();
		if (old) {
			memcpy(row->old_secret, old->secret,
			       sizeof(row->old_secret));
			row->old_secret_until_ms =
				row->secret_set_ms + OLD_SECRET_MS;
		}
	}
	s = shared_find(e, row->secret);
	others = s ? s->n : 0;
	if (!fresh && others > 0)
		others--; /* itself */
	grade(e, row, others);
	return 0;
}

/*
 * Others that have a password of one that changed are shared now, or no longer;
 * what has a new company's name in it is weak. Once a turn of the loop, for
 * many rows may change in one transaction.
 */
static void on_regrade(evutil_socket_t fd, short what, void *arg)
{
	struct extensions *e = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < table_count(e->table); i++) {
		const struct extension *row = table_at(e->table, i);
		const struct shared *s = shared_find(e, row->secret);
		struct extension copy = *row;

		grade(e, &copy, s ? s->n - 1 : 0);
		if (copy.grade != row->grade ||
		    strcmp(copy.grade_why, row->grade_why) != 0)
			(void)table_put(e->table, "sipd", copy.number, &copy,
					NULL, NULL);
		secret_wipe(&copy, sizeof(copy));
	}
}

static void on_web(void *ctx)
{
	struct extensions *e = ctx;

	event_active(e->regrade, EV_TIMEOUT, 0);
}

/* A password that is nobody's any more. */
static void forget_secret(struct extensions *e, const struct extension *old)
{
	int rc = first_sheet_strike(e->config.state_dir, old->number);

	if (rc < 0)
		log_warn("first-extensions.csv still names the old password of "
			 "%s: %s: delete the file",
			 old->number, strerror(-rc));
	shared_count(e, old->secret, -1);
}

static void on_apply(void *ctx, struct table_change *change,
		     const void *old_row, const void *new_row)
{
	const struct extension *old = old_row, *row = new_row;
	struct extensions *e = ctx;

	if (!old || !row || strcmp(old->secret, row->secret) != 0) {
		if (old)
			forget_secret(e, old);
		if (row)
			shared_count(e, row->secret, 1);
		event_active(e->regrade, EV_TIMEOUT, 0);
	}
	e->config.changed(e->config.ctx, old, row);
	table_change_done(change, NULL);
}

/* Previous passwords are kept 30 days, not longer. */
static void on_lapse(evutil_socket_t fd, short what, void *arg)
{
	struct extensions *e = arg;
	uint64_t now = clock_wall_ms();

	(void)fd;
	(void)what;
	for (size_t i = 0; i < table_count(e->table); i++) {
		const struct extension *row = table_at(e->table, i);
		struct extension copy;

		if (!row->old_secret[0] || row->old_secret_until_ms > now)
			continue;
		copy = *row;
		secret_wipe(copy.old_secret, sizeof(copy.old_secret));
		copy.old_secret_until_ms = 0;
		(void)table_put(e->table, "sipd", copy.number, &copy, NULL,
				NULL);
		secret_wipe(&copy, sizeof(copy));
	}
}

static bool first_done_before(struct extensions *e)
{
	char value[8];
	size_t size = sizeof(value);

	return store_get(e->config.store, "sipd", (struct bytes){ "first", 5 },
			 value, &size) == 0;
}

static void first_mark(struct extensions *e)
{
	struct store_batch *b = store_batch_new(e->config.store);

	if (b &&
	    store_batch_put(b, "sipd", (struct bytes){ "first", 5 },
			    (struct bytes){ "done", 4 }) == 0 &&
	    store_commit(e->config.store, b, NULL, NULL) == 0)
		return;
	store_batch_free(b);
}

static void on_first_row(void *ctx, const struct issue *issue)
{
	struct extensions *e = ctx;

	if (issue) {
		e->first_failed = true;
		log_err("a first extension could not be kept: %s", issue->what);
	}
	if (--e->first_left == 0 && !e->first_failed)
		first_mark(e);
}

/* Makes what of 800-809 is missing. A start that was cut off in the middle is
   made good by the next one: the mark comes last. */
static int first_start(struct extensions *e, char *why, size_t why_size)
{
	struct extension row;
	char path[300], number[9];
	FILE *file = first_sheet_new(e->config.state_dir, path, sizeof(path));
	bool ok;

	if (!file) {
		(void)snprintf(why, why_size, "cannot write %s: %s", path,
			       strerror(errno));
		return -EIO;
	}
	ok = fprintf(file, "number,password\n") > 0;
	for (unsigned i = 0; i < FIRST_COUNT; i++) {
		const struct extension *there;

		(void)snprintf(number, sizeof(number), "%u", FIRST_NUMBER + i);
		there = table_get(e->table, number);
		record_init(&extension_record, &row);
		if (there) {
			row = *there;
		} else {
			memcpy(row.number, number, sizeof(number));
			password_make(row.secret);
			e->first_left++;
			if (table_put(e->table, "sipd", number, &row,
				      on_first_row, e) < 0)
				ok = false;
		}
		ok = fprintf(file, "%s,%s\n", number, row.secret) > 0 && ok;
	}
	secret_wipe(&row, sizeof(row));
	ok = fflush(file) == 0 && fsync(fileno(file)) == 0 && ok;
	ok = fclose(file) == 0 && ok;
	if (ok)
		return 0;
	(void)snprintf(why, why_size, "cannot write %s: is the disk full?",
		       path);
	return -EIO;
}

static const struct table_ops ops = {
	.check = on_check,
	.apply = on_apply,
};

static int open_table(struct extensions *e, char *why, size_t why_size)
{
	struct table_config config = {
		.record = &extension_record,
		.ops = &ops,
		.ctx = e,
		.bus = e->config.bus,
		.store = e->config.store,
		.seal = e->config.seal,
		.run_dir = e->config.run_dir,
	};

	e->table = table_open(&config, why, why_size);
	if (!e->table)
		return -EIO;
	for (size_t i = 0; i < table_count(e->table); i++) {
		const struct extension *row = table_at(e->table, i);

		shared_count(e, row->secret, 1);
	}
	return 0;
}

struct extensions *extensions_new(const struct extensions_config *config,
				  char *why, size_t why_size)
{
	struct timeval tv = { LAPSE_EVERY_S, 0 };
	struct extensions *e = calloc(1, sizeof(*e));

	(void)snprintf(why, why_size, "not enough memory");
	if (!e)
		return NULL;
	e->config = *config;
	e->regrade = event_new(config->base, -1, 0, on_regrade, e);
	if (!e->regrade)
		goto fail;
	e->web = watch_open(config->bus, config->run_dir, &web_settings_record,
			    on_web, e);
	if (!e->web || open_table(e, why, why_size) < 0)
		goto fail;
	if (!first_done_before(e) && first_start(e, why, why_size) < 0)
		goto fail;
	e->lapse = event_new(config->base, -1, EV_PERSIST, on_lapse, e);
	if (!e->lapse || event_add(e->lapse, &tv) < 0)
		goto fail;
	return e;
fail:
	extensions_free(e);
	return NULL;
}

void extensions_free(struct extensions *e)
{
	struct shared *s, *next;

	if (!e)
		return;
	watch_close(e->web);
	if (e->lapse)
		event_free(e->lapse);
	if (e->regrade)
		event_free(e->regrade);
	table_close(e->table);
	HASH_ITER(hh, e->shared, s, next)
	{
		HASH_DEL(e->shared, s);
		free(s);
	}
	free(e);
}

const struct extension *extensions_get(const struct extensions *e,
				       const char *number)
{
	return table_get(e->table, number);
}

static bool permits(const struct extension *row, const char *source)
{
	struct addr a;

	if (!row->permit_ip[0] || !source[0])
		return true;
	return addr_parse(&a, source) == 0 &&
	       prefix_list_contains(row->permit_ip, &a);
}

bool extensions_verify(const struct extensions *e, const char *number,
		       const char *secret, const char *source)
{
	const struct extension *row = table_get(e->table, number);
	uint8_t given[TAG_BYTES], kept[TAG_BYTES];
	bool equal;

	seal_tag(e->config.seal, secret, given);
	seal_tag(e->config.seal, row ? row->secret : "no such extension", kept);
	equal = secret_equal(given, sizeof(given), kept, sizeof(kept));
	return equal && row && row->enabled && permits(row, source);
}

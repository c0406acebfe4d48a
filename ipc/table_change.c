#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "table_impl.h"

void refuse(struct table_change *c, const char *name, const char *field,
	    const char *fmt, ...)
{
	struct issue *issue = &c->refusal.issue;
	va_list ap;

	c->refusal.name = name;
	snprintf(issue->field, sizeof(issue->field), "%s", field);
	va_start(ap, fmt);
	vsnprintf(issue->what, sizeof(issue->what), fmt, ap);
	va_end(ap);
}

struct table_change *change_new(struct table *t, size_t n_items)
{
	struct table_change *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->table = t;
	c->items = calloc(n_items ? n_items : 1, sizeof(*c->items));
	if (!c->items) {
		free(c);
		return NULL;
	}
	c->n_items = n_items;
	return c;
}

void change_free(struct table_change *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_items; i++) {
		record_wipe_free(c->table->r, c->items[i].old);
		record_wipe_free(c->table->r, c->items[i].row);
		free(c->items[i].made);
		free(c->items[i].changed);
	}
	bulk_free(c->table, c->bulk);
	free(c->items);
	free(c->moves);
	free(c);
}

const char *table_change_actor(const struct table_change *c)
{
	return c->actor;
}

bool table_change_own(const struct table_change *c)
{
	return c->own;
}

bool table_change_forced(const struct table_change *c)
{
	return c->force;
}

const char *table_check_actor(const struct table *t)
{
	const struct table_change *c = t->set->running;

	return c && c->table == t && !c->own ? c->actor : "";
}

bool table_check_before(const struct table *t, size_t i, const void **row)
{
	const struct table_change *c = t->set->running;

	if (!c || c->table != t || c->state != CHANGE_CHECKING || i >= c->at)
		return false;
	*row = c->items[i].row;
	return true;
}

bool table_change_more(const struct table_change *c)
{
	if (c->state != CHANGE_APPLYING)
		return true;
	for (size_t i = c->at + 1; i < c->n_items; i++) {
		if (!c->items[i].same)
			return true;
	}
	return false;
}

/* --- the steps; each returns with a new state, or waiting --- */

static void run(struct table_set *set);

static void on_committed(void *ctx, int err)
{
	struct table_change *c = ctx;
	struct table_set *set = c->table->set;

	c->waiting = false;
	if (err == 0) {
		set->seq = c->seq;
		c->table->seq = c->seq;
	}
	if (c->state == CHANGE_COMMITTING && err == 0) {
		c->at = 0;
		c->state = CHANGE_APPLYING;
	} else if (c->state == CHANGE_COMMITTING) {
		refuse(c, err == -ENOSPC ? "Full" : "Failed", "",
		       "cannot be saved: %s",
		       err == -ENOSPC ? "no room left" : strerror(-err));
		c->state = CHANGE_ENDING;
	} else {
		if (err < 0)
			log_err("table %s: a refused change cannot be taken "
				"back on disk: %s",
				c->table->r->name, strerror(-err));
		c->state = CHANGE_ENDING;
	}
	run(set);
}

static void commit(struct table_change *c, bool back)
{
	struct store *s = c->table->config.store;
	struct store_batch *b = c->bulk ? bulk_batch(c) : change_batch(c, back);
	int rc = b ? store_commit(s, b, on_committed, c) : -ENOMEM;

	c->state = back ? CHANGE_TAKING_BACK : CHANGE_COMMITTING;
	if (rc == 0) {
		c->waiting = true;
		return;
	}
	store_batch_free(b);
	if (!back)
		refuse(c, "Busy", "", "cannot be saved now: %s", strerror(-rc));
	else
		log_err("table %s: a refused change cannot be taken back on "
			"disk: %s",
			c->table->r->name, strerror(-rc));
	c->state = CHANGE_ENDING;
}

static bool is_admitted(struct table_change *c)
{
	const struct table_config *config = &c->table->config;
	int rc = 0;

	if (!c->own && config->ops && config->ops->admit)
		rc = config->ops->admit(config->ctx, c->actor,
					&c->refusal.issue);
	if (rc < 0)
		c->refusal.name = rc == -EBUSY ? "Busy" : "Invalid";
	return rc == 0;
}

static void check(struct table_change *c)
{
	bool same = true;

	if (!is_admitted(c)) {
		c->state = CHANGE_ENDING;
		return;
	}
	if (c->bulk && bulk_check(c, &same) < 0) {
		c->refusal.name =
			c->refusal.issue.what[0] ? "Invalid" : "Failed";
		c->state = CHANGE_ENDING;
		return;
	}
	for (size_t i = 0; i < c->n_items; i++) {
		c->at = i;
		if (item_check(c, i) == 0) {
			same = same && c->items[i].same;
			continue;
		}
		if (!c->each) {
			c->state = CHANGE_ENDING;
			return;
		}
		c->items[i].refusal = c->refusal;
		c->refusal = (struct refusal){ 0 };
	}
	c->at = 0;
	c->seq = c->table->seq;
	if (same || c->dry)
		c->state = CHANGE_ENDING;
	else
		commit(c, false);
}

static void call_owner(struct table_change *c, const void *old, const void *row)
{
	const struct table_config *config = &c->table->config;

	c->waiting = true;
	config->ops->apply(config->ctx, c, old, row);
}

static bool owner_applies(const struct table_change *c)
{
	return c->table->config.ops && c->table->config.ops->apply;
}

static void apply(struct table_change *c)
{
	struct item *it;

	if (c->bulk)
		bulk_install(c);
	if (c->at == c->n_items) {
		c->state = CHANGE_ENDING;
		return;
	}
	it = &c->items[c->at];
	if (it->same) {
		c->at++;
		return;
	}
	if (item_install(c, it) < 0) {
		refuse(c, "Failed", "", "no memory");
		c->state = CHANGE_UNDOING;
		return;
	}
	if (owner_applies(c))
		call_owner(c, it->old, table_get(c->table, it->key));
	else
		c->at++;
}

static void undo(struct table_change *c)
{
	struct item *it;

	if (c->at == 0) {
		commit(c, true);
		return;
	}
	it = &c->items[--c->at];
	if (it->same)
		return;
	item_uninstall(c, it);
	if (owner_applies(c))
		call_owner(c, it->row, table_get(c->table, it->key));
}

void table_change_done(struct table_change *c, const char *error)
{
	struct item *it = &c->items[c->at];

	assert(c->waiting);
	c->waiting = false;
	if (c->state == CHANGE_APPLYING && !error) {
		c->at++;
	} else if (c->state == CHANGE_APPLYING) {
		refuse(c, "Failed", "", "%s", error);
		item_uninstall(c, it);
		c->state = CHANGE_UNDOING;
	} else if (error) {
		log_err("table %s: row %s cannot be put back in force: %s",
			c->table->r->name, it->key, error);
	}
	run(c->table->set);
}

static void end(struct table_change *c)
{
	struct table_set *set = c->table->set;

	if (!c->refusal.name && !c->dry)
		c->bulk ? bulk_publish(c) : change_publish(c);
	set->running = NULL;
	c->end(c->ctx, c, &c->refusal);
	change_free(c);
}

static void step(struct table_change *c)
{
	switch (c->state) {
	case CHANGE_CHECKING:
		check(c);
		break;
	case CHANGE_APPLYING:
		apply(c);
		break;
	case CHANGE_UNDOING:
		undo(c);
		break;
	case CHANGE_ENDING:
		end(c);
		break;
	case CHANGE_COMMITTING:
	case CHANGE_TAKING_BACK:
		break; /* always waiting */
	}
}

void change_leave(struct table_change *c)
{
	struct table_set *set = c->table->set;
	struct row *row;

	STAILQ_REMOVE(&set->waiting, c, table_change, next);
	if (!c->own) {
		set->n_waiting--;
		return;
	}
	set->n_own--;
	row = table_row(c->table, c->items[0].key);
	if (row && row->waiting == c)
		row->waiting = NULL;
}

/* Runs changes one after another until one waits for somebody. */
static void run(struct table_set *set)
{
	if (set->stepping)
		return;
	set->stepping = true;
	for (;;) {
		if (!set->running) {
			set->running = STAILQ_FIRST(&set->waiting);
			if (!set->running)
				break;
			change_leave(set->running);
		}
		if (set->running->waiting)
			break;
		step(set->running);
	}
	set->stepping = false;
}

void change_start(struct table_change *c, change_end_fn end_fn, void *ctx)
{
	struct table_set *set = c->table->set;

	c->end = end_fn;
	c->ctx = ctx;
	c->state = CHANGE_CHECKING;
	if (!c->own && set->n_waiting >= TABLE_CHANGES_MAX) {
		refuse(c, "Busy", "", "too many changes wait already");
		end_fn(ctx, c, &c->refusal);
		change_free(c);
		return;
	}
	STAILQ_INSERT_TAIL(&set->waiting, c, next);
	if (c->own)
		set->n_own++;
	else
		set->n_waiting++;
	run(set);
}

/* Alerts in the daemon: the rules' table, the live rows, mails. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "guard_bus.h"
#include "live.h"
#include "log.h"
#include "service.h"
#include "table.h"

#include "alerts.h"
#include "guardd.h"
#include "mail_text.h"
#include "outbox.h"

/* ---- what the core wants done ---- */

static void on_put(void *ctx, const struct alert *row)
{
	struct guardd *d = ctx;
	int err = live_put(d->alert_rows, row);

	if (err < 0)
		log_limited(&d->log, LOG_ERR,
			    "an alert cannot be written down: %s",
			    strerror(-err));
}

static void on_gone(void *ctx, const char *id)
{
	struct guardd *d = ctx;

	(void)live_del(d->alert_rows, id);
}

static void on_signal(void *ctx, const struct alert *row)
{
	struct guardd *d = ctx;

	(void)bus_emit(d->service->bus, &guard_iface, GUARD_SIG_ALERT, row);
}

static const char *outbox_of(const struct guardd *d)
{
	const struct start_option *options = d->service->options;

	return options ? *options[GUARDD_OUTBOX].value : NULL;
}

static bool on_mail(void *ctx, const struct alert_digest *digest)
{
	struct guardd *d = ctx;
	const char *dir = outbox_of(d);
	char host[65] = "sallyport", *text;
	int err = -ENOMEM;

	if (!dir)
		return false;
	(void)gethostname(host, sizeof(host) - 1);
	text = mail_text(digest, host);
	if (text) {
		if (d->mail_number < digest->wall_ms)
			d->mail_number = digest->wall_ms;
		err = outbox_put(dir, text, d->mail_number++);
	}
	free(text);
	if (err < 0)
		log_limited(&d->log, LOG_ERR,
			    "an alert cannot be mailed: %s; again in a minute",
			    err == -ENOSPC ? "no mail leaves the outbox"
					   : strerror(-err));
	return err == 0;
}

/* ---- the tables ---- */

static int rule_check(void *ctx, const void *old, void *row, bool force,
		      struct issue *issue)
{
	(void)old;
	(void)force;
	return alert_rule_check(row, outbox_of(ctx) != NULL, issue);
}

/* The rules in the table, with the row `key` as it will be. */
static void take_rules(struct guardd *d, const char *key,
		       const struct alert_rule *row)
{
	alerts_rules_begin(d->alerts);
	for (size_t i = 0; i < table_count(d->alert_rules); i++) {
		const struct alert_rule *other = table_at(d->alert_rules, i);

		if (!key || strcmp(other->name, key) != 0)
			alerts_rules_add(d->alerts, other);
	}
	if (row)
		alerts_rules_add(d->alerts, row);
}

static void rule_apply(void *ctx, struct table_change *change, const void *old,
		       const void *row)
{
	const struct alert_rule *now = row ? row : old;

	take_rules(ctx, now->name, row);
	table_change_done(change, NULL);
}

static void on_delete(void *ctx, struct bus_req *req, const char *key)
{
	struct guardd *d = ctx;

	if (alerts_seen(d->alerts, key))
		bus_reply(req, NULL);
	else
		bus_reply_error(req, "NoSuch", "no such alert");
}

static void on_row(void *ctx, const void *row)
{
	struct guardd *d = ctx;

	alerts_load(d->alerts, row);
}

int alert_open(struct guardd *d, char *why, size_t why_size)
{
	static const struct alerts_ops alerts_ops = { on_put, on_gone,
						      on_signal, on_mail };
	static const struct table_ops rule_ops = { .check = rule_check,
						   .apply = rule_apply };
	static const struct live_ops row_ops = { .delete_row = on_delete };
	struct service *s = d->service;
	struct table_config config = {
		.record = &alert_rule_record,
		.ops = &rule_ops,
		.ctx = d,
		.bus = s->bus,
		.store = s->store,
		.seal = s->seal,
	};
	int err;

	snprintf(why, why_size, "no memory for alerts");
	d->alerts = alerts_new(&alerts_ops, d);
	d->alert_rows = live_open(&alert_record, s->bus, s->store, &row_ops, d);
	if (!d->alerts || !d->alert_rows)
		return -ENOMEM;
	d->alert_rules = table_open(&config, why, why_size);
	if (!d->alert_rules)
		return -EIO;
	take_rules(d, NULL, NULL);
	err = live_each(d->alert_rows, on_row, d);
	if (err < 0 && err != -ENOENT) {
		snprintf(why, why_size, "alerts cannot be read: %s",
			 strerror(-err));
		return err;
	}
	return 0;
}

/* A new box tells of what is serious on its web page and on the bus. */
void alert_first(struct guardd *d)
{
	struct alert_rule row;

	record_init(&alert_rule_record, &row);
	snprintf(row.name, sizeof(row.name), "serious");
	if (table_put(d->alert_rules, "guardd", row.name, &row, NULL, NULL) < 0)
		log_err("the first alert rule cannot be kept");
}

void alert_close(struct guardd *d)
{
	table_close(d->alert_rules);
	live_close(d->alert_rows);
	alerts_free(d->alerts);
}

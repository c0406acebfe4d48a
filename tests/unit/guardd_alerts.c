/* Who is told of incidents: rules, floods, mails, and what a person has seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerts.h"
#include "check.h"
#include "mail_text.h"
#include "outbox.h"
#include "temp.h"

/* 2026-01-01 */
static const uint64_t day_ms = 1767225600000;

struct desk {
	struct alerts *alerts;
	struct alert rows[ALERTS_MAX * 2];
	size_t n_rows;
	int puts, signals, mails;
	bool full; /* no mail is taken */
	struct alert last_signal;
	size_t lines;
	uint32_t more;
	char *text;
	uint64_t mono_ms;
	uint64_t id;
};

static size_t find(struct desk *d, const char *id)
{
	size_t i = 0;

	while (i < d->n_rows && strcmp(d->rows[i].id, id) != 0)
		i++;
	return i;
}

static void on_put(void *ctx, const struct alert *row)
{
	struct desk *d = ctx;
	struct issue issue;
	size_t i = find(d, row->id);

	CHECK_EQ(record_check(&alert_record, (void *)row, &issue), 0);
	CHECK(i < ALERTS_MAX);
	d->rows[i] = *row;
	d->n_rows += i == d->n_rows;
	d->puts++;
}

static void on_gone(void *ctx, const char *id)
{
	struct desk *d = ctx;
	size_t i = find(d, id);

	if (i < d->n_rows)
		d->rows[i] = d->rows[--d->n_rows];
}

static void on_signal(void *ctx, const struct alert *row)
{
	struct desk *d = ctx;

	d->signals++;
	d->last_signal = *row;
}

static bool on_mail(void *ctx, const struct alert_digest *digest)
{
	struct desk *d = ctx;

	if (d->full)
		return false;
	d->mails++;
	d->lines = digest->n;
	d->more = digest->more;
	free(d->text);
	d->text = mail_text(digest, "box.example.net");
	CHECK(d->text);
	return true;
}

static const struct alerts_ops ops = { on_put, on_gone, on_signal, on_mail };

static struct alert_rule rule(const char *name, uint32_t level)
{
	struct alert_rule row;

	record_init(&alert_rule_record, &row);
	snprintf(row.name, sizeof(row.name), "%s", name);
	row.level = level;
	return row;
}

static void begin(struct desk *d)
{
	d->alerts = alerts_new(&ops, d);
	CHECK(d->alerts);
	d->mono_ms = 1000000;
	alerts_rules_begin(d->alerts);
}

static void end(struct desk *d)
{
	alerts_free(d->alerts);
	free(d->text);
	memset(d, 0, sizeof(*d));
}

static struct incident incident(struct desk *d, uint32_t kind, uint32_t level)
{
	struct incident row;

	record_init(&incident_record, &row);
	row.id = ++d->id;
	row.kind = kind;
	row.level = level;
	row.first_ms = row.last_ms = day_ms + d->mono_ms;
	snprintf(row.account, sizeof(row.account), "801");
	snprintf(row.source, sizeof(row.source), "203.0.113.9");
	snprintf(row.service, sizeof(row.service), "calls");
	return row;
}

static void hear(struct desk *d, const struct incident *row)
{
	alerts_hear(d->alerts, row, d->mono_ms);
}

static void pass(struct desk *d, uint32_t seconds)
{
	for (uint32_t i = 0; i < seconds; i++) {
		d->mono_ms += 1000;
		alerts_tick(d->alerts, d->mono_ms, day_ms + d->mono_ms);
	}
}

static void test_rules(struct desk *d)
{
	struct alert_rule serious = rule("serious", INCIDENT_LEVEL_WARNING);
	struct alert_rule pins = rule("pins", INCIDENT_LEVEL_INFO);
	struct incident row;

	snprintf(pins.kinds, sizeof(pins.kinds), "pin;pin_lock");
	pins.times = 3;
	pins.signal = false;
	begin(d);
	alerts_rules_add(d->alerts, &serious);
	alerts_rules_add(d->alerts, &pins);
	row = incident(d, INCIDENT_KIND_SCANNER, INCIDENT_LEVEL_INFO);
	hear(d, &row);
	CHECK_EQ(d->n_rows, 0);
	row = incident(d, INCIDENT_KIND_BRAKE, INCIDENT_LEVEL_WARNING);
	hear(d, &row);
	CHECK_EQ(d->n_rows, 1);
	CHECK_EQ(d->signals, 1);
	CHECK_STR(d->last_signal.rule, "serious");
	CHECK_STR(d->last_signal.kind, "brake");
	/* The same once more is no other alert; worse is told again. */
	row.count = 2;
	hear(d, &row);
	CHECK_EQ(d->signals, 1);
	row.count = 3;
	row.level = INCIDENT_LEVEL_ALARM;
	hear(d, &row);
	CHECK_EQ(d->signals, 2);
	CHECK_EQ(d->n_rows, 1);
	pass(d, 1);
	CHECK_EQ(d->rows[0].count, 3);
	CHECK_EQ(d->rows[0].level, INCIDENT_LEVEL_ALARM);
	/* Three times, and only these kinds. */
	row = incident(d, INCIDENT_KIND_PIN, INCIDENT_LEVEL_INFO);
	for (row.count = 1; row.count <= 3; row.count++) {
		hear(d, &row);
		CHECK_EQ(d->n_rows, row.count < 3 ? 1 : 2);
	}
	CHECK_EQ(d->signals, 2);
	end(d);
}

/* Ten thousand sources: bounded rows and signals, one mail that says so. */
static void test_flood(struct desk *d)
{
	struct alert_rule bans = rule("bans", INCIDENT_LEVEL_INFO);

	snprintf(bans.mail, sizeof(bans.mail),
		 "ada@example.net;bob@example.net");
	begin(d);
	alerts_rules_add(d->alerts, &bans);
	for (int i = 0; i < 10000; i++) {
		struct incident row =
			incident(d, INCIDENT_KIND_BANNED, INCIDENT_LEVEL_INFO);

		hear(d, &row);
	}
	CHECK(d->n_rows <= 50);
	CHECK(d->signals <= 20);
	CHECK_EQ(d->mails, 0);
	pass(d, 9);
	CHECK_EQ(d->mails, 0);
	pass(d, 1);
	CHECK_EQ(d->mails, 1);
	CHECK_EQ(d->lines + d->more, 10000);
	CHECK(strstr(d->text, "\nand 9950 more"));
	CHECK(strstr(d->text, "\nTo: ada@example.net,\n bob@example.net\n"));
	CHECK(strstr(d->text,
		     "\nSubject: [Sallyport] info: 10000 incidents\n"));
	/* It goes on: the next one is a quarter of an hour later. */
	for (int i = 0; i < 899; i++) {
		struct incident row =
			incident(d, INCIDENT_KIND_BANNED, INCIDENT_LEVEL_INFO);

		hear(d, &row);
		pass(d, 1);
		CHECK_EQ(d->mails, 1);
		CHECK(d->n_rows <= ALERTS_MAX);
	}
	pass(d, 1);
	CHECK_EQ(d->mails, 2);
	CHECK_EQ(d->lines + d->more, 899);
	/* Nothing happened since: no mail. */
	pass(d, 3600);
	CHECK_EQ(d->mails, 2);
	end(d);
}

/* Strangers make as many warnings as they like: none hides an alarm, or pushes
   out one that nobody has seen. */
static void test_alarm_in_a_flood(struct desk *d)
{
	struct alert_rule r = rule("serious", INCIDENT_LEVEL_WARNING);
	struct incident row;
	char id[64];

	begin(d);
	alerts_rules_add(d->alerts, &r);
	for (int i = 0; i < 1000; i++) {
		row = incident(d, INCIDENT_KIND_DEFENSE,
			       INCIDENT_LEVEL_WARNING);
		hear(d, &row);
	}
	row = incident(d, INCIDENT_KIND_GOT_IN, INCIDENT_LEVEL_ALARM);
	snprintf(id, sizeof(id), "serious/%llu", (unsigned long long)row.id);
	hear(d, &row);
	CHECK(find(d, id) < d->n_rows);
	CHECK_STR(d->last_signal.id, id);
	for (int i = 0; i < 2 * ALERTS_MAX; i++) {
		row = incident(d, INCIDENT_KIND_DEFENSE,
			       INCIDENT_LEVEL_WARNING);
		hear(d, &row);
		pass(d, 1);
	}
	CHECK_EQ(d->n_rows, ALERTS_MAX);
	CHECK(find(d, id) < d->n_rows);
	/* Nor, once all are alarms, does a warning push out one of these. */
	for (int i = 0; i < 2 * ALERTS_MAX; i++) {
		row = incident(d, INCIDENT_KIND_GOT_IN, INCIDENT_LEVEL_ALARM);
		hear(d, &row);
		pass(d, 1);
	}
	snprintf(id, sizeof(id), "serious/%llu", (unsigned long long)row.id);
	row = incident(d, INCIDENT_KIND_DEFENSE, INCIDENT_LEVEL_WARNING);
	hear(d, &row);
	CHECK_EQ(d->n_rows, ALERTS_MAX);
	CHECK(find(d, id) < d->n_rows);
	CHECK_EQ(d->rows[0].level, INCIDENT_LEVEL_ALARM);
	end(d);
}

/* The outbox is full: nothing is lost, and not tried each second. */
static void test_full(struct desk *d)
{
	struct alert_rule r = rule("serious", INCIDENT_LEVEL_WARNING);
	struct incident row;

	snprintf(r.mail, sizeof(r.mail), "ada@example.net");
	r.web = false;
	begin(d);
	alerts_rules_add(d->alerts, &r);
	row = incident(d, INCIDENT_KIND_PIN_LOCK, INCIDENT_LEVEL_ALARM);
	hear(d, &row);
	d->full = true;
	pass(d, 15);
	CHECK_EQ(d->mails, 0);
	d->full = false;
	pass(d, 50);
	CHECK_EQ(d->mails, 0);
	pass(d, 10);
	CHECK_EQ(d->mails, 1);
	CHECK(strstr(d->text, "\nSubject: [Sallyport] alarm: pin lock\n"));
	/* It was for the mail alone. */
	CHECK_EQ(d->n_rows, 0);
	end(d);
}

static void test_seen(struct desk *d)
{
	struct alert_rule r = rule("serious", INCIDENT_LEVEL_WARNING);
	struct incident row;

	begin(d);
	alerts_rules_add(d->alerts, &r);
	row = incident(d, INCIDENT_KIND_BRAKE, INCIDENT_LEVEL_WARNING);
	hear(d, &row);
	CHECK(!alerts_seen(d->alerts, "serious/77"));
	CHECK(alerts_seen(d->alerts, "serious/1"));
	CHECK(!alerts_seen(d->alerts, "serious/1"));
	CHECK_EQ(d->n_rows, 0);
	CHECK_EQ(alerts_count(d->alerts), 0);
	for (row.count = 2; row.count < 10; row.count++)
		hear(d, &row);
	pass(d, 1);
	CHECK_EQ(d->n_rows, 0);
	/* Tenfold: somebody should look again. */
	hear(d, &row);
	pass(d, 1);
	CHECK_EQ(d->n_rows, 1);
	CHECK_EQ(d->rows[0].count, 10);
	end(d);
}

/* What waits for its mail waits over a restart. */
static void test_restart(struct desk *d)
{
	struct alert_rule r = rule("serious", INCIDENT_LEVEL_WARNING);
	struct alert kept;
	struct incident row;

	snprintf(r.mail, sizeof(r.mail), "ada@example.net");
	begin(d);
	alerts_rules_add(d->alerts, &r);
	row = incident(d, INCIDENT_KIND_BRAKE, INCIDENT_LEVEL_WARNING);
	hear(d, &row);
	kept = d->rows[0];
	end(d);
	begin(d);
	alerts_rules_add(d->alerts, &r);
	alerts_load(d->alerts, &kept);
	pass(d, 1);
	CHECK_EQ(d->mails, 1);
	pass(d, 1);
	CHECK(d->rows[0].mailed);
	kept = d->rows[0];
	end(d);
	begin(d);
	alerts_rules_add(d->alerts, &r);
	alerts_load(d->alerts, &kept);
	pass(d, 2000);
	CHECK_EQ(d->mails, 0);
	/* The rule changes: what it has sent, it has sent. */
	hear(d, &row);
	alerts_rules_begin(d->alerts);
	alerts_rules_add(d->alerts, &r);
	pass(d, 2000);
	CHECK_EQ(d->mails, 0);
	end(d);
}

static void test_check(void)
{
	struct alert_rule r = rule("a", INCIDENT_LEVEL_INFO);
	struct issue issue;

	CHECK_EQ(alert_rule_check(&r, false, &issue), 0);
	snprintf(r.kinds, sizeof(r.kinds), "pin;lunch");
	CHECK(alert_rule_check(&r, false, &issue) < 0);
	CHECK_STR(issue.what, "lunch is no kind of incident");
	r.kinds[0] = '\0';
	snprintf(r.mail, sizeof(r.mail), "ada@example.net");
	CHECK(alert_rule_check(&r, false, &issue) < 0);
	CHECK_EQ(alert_rule_check(&r, true, &issue), 0);
	r.mail[0] = '\0';
	r.web = r.signal = false;
	CHECK(alert_rule_check(&r, true, &issue) < 0);
}

/* Whoever chooses a user name chooses no header and no recipient. */
static void test_mail(struct desk *d)
{
	struct alert_rule r = rule("serious", INCIDENT_LEVEL_INFO);
	struct incident row;

	snprintf(r.mail, sizeof(r.mail), "ada@example.net");
	begin(d);
	alerts_rules_add(d->alerts, &r);
	row = incident(d, INCIDENT_KIND_CREDENTIAL, INCIDENT_LEVEL_INFO);
	row.count = 7;
	snprintf(row.account, sizeof(row.account), "Bcc: eve@example.org");
	snprintf(row.detail, sizeof(row.detail), "UDP");
	snprintf(row.outcome, sizeof(row.outcome), ".");
	row.last_ms = day_ms + 3661000;
	hear(d, &row);
	d->mono_ms = 0;
	alerts_tick(d->alerts, 2000000, day_ms + 7200000);
	CHECK_STR(d->text,
		  "From: Sallyport <sallyport@box.example.net>\n"
		  "To: ada@example.net\n"
		  "Date: Thu, 1 Jan 2026 02:00:00 +0000\n"
		  "Subject: [Sallyport] info: credential\n"
		  "Message-ID: <1767232800000.serious@box.example.net>\n"
		  "Auto-Submitted: auto-generated\n"
		  "MIME-Version: 1.0\n"
		  "Content-Type: text/plain; charset=utf-8\n"
		  "Content-Transfer-Encoding: 8bit\n"
		  "\n"
		  "Times are UTC. Alert rule: serious\n"
		  "\n"
		  "2026-01-01 01:01:01  info: credential, 7 times\n"
		  "  who: Bcc: eve@example.org\n"
		  "  from: 203.0.113.9\n"
		  "  at: calls\n"
		  "  seen: UDP\n"
		  "  ended: .\n"
		  "\n");
	end(d);
}

static void test_outbox(void)
{
	char dir[TEMP_PATH], path[200], buf[20];
	struct stat st;
	int pipe, fd;

	temp_dir(dir);
	CHECK_EQ(outbox_put("/nonexistent", "x", 1), -ENOENT);
	/* Nobody waits at the pipe, and there is none. */
	CHECK_EQ(outbox_put(dir, "hello\n", 7), 0);
	snprintf(path, sizeof(path), "%s/wake", dir);
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(outbox_put(dir, "hello\n", 8), 0);
	pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	CHECK(pipe >= 0);
	for (uint64_t i = 9; i < 7 + OUTBOX_MAX; i++)
		CHECK_EQ(outbox_put(dir, "hello\n", i), 0);
	CHECK(read(pipe, buf, sizeof(buf)) > 0);
	close(pipe);
	CHECK_EQ(outbox_put(dir, "hello\n", 7 + OUTBOX_MAX), -ENOSPC);
	snprintf(path, sizeof(path), "%s/%020d.mail", dir, 7);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	CHECK_EQ(st.st_mode & 0777, 0640);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 6);
	close(fd);
	temp_remove(dir);
}

int main(void)
{
	struct desk *d = calloc(1, sizeof(*d));

	CHECK(d);
	umask(022);
	test_rules(d);
	test_flood(d);
	test_alarm_in_a_flood(d);
	test_full(d);
	test_seen(d);
	test_restart(d);
	test_check();
	test_mail(d);
	test_outbox();
	free(d);
	return 0;
}

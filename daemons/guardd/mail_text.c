#include "mail_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const levels[] = { "info", "warning", "alarm" };

/* RFC 5322 section 3.3; names in English whatever the locale. */
static void write_date(FILE *f, uint64_t wall_ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	fprintf(f, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\n",
		days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void write_to(FILE *f, const char *list)
{
	fprintf(f, "To: ");
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ";");

		fprintf(f, "%s%.*s", p == list ? "" : ",\n ", (int)n, p);
		p += n + (p[n] == ';');
	}
	fprintf(f, "\n");
}

/* A kind as people say it. */
static void write_kind(FILE *f, const char *kind)
{
	for (const char *p = kind; *p; p++)
		fputc(*p == '_' ? ' ' : *p, f);
}

static void write_subject(FILE *f, const struct alert_digest *d)
{
	uint32_t most = INCIDENT_LEVEL_INFO;

	for (size_t i = 0; i < d->n; i++)
		if (d->lines[i]->level > most)
			most = d->lines[i]->level;
	fprintf(f, "Subject: [Sallyport] %s: ", levels[most]);
	if (d->n == 1 && d->more == 0)
		write_kind(f, d->lines[0]->kind);
	else
		fprintf(f, "%llu incidents",
			(unsigned long long)d->n + d->more);
	fprintf(f, "\n");
}

static void write_time(FILE *f, uint64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	fprintf(f, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void write_word(FILE *f, const char *name, const char *value)
{
	if (*value)
		fprintf(f, "  %s: %s\n", name, value);
}

static void write_alert(FILE *f, const struct alert *a)
{
	write_time(f, a->last_ms);
	fprintf(f, "  %s: ", levels[a->level]);
	write_kind(f, a->kind);
	if (a->count > 1)
		fprintf(f, ", %u times", a->count);
	fprintf(f, "\n");
	write_word(f, "who", a->account);
	write_word(f, "from", a->source);
	write_word(f, "at", a->service);
	write_word(f, "seen", a->detail);
	write_word(f, "ended", a->outcome);
	fprintf(f, "\n");
}

static void write_mail(FILE *f, const struct alert_digest *d, const char *host)
{
	fprintf(f, "From: Sallyport <sallyport@%s>\n", host);
	write_to(f, d->rule->mail);
	write_date(f, d->wall_ms);
	write_subject(f, d);
	fprintf(f, "Message-ID: <%llu.%s@%s>\n", (unsigned long long)d->wall_ms,
		d->rule->name, host);
	/* RFC 3834: no answering machine answers it. */
	fprintf(f, "Auto-Submitted: auto-generated\n"
		   "MIME-Version: 1.0\n"
		   "Content-Type: text/plain; charset=utf-8\n"
		   "Content-Transfer-Encoding: 8bit\n\n");
	fprintf(f, "Times are UTC. Alert rule: %s\n\n", d->rule->name);
	for (size_t i = 0; i < d->n; i++)
		write_alert(f, d->lines[i]);
	if (d->more)
		fprintf(f, "and %u more: see Attacks on the web page.\n",
			d->more);
}

char *mail_text(const struct alert_digest *d, const char *host)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	write_mail(f, d, host);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

#include "csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>

#include "record.h"

/* The longest text of a field. */
enum { CELL_MAX = 8192 };

static bool is_shown(const struct field *f)
{
	return f->type != FIELD_SECRET && f->type != FIELD_BYTES && !f->hidden;
}

static bool is_moment(const struct field *f)
{
	return f->type == FIELD_U64 && f->unit && !strcmp(f->unit, "ms");
}

static void moment(const struct field *f, const void *rec, char *text,
		   size_t size)
{
	uint64_t ms;
	time_t s;
	struct tm tm;
	size_t n;

	text[0] = '\0';
	memcpy(&ms, (const char *)rec + f->off, sizeof(ms));
	s = (time_t)(ms / 1000);
	if (!ms || !gmtime_r(&s, &tm))
		return;
	n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, size - n, ".%03uZ", (unsigned)(ms % 1000));
}

static bool is_number(const char *text)
{
	text += *text == '+' || *text == '-';
	return *text && !text[strspn(text, "0123456789")];
}

static int put(struct evbuffer *out, const char *text, size_t n)
{
	return evbuffer_add(out, text, n) ? -ENOMEM : 0;
}

/* A quotation mark inside is written twice. */
static int put_quoted(struct evbuffer *out, const char *text)
{
	int err = 0;

	while (*text && !err) {
		size_t n = strcspn(text, "\"");

		err = put(out, text, n);
		if (!err && text[n])
			err = put(out, "\"\"", 2);
		text += n + (text[n] != '\0');
	}
	return err;
}

static int put_cell(struct evbuffer *out, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text) && !is_number(text);
	bool quote = text[strcspn(text, "\",;\r\n")];
	int err = quote ? put(out, "\"", 1) : 0;

	if (!err && formula)
		err = put(out, "'", 1);
	if (!err)
		err = put_quoted(out, text);
	return !err && quote ? put(out, "\"", 1) : err;
}

/* rec NULL: the names. */
static int put_line(const struct record *r, const void *rec,
		    struct evbuffer *out)
{
	char text[CELL_MAX];
	bool first = true;
	int err = 0;

	for (size_t i = 0; i < r->n_fields && !err; i++) {
		const struct field *f = &r->fields[i];

		if (!is_shown(f))
			continue;
		if (!rec)
			snprintf(text, sizeof(text), "%s", f->name);
		else if (is_moment(f))
			moment(f, rec, text, sizeof(text));
		else
			(void)field_get(f, rec, text, sizeof(text));
		if (!first)
			err = put(out, ",", 1);
		first = false;
		if (!err)
			err = put_cell(out, text);
	}
	return err ? err : put(out, "\r\n", 2);
}

int csv_head(const struct record *r, struct evbuffer *out)
{
	return put_line(r, NULL, out);
}

int csv_row(const struct record *r, const void *rec, struct evbuffer *out)
{
	return put_line(r, rec, out);
}

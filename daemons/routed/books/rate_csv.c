#include "rate_csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

#include "rates.h"

enum column {
	PREFIX,
	DESTINATION,
	PRICE,
	CONNECT,
	FIRST,
	NEXT,
	N_COLUMNS,
};

static const char *const names[N_COLUMNS] = {
	"prefix", "destination", "price", "connect", "first_s", "next_s"
};

struct numbered {
	struct call_rate row;
	uint32_t line;
};

struct rate_csv {
	char list[33];
	struct numbered *rows;
	struct call_rate *sorted;
	size_t n, room;
	struct rates_note notes[RATE_CSV_NOTES];
	size_t n_notes;
	size_t wrong;
	char line[RATE_CSV_LINE + 1];
	size_t used;
	bool too_long;
	uint32_t line_no;
	char comma;            /* what parts the columns; 0: not known yet */
	int column[N_COLUMNS]; /* where each stands; -1: nowhere */
	bool full;
};

struct rate_csv *rate_csv_new(const char *list)
{
	struct rate_csv *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	snprintf(c->list, sizeof(c->list), "%s", list);
	for (int i = 0; i < N_COLUMNS; i++)
		c->column[i] = i;
	return c;
}

void rate_csv_free(struct rate_csv *c)
{
	if (!c)
		return;
	free(c->rows);
	free(c->sorted);
	free(c);
}

__attribute__((format(printf, 4, 5))) static int wrong(struct rate_csv *c,
						       uint32_t line,
						       const char *column,
						       const char *fmt, ...)
{
	struct rates_note *note = &c->notes[c->n_notes];
	char text[sizeof(note->what)];
	va_list ap;

	c->wrong++;
	if (c->n_notes == RATE_CSV_NOTES)
		return -EINVAL;
	record_init(&rates_note_record, note);
	note->line = line;
	snprintf(note->column, sizeof(note->column), "%s", column);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_from_peer(note->what, sizeof(note->what), text, strlen(text));
	c->n_notes++;
	return -EINVAL;
}

/* Takes the line apart, in place; how many cells, or -EINVAL. */
static int cut(struct rate_csv *c, char *line, char *cells[N_COLUMNS])
{
	const char stop[] = { c->comma, '\0' };
	int n = 0;

	for (char *at = line; at; n++) {
		char *cell = at, *to = at;

		if (n == N_COLUMNS)
			return wrong(c, c->line_no, "",
				     "has more than %d columns", N_COLUMNS);
		if (*at == '"') {
			for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
				at += *at == '"';
				*to++ = *at;
			}
			if (*at++ != '"' || (*at && *at != c->comma))
				return wrong(c, c->line_no, "",
					     "a quotation mark is missing");
		} else {
			to = at += strcspn(at, stop);
		}
		at = *at ? at + 1 : NULL;
		*to = '\0';
		cells[n] = cell;
	}
	return n;
}

/* Does the first line name the columns? Then where each stands. */
static bool take_names(struct rate_csv *c, char *cells[], int n)
{
	int column[N_COLUMNS];

	for (int i = 0; i < N_COLUMNS; i++)
		column[i] = -1;
	for (int i = 0; i < n; i++) {
		int k = 0;

		while (k < N_COLUMNS && strcasecmp(cells[i], names[k]))
			k++;
		if (k == N_COLUMNS) {
			if (strspn(cells[0], "+0123456789"))
				return false;
			(void)wrong(c, c->line_no, "",
				    "\"%.20s\" is no column: prefix, "
				    "destination, price, connect, first_s, "
				    "next_s",
				    cells[i]);
			continue;
		}
		column[k] = i;
	}
	for (int k = 0; k < N_COLUMNS; k++)
		if (column[k] < 0 && (k == PREFIX || k == PRICE))
			(void)wrong(c, c->line_no, names[k],
				    "the column is missing");
	memcpy(c->column, column, sizeof(column));
	return true;
}

static int take_money(struct rate_csv *c, enum column which, const char *text,
		      uint64_t *milli)
{
	size_t whole = strspn(text, "0123456789");
	const char *point = text + whole;
	size_t rest = *point ? strspn(point + 1, "0123456789") : 0;
	uint64_t value;

	if (!*text)
		return which == PRICE ? wrong(c, c->line_no, names[which],
					      "is missing")
				      : 0;
	if (whole > 9 || (!whole && !rest) ||
	    (*point && ((*point != '.' && *point != ',') || point[1 + rest])))
		return wrong(c, c->line_no, names[which],
			     "\"%.20s\" is no price, as in 0.019", text);
	value = strtoull(text, NULL, 10) * 1000;
	for (size_t i = 0; i < rest && i < 3; i++)
		value += (uint64_t)(point[1 + i] - '0') * (i == 0   ? 100
							   : i == 1 ? 10
								    : 1);
	if (rest > 3 && strspn(point + 4, "0") < rest - 3)
		value++; /* never less than the provider asks for */
	*milli = value;
	return 0;
}

static int take_seconds(struct rate_csv *c, enum column which, const char *text,
			uint32_t *seconds)
{
	size_t n = strlen(text);

	if (!n)
		return 0;
	if (n > 4 || strspn(text, "0123456789") != n)
		return wrong(c, c->line_no, names[which],
			     "\"%.20s\" is no number of seconds", text);
	*seconds = (uint32_t)strtoul(text, NULL, 10);
	if (*seconds >= 1 && *seconds <= 3600)
		return 0;
	return wrong(c, c->line_no, names[which], "must be 1 to 3600");
}

static int take_prefix(struct rate_csv *c, const char *text,
		       struct call_rate *row)
{
	struct issue issue;

	if (*text == '+')
		text++;
	if (!strncmp(text, "00", 2))
		return wrong(c, c->line_no, "prefix",
			     "begins with the country code, without 00");
	if (strlen(text) > 20)
		text = "-";
	snprintf(row->id, sizeof(row->id), "%s/%s", c->list, text);
	if (rates_check_id(row->id, &issue) < 0)
		return wrong(c, c->line_no, "prefix", "must be 1 to 15 digits");
	return 0;
}

static const char *cell(const struct rate_csv *c, char *cells[], int n,
			enum column which)
{
	int at = c->column[which];

	return at >= 0 && at < n ? cells[at] : "";
}

static void keep(struct rate_csv *c, const struct call_rate *row)
{
	struct numbered *more;
	size_t room;

	if (c->n == RATE_CSV_ROWS) {
		if (!c->full)
			(void)wrong(c, c->line_no, "",
				    "at most %d prices can be kept",
				    RATE_CSV_ROWS);
		c->full = true;
		return;
	}
	if (c->n == c->room) {
		room = c->room ? 2 * c->room : 256;
		more = realloc(c->rows, room * sizeof(*more));
		if (!more) {
			(void)wrong(c, c->line_no, "", "no memory");
			return;
		}
		c->rows = more;
		c->room = room;
	}
	c->rows[c->n++] = (struct numbered){ *row, c->line_no };
}

static void take_row(struct rate_csv *c, char *cells[], int n)
{
	const char *destination = cell(c, cells, n, DESTINATION);
	struct call_rate row;

	record_init(&call_rate_record, &row);
	if (strlen(destination) >= sizeof(row.destination)) {
		(void)wrong(c, c->line_no, "destination",
			    "is longer than %zu bytes",
			    sizeof(row.destination) - 1);
		return;
	}
	memcpy(row.destination, destination, strlen(destination) + 1);
	if (take_prefix(c, cell(c, cells, n, PREFIX), &row) ||
	    take_money(c, PRICE, cell(c, cells, n, PRICE), &row.price_milli) ||
	    take_money(c, CONNECT, cell(c, cells, n, CONNECT),
		       &row.connect_milli) ||
	    take_seconds(c, FIRST, cell(c, cells, n, FIRST), &row.first_s) ||
	    take_seconds(c, NEXT, cell(c, cells, n, NEXT), &row.next_s))
		return;
	if (row.price_milli > call_rate_record.fields[2].max ||
	    row.connect_milli > call_rate_record.fields[3].max)
		(void)wrong(c, c->line_no, "price", "is too high");
	else
		keep(c, &row);
}

static char comma_of(const char *line)
{
	static const char commas[] = ";\t,";

	for (size_t i = 0; commas[i]; i++)
		if (strchr(line, commas[i]))
			return commas[i];
	return ',';
}

static void take_line(struct rate_csv *c)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, by some */
	char *cells[N_COLUMNS], *line = c->line;
	bool first = !c->comma;
	int n;

	c->line_no++;
	c->line[c->used] = '\0';
	if (c->used && c->line[c->used - 1] == '\r')
		c->line[c->used - 1] = '\0';
	c->used = 0;
	if (c->too_long) {
		(void)wrong(c, c->line_no, "", "is longer than %d bytes",
			    RATE_CSV_LINE);
		c->too_long = false;
		return;
	}
	if (c->line_no == 1 && !strncmp(line, mark, sizeof(mark) - 1))
		line += sizeof(mark) - 1;
	if (!line[strspn(line, " \t,;")])
		return;
	if (first)
		c->comma = comma_of(line);
	n = cut(c, line, cells);
	if (n < 0 || (first && take_names(c, cells, n)))
		return;
	take_row(c, cells, n);
}

void rate_csv_feed(struct rate_csv *c, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			take_line(c);
		else if (c->used < RATE_CSV_LINE)
			c->line[c->used++] = text[i];
		else
			c->too_long = true;
	}
}

static int by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int rc = strcmp(x->row.id, y->row.id);

	return rc ? rc : (x->line > y->line) - (x->line < y->line);
}

void rate_csv_end(struct rate_csv *c)
{
	if (c->used || c->too_long)
		take_line(c);
	if (c->n)
		qsort(c->rows, c->n, sizeof(*c->rows), by_id);
	for (size_t i = 1; i < c->n; i++)
		if (!strcmp(c->rows[i].row.id, c->rows[i - 1].row.id))
			(void)wrong(c, c->rows[i].line, "prefix",
				    "%s stands in line %u already",
				    strchr(c->rows[i].row.id, '/') + 1,
				    c->rows[i - 1].line);
	c->sorted = calloc(c->n + 1, sizeof(*c->sorted));
	if (!c->sorted) {
		(void)wrong(c, 0, "", "no memory");
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		c->sorted[i] = c->rows[i].row;
	if (!c->n && !c->wrong)
		(void)wrong(c, c->line_no, "", "there is no price in it");
}

const struct call_rate *rate_csv_rows(const struct rate_csv *c, size_t *n)
{
	*n = c->sorted ? c->n : 0;
	return c->sorted;
}

size_t rate_csv_wrong(const struct rate_csv *c)
{
	return c->wrong;
}

const struct rates_note *rate_csv_note(const struct rate_csv *c, size_t i)
{
	return i < c->n_notes ? &c->notes[i] : NULL;
}

#include "cdr_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "field.h"

#include "moment.h"

static int take_number(struct cdr_word *w, struct issue *issue)
{
	size_t n = strlen(w->text);

	if (!n || n > 18 || strspn(w->text, "0123456789") != n)
		return issue_set(issue, "filter", "%s: \"%.20s\" is no number",
				 w->field->name, w->text);
	w->number = strtoull(w->text, NULL, 10);
	return 0;
}

static bool is_number(const struct field *f)
{
	return f->type == FIELD_U32 || f->type == FIELD_U64;
}

static int take_field(struct cdr_filter *f, const char *name, char op,
		      const char *text, struct issue *issue)
{
	struct cdr_word *w = &f->words[f->n];

	if (f->n == CDR_WORDS)
		return issue_set(issue, "filter", "at most %d words",
				 CDR_WORDS);
	*w = (struct cdr_word){ record_field(&cdr_record, name), op };
	if (!w->field)
		return issue_set(issue, "filter",
				 "a call record has no field \"%.40s\"", name);
	if (strlen(text) >= sizeof(w->text))
		return issue_set(issue, "filter", "%s: at most %zu characters",
				 name, sizeof(w->text) - 1);
	memcpy(w->text, text, strlen(text) + 1);
	if ((op == '<' || op == '>') && !is_number(w->field))
		return issue_set(issue, "filter", "%s is text: use = != ^ or ~",
				 name);
	f->n++;
	return is_number(w->field) && op != '^' && op != '~'
		       ? take_number(w, issue)
		       : 0;
}

static int take_moment(const char *name, const char *text, uint64_t *ms,
		       struct issue *issue)
{
	if (!moment_parse(text, clock_wall_ms(), ms))
		return 0;
	return issue_set(issue, "filter",
			 "%s: write 2026-12-24, 2026-12-24T18:00 or ms", name);
}

static int take_word(struct cdr_filter *f, char *word, struct issue *issue)
{
	char *text = strpbrk(word, "=!<>^~");
	char op;

	if (!text || (*text == '!' && text[1] != '='))
		return issue_set(issue, "filter",
				 "\"%.40s\" is no field=text (or != < > ^ ~)",
				 word);
	op = *text;
	*text++ = '\0';
	if (op == '!')
		text++;
	if (op == '=' && !strcmp(word, "from"))
		return take_moment(word, text, &f->from_ms, issue);
	if (op == '=' && !strcmp(word, "to"))
		return take_moment(word, text, &f->to_ms, issue);
	if (op != '=' || strcmp(word, "before"))
		return take_field(f, word, op, text, issue);
	if (strlen(text) >= sizeof(f->before))
		return issue_set(issue, "filter", "before: no such call");
	memcpy(f->before, text, strlen(text) + 1);
	return 0;
}

int cdr_filter_parse(struct cdr_filter *f, const char *text,
		     struct issue *issue)
{
	char *copy = strdup(text), *rest = copy, *word;
	int rc = 0;

	*f = (struct cdr_filter){ .to_ms = UINT64_MAX };
	if (!copy)
		return issue_set(issue, "filter", "no memory");
	while (!rc && (word = strsep(&rest, ";")))
		if (*word)
			rc = take_word(f, word, issue);
	free(copy);
	return rc;
}

static bool number_passes(const struct cdr_word *w, uint64_t value)
{
	switch (w->op) {
	case '=':
		return value == w->number;
	case '!':
		return value != w->number;
	case '<':
		return value < w->number;
	default:
		return value > w->number;
	}
}

static bool word_passes(const struct cdr_word *w, const struct cdr *row)
{
	char room[65];
	const char *text = room;

	if (is_number(w->field) && w->op != '^' && w->op != '~')
		return number_passes(w, field_number(w->field, row));
	if (field_is_text(w->field))
		text = field_text(w->field, row);
	else
		field_get(w->field, row, room, sizeof(room));
	switch (w->op) {
	case '=':
		return !strcmp(text, w->text);
	case '!':
		return strcmp(text, w->text);
	case '^':
		return !strncmp(text, w->text, strlen(w->text));
	default:
		return strcasestr(text, w->text);
	}
}

bool cdr_filter_passes(const struct cdr_filter *f, const struct cdr *row)
{
	for (size_t i = 0; i < f->n; i++)
		if (!word_passes(&f->words[i], row))
			return false;
	return true;
}

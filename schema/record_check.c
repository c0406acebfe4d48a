#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "rules.h"

static int check_number(const struct field *f, const void *rec,
			struct issue *issue)
{
	uint64_t value = field_number(f, rec);

	if (value >= f->min && value <= f->max)
		return 0;
	if (f->type == FIELD_ENUM)
		return issue_set(issue, f->name, "has no such value");
	return issue_set(issue, f->name, "must be %" PRIu64 " to %" PRIu64,
			 f->min, f->max);
}

static int check_bytes(const struct field *f, const void *rec,
		       struct issue *issue)
{
	uint32_t n;

	memcpy(&n, (const uint8_t *)rec + f->len_off, sizeof(n));
	if (n <= f->size)
		return 0;
	return issue_set(issue, f->name, "must be at most %zu bytes", f->size);
}

static int check_item(const struct field *f, enum field_format format,
		      char *text, size_t size, struct issue *issue)
{
	char why[160];
	const char *wrong = rule_check(format, text, size, why, sizeof(why));

	return wrong ? issue_set(issue, f->name, "%s", wrong) : 0;
}

/* Is the item (n bytes) one of the list's? */
static bool listed(const char *list, const char *item, size_t n)
{
	while (*list) {
		size_t len = strcspn(list, ";");

		if (len == n && memcmp(list, item, n) == 0)
			return true;
		list += len;
		list += *list == ';';
	}
	return false;
}

/* Appends an item that is not there yet. Returns false for want of room. */
static bool append(char *list, size_t size, const char *item)
{
	size_t used = strlen(list);
	size_t n = strlen(item);

	if (listed(list, item, n))
		return true;
	if (used + (used > 0) + n >= size)
		return false;
	if (used)
		list[used++] = ';';
	memcpy(list + used, item, n + 1);
	return true;
}

/* Takes the next item off *list, without the blanks around it. */
static char *next_item(char **list)
{
	char *item = strsep(list, ";");
	size_t n;

	item += strspn(item, " ");
	n = strlen(item);
	while (n && item[n - 1] == ' ')
		item[--n] = '\0';
	return item;
}

static int check_list(const struct field *f, char *text, struct issue *issue)
{
	char *from = malloc(f->size * 2);
	char *made = from ? from + f->size : NULL;
	char *rest = from;
	int err = 0;

	if (!from)
		return issue_set(issue, f->name, "no memory: try again");
	memcpy(from, text, f->size);
	*made = '\0';

	while (!err && rest) {
		char *item = next_item(&rest);
		char stored[128];

		if (!*item)
			continue;
		if (strlen(item) >= sizeof(stored)) {
			err = issue_set(issue, f->name, "an item is too long");
			break;
		}
		memcpy(stored, item, strlen(item) + 1);
		err = check_item(f, f->format, stored, sizeof(stored), issue);
		if (!err && !append(made, f->size, stored))
			err = issue_set(issue, f->name,
					"must be at most %zu bytes long",
					f->size - 1);
	}
	if (!err)
		strncpy(text, made, f->size);
	free(from);
	return err;
}

static int check_text(const struct field *f, void *rec, struct issue *issue)
{
	char *text = field_text_room(f, rec);
	size_t n = strnlen(text, f->size);
	int err;

	if (n == f->size)
		return issue_set(issue, f->name,
				 "must be at most %zu bytes long", f->size - 1);
	if (f->format == FORMAT_LINES ? !text_lines_are_clean(text, n)
				      : !text_is_clean(text, n))
		return issue_set(issue, f->name,
				 "must be UTF-8 text without control "
				 "characters");
	if (f->type == FIELD_LIST) {
		err = check_list(f, text, issue);
		if (err)
			return err;
	}
	if (!*text)
		return f->required
			       ? issue_set(issue, f->name, "must not be empty")
			       : 0;
	if (f->type == FIELD_NAME || f->type == FIELD_REF)
		return check_item(f, FORMAT_NAME, text, f->size, issue);
	if (f->type == FIELD_STR && f->format != FORMAT_ANY)
		return check_item(f, f->format, text, f->size, issue);
	return 0;
}

int record_check(const struct record *r, void *rec, struct issue *issue)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];
		int err;

		if (f->type == FIELD_BYTES)
			err = check_bytes(f, rec, issue);
		else if (field_is_text(f))
			err = check_text(f, rec, issue);
		else
			err = check_number(f, rec, issue);
		if (err)
			return err;
	}
	return 0;
}

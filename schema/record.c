#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "secret.h"

#include "field.h"

int issue_set(struct issue *issue, const char *field, const char *fmt, ...)
{
	char what[sizeof(issue->what)];
	va_list ap;

	/* Both may repeat what was sent, and a cut may fall inside a character:
	   what goes on the bus must be UTF-8. */
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	text_from_peer(issue->what, sizeof(issue->what), what, strlen(what));
	text_from_peer(issue->field, sizeof(issue->field), field,
		       strlen(field));
	return -EINVAL;
}

const struct field *record_field(const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (strcmp(r->fields[i].name, name) == 0)
			return &r->fields[i];
	return NULL;
}

void field_init(const struct field *f, void *rec)
{
	if (f->type == FIELD_BYTES) {
		field_set_bytes(f, rec, NULL, 0);
		return;
	}
	if (!field_is_text(f)) {
		field_set_number(f, rec, f->dflt);
		return;
	}
	memset(field_text_room(f, rec), 0, f->size);
	if (f->dflt_str)
		memcpy(field_text_room(f, rec), f->dflt_str,
		       strnlen(f->dflt_str, f->size - 1));
}

void record_init(const struct record *r, void *rec)
{
	memset(rec, 0, r->size);
	for (size_t i = 0; i < r->n_fields; i++)
		field_init(&r->fields[i], rec);
}

void record_key(const struct record *r, const void *rec, char *text,
		size_t size)
{
	const struct field *f = r->key;

	if (!f)
		snprintf(text, size, "%s", "");
	else if (field_is_text(f))
		snprintf(text, size, "%s", field_text(f, rec));
	else
		snprintf(text, size, "%" PRIu64, field_number(f, rec));
}

static bool field_equal(const struct field *f, const void *a, const void *b)
{
	uint32_t n;

	if (f->type == FIELD_BYTES) {
		n = field_bytes(f, a);
		return n == field_bytes(f, b) &&
		       memcmp(field_text(f, a), field_text(f, b), n) == 0;
	}
	if (field_is_text(f))
		return strncmp(field_text(f, a), field_text(f, b), f->size) ==
		       0;
	return field_number(f, a) == field_number(f, b);
}

bool record_equal(const struct record *r, const void *a, const void *b,
		  const struct field **first)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		if (field_equal(&r->fields[i], a, b))
			continue;
		if (first)
			*first = &r->fields[i];
		return false;
	}
	return true;
}

void record_mask(const struct record *r, void *rec)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (f->type == FIELD_SECRET)
			secret_wipe(field_text_room(f, rec), f->size);
	}
}

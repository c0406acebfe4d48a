#include "record_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "field.h"

static bool goes_out(const struct field *f)
{
	return f->type != FIELD_SECRET && f->type != FIELD_BYTES && !f->hidden;
}

static json_t *value_of(const struct field *f, const void *rec)
{
	uint64_t n;

	if (field_is_text(f))
		return json_stringn(field_text(f, rec),
				    strnlen(field_text(f, rec), f->size));

	n = field_number(f, rec);
	if (f->type == FIELD_BOOL)
		return json_boolean(n);
	if (f->type == FIELD_ENUM)
		return json_string(n <= f->max ? f->values[n] : "");
	return json_integer(n <= INT64_MAX ? (json_int_t)n : INT64_MAX);
}

json_t *record_to_json(const struct record *r, const void *rec)
{
	json_t *object = json_object();

	if (!object)
		return NULL;
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (!goes_out(f))
			continue;
		/* Takes the value over, also when it fails. */
		if (json_object_set_new(object, f->name, value_of(f, rec))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static int set_from_json(const struct record *r, const struct field *f,
			 void *rec, const json_t *value, struct issue *issue)
{
	char number[24];

	switch (json_typeof(value)) {
	case JSON_STRING:
		if (json_string_length(value) !=
		    strlen(json_string_value(value)))
			return issue_set(issue, f->name,
					 "must not contain a NUL");
		return field_set(r, f, rec, json_string_value(value), issue);
	case JSON_TRUE:
		return field_set(r, f, rec, "true", issue);
	case JSON_FALSE:
		return field_set(r, f, rec, "false", issue);
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return field_set(r, f, rec, number, issue);
	case JSON_NULL:
	case JSON_REAL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return issue_set(issue, f->name,
			 "must be a text, a whole number, true or false");
}

int record_from_json(const struct record *r, void *rec, const json_t *object,
		     struct issue *issue)
{
	const char *name;
	json_t *value;
	int err;

	if (!json_is_object(object))
		return issue_set(issue, "", "must be an object");

	/* The iterator's macro wants an object that is not const. */
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const struct field *f = record_field(r, name);

		if (!f || f->hidden)
			return issue_set(issue, name, "there is no such field");
		if (f->readonly)
			return issue_set(issue, name,
					 "is set by the box itself");
		err = set_from_json(r, f, rec, value, issue);
		if (err)
			return err;
	}
	return 0;
}

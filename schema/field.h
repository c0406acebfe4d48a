/*
 * One member of a record, reached through its descriptor. For code that walks
 * records: the store's codec, the bus, JSON. The pointers go into the record.
 */
#pragma once

#include "record.h"

/* A string that ends in NUL within f->size? All but bool, numbers, bytes. */
bool field_is_text(const struct field *f);

/* bool, u32, u64 and enum as one number. set: only what fits the member. */
uint64_t field_number(const struct field *f, const void *rec);
void field_set_number(const struct field *f, void *rec, uint64_t value);

/* Text: the string. Bytes: the array. */
const char *field_text(const struct field *f, const void *rec);
char *field_text_room(const struct field *f, void *rec);

/* Bytes: how many are used, never more than f->size. */
uint32_t field_bytes(const struct field *f, const void *rec);
void field_set_bytes(const struct field *f, void *rec, const void *data,
		     uint32_t n);

/*
 * Valid UTF-8 (RFC 3629) without control characters, so that it can go on the
 * bus, into JSON and into a log line?
 */
bool text_is_clean(const char *text, size_t n);

/* The same, but line ends (CR, LF) and tabs may stand in it. */
bool text_lines_are_clean(const char *text, size_t n);

/*
 * The length of the character at s (n bytes left, at least one) when it is
 * valid UTF-8 and no control character, else 0.
 */
size_t text_char(const char *s, size_t n);

/* The schema's default. */
void field_init(const struct field *f, void *rec);

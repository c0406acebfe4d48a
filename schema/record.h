/*
 * Records: flat structs that the schema describes.
 *
 * The generator emits, for each record, one struct and one constant
 * descriptor. The functions here read the descriptor, so every record is
 * checked, stored, sent and shown by the same few lines. A record holds no
 * pointers: it is copied by assignment and needs no free function.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_BOOL,
	FIELD_U32,
	FIELD_U64,
	FIELD_ENUM, /* uint32_t, an index into .values */
	FIELD_STR,
	FIELD_NAME,   /* a-z 0-9 - _, at most 32 */
	FIELD_SECRET, /* never shown, never in a view */
	FIELD_REF,    /* the key of a row of .table */
	FIELD_LIST,   /* items separated by ';', each of .format */
	FIELD_BYTES,  /* uint32_t <name>_bytes, uint8_t <name>[max] */
};

/* What text must look like; the checks stand in rules.c. */
enum field_format {
	FORMAT_ANY,
	FORMAT_PREFIX,
	FORMAT_ADDRESS,
	FORMAT_EXTENSION,
	FORMAT_DIGITS, /* 0-9 * # + */
	FORMAT_HOST,
	FORMAT_CODEC,
	FORMAT_SERVICE,
	FORMAT_ACCOUNT,
	FORMAT_NAME,
	FORMAT_MAIL,  /* a mail address: RFC 5321, without quotes */
	FORMAT_LINES, /* may hold line ends and tabs: a file in a message */
};

struct field {
	const char *name;
	const char *dflt_str;
	const char *const *values; /* enum: the text of each value */
	const char *table;         /* ref: the table */
	const char *label;         /* for people; NULL in messages */
	const char *help;
	const char *unit;
	size_t off;
	size_t size;    /* of the member; bytes: of the array */
	size_t len_off; /* bytes: offset of the length */
	uint64_t dflt;
	uint64_t min;
	uint64_t max; /* enum: the last index */
	enum field_type type;
	enum field_format format;
	uint8_t code; /* in the store; never reused */
	bool required;
	bool readonly; /* the owner sets it, nobody else */
	bool hidden;   /* not even listed */
	bool list;     /* a column of the list page */
};

enum record_kind { RECORD_TABLE, RECORD_LIVE, RECORD_RECORD, RECORD_MESSAGE };

struct record {
	const char *name;
	const char *title;
	const char *doc;
	const char *owner;     /* daemon */
	const char *singleton; /* the only key, or NULL */
	const char *const
		*builtin; /* keys that always exist, NULL-terminated */
	const struct field *fields;
	const struct field *key;
	size_t n_fields;
	size_t size; /* of the struct */
	size_t max_rows;
	enum record_kind kind;
	uint8_t code;
	bool ordered; /* rows have a place that people choose */
};

/* Why a record was refused: which field, and what to do, in words. */
struct issue {
	char field[33];
	char what[200];
};

/* Writes an issue, cut to its room, always clean UTF-8; returns -EINVAL so that
   callers can return it. */
int issue_set(struct issue *issue, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const struct field *record_field(const struct record *r, const char *name);

/* Fills rec with the schema's defaults. */
void record_init(const struct record *r, void *rec);

/*
 * Checks every field and brings text into its stored form (networks as CIDR,
 * lists without doubles). Text must be UTF-8 without control characters.
 * Returns 0, or -EINVAL and says why in *issue; then some fields may be in
 * their stored form already: check a copy, as one does with a patch.
 */
int record_check(const struct record *r, void *rec, struct issue *issue);

/* The key's text; for a u64 key its decimal digits. */
void record_key(const struct record *r, const void *rec, char *text,
		size_t size);

/* Same value in every field? `first` (may be NULL): the first that differs. */
bool record_equal(const struct record *r, const void *a, const void *b,
		  const struct field **first);

/* Wipes secrets (and old secrets) in place: what others may see stays. */
void record_mask(const struct record *r, void *rec);

/*
 * One field from and to the text that people, scripts and JSON use. set: an
 * empty text means the default; durations (unit "s") take "90", "10m", "1h",
 * "2d"; booleans true/false/yes/no/on/off/1/0; bytes are hexadecimal digits.
 * On failure the field keeps its value. How text must look is not looked at:
 * record_check() has the last word. get: returns the length, as snprintf does.
 * Neither shows nor hides secrets: that is the caller's.
 */
int field_set(const struct record *r, const struct field *f, void *rec,
	      const char *text, struct issue *issue);
int field_get(const struct field *f, const void *rec, char *text, size_t size);

/* Says which values an enum has; returns -EINVAL. */
int field_refuse_enum(const struct field *f, struct issue *issue);

/*
 * Sets a text field from a peer's bytes: cut to its size at a character, bytes
 * that are no UTF-8 and control characters become '?'. Never fails.
 */
void field_set_peer(const struct field *f, void *rec, const char *bytes,
		    size_t n);
/* The same for any buffer. */
void text_from_peer(char *out, size_t size, const char *bytes, size_t n);

/*
 * The store's form: for each field its code (8 bit), its length (16 bit, big
 * endian), its value (numbers big endian, 4 or 8 bytes). encode returns the
 * bytes used or -ENOSPC. decode reads what this or another version wrote: an
 * absent field keeps its default, an unknown one is skipped; -EBADMSG.
 */
int record_encode(const struct record *r, const void *rec, uint8_t *buf,
		  size_t size);
int record_decode(const struct record *r, void *rec, const uint8_t *buf,
		  size_t len);
/*
 * The same of a live row, of which there may be 100,000: without secrets and
 * without what has its default. So the default of a live row's field must not
 * change: the truth's copy outlives an update.
 */
int record_encode_live(const struct record *r, const void *rec, uint8_t *buf,
		       size_t size);

/* Room that record_encode() needs at most. */
size_t record_encoded_max(const struct record *r);

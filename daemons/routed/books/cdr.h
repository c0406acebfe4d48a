/*
 * Call records on disk. In the truth:
 *
 *   cdr        8 bytes start_ms, big endian | call id  ->  struct cdr (TLV)
 *   cdr_id     call id                                 ->  the key above
 *   cdr_index  1 byte field code | 4 bytes hash of the field's text |
 *              the key above                           ->  nothing
 *
 * so that a page newest first is a walk backwards, also of one caller or one
 * trunk, and the same call told twice is one record. All three are written and
 * deleted together.
 */
#pragma once

#include "records.h"
#include "store.h"

#define CDR_DB "cdr"
#define CDR_ID_DB "cdr_id"
#define CDR_INDEX_DB "cdr_index"

enum {
	CDR_START_BYTES = 8,
	CDR_KEY_MAX = CDR_START_BYTES + sizeof(((struct cdr *)0)->id),
	CDR_INDEX_HEAD = 5,
	CDR_MAX = 2048, /* more than record_encoded_max(&cdr_record) */
};

size_t cdr_key(const struct cdr *row, uint8_t key[CDR_KEY_MAX]);
/* The moment of a key; the end of the keys before it is cdr_key_at(ms). */
size_t cdr_key_at(uint64_t start_ms, uint8_t key[CDR_KEY_MAX]);
uint64_t cdr_key_ms(struct bytes key);

/* The key of a call's record: 0 or -ENOENT. */
int cdr_find(struct store *s, const char *id, uint8_t key[CDR_KEY_MAX],
	     size_t *size);

/* Puts a record and what points at it into the batch. 0 or -ENOMEM. */
int cdr_put(struct store_batch *batch, const struct cdr *row);
int cdr_del(struct store_batch *batch, const struct cdr *row);

/* The index of this field with this text: where it begins, and its rank, 0 for
   the one that tells most; -1: there is none. */
int cdr_index(const struct field *field, const char *text,
	      uint8_t head[CDR_INDEX_HEAD]);

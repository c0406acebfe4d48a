/*
 * A transaction to be, as bytes in one block: written once by the loop, read
 * once by the writer. Whoever holds the pointer owns it.
 */
#pragma once

#include "store.h"

enum batch_kind { BATCH_PUT, BATCH_DEL, BATCH_CLEAR };

struct batch_op {
	enum batch_kind kind;
	const char *db;
	struct bytes key;
	struct bytes value;
};

struct store_batch {
	struct store_batch *next;
	store_done_fn done;
	void *ctx;
	int err;
	bool frees; /* may use the reserve of a full map */
	uint8_t *data;
	size_t used;
	size_t room;
	size_t n_ops;
};

int batch_add(struct store_batch *b, const struct batch_op *op);

/* Reads the operation at *at and steps it. False at the end. */
bool batch_next(const struct store_batch *b, size_t *at, struct batch_op *op);

/* Takes the operation back that began at `used`. */
void batch_cut(struct store_batch *b, size_t used);

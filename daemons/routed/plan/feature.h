/* Feature codes: one row each; the dialogues behind them are apps/. */
#pragma once

#include <stdint.h>

#include "records.h"

struct feature {
	const char *code;
	const char *what; /* for Explain */
	/* Fills the verdict of this step of its dialogue (ask->step). */
	void (*decide)(const struct ask *ask, uint64_t now_ms,
		       struct verdict *out);
};

/* NULL: no such code. */
const struct feature *feature_find(const char *number);

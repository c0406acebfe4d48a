/*
 * Scripts against golden files: each DIR/NAME.in is fed to `fn` line by line,
 * what it writes to `out` must be DIR/NAME.out. Each line is written before its
 * answer, so that a file reads as a conversation; '#' begins a remark.
 *
 *	test DIR [--write]     writes the files anew: read the difference!
 */
#pragma once

#include <stdio.h>

struct golden_ops {
	void *(*begin)(FILE *out);
	/* One line that is no remark; it may be changed. */
	void (*line)(void *ctx, char *line);
	void (*end)(void *ctx);
};

int golden_main(int argc, char **argv, const struct golden_ops *ops);

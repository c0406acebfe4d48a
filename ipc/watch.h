/*
 * Another daemon's table, followed: a copy of its view's rows (no secrets) in
 * memory, read again when its owner says Changed or comes back. A dangling or
 * missing view is an empty table.
 */
#pragma once

#include <stddef.h>

#include "record.h"

struct bus;
struct watch;

/*
 * The rows are there when it returns. changed(ctx) comes from the event loop
 * after every new reading, the first included; never from inside watch_open().
 * run_dir is the parent of the views. bus NULL (unit tests): one reading.
 * NULL: no memory.
 */
struct watch *watch_open(struct bus *bus, const char *run_dir,
			 const struct record *record,
			 void (*changed)(void *ctx), void *ctx);
void watch_close(struct watch *w);

const void *watch_get(const struct watch *w, const char *key);
size_t watch_count(const struct watch *w);
const void *watch_at(const struct watch *w, size_t i);

/*
 * What goes on in the house, in numbers: read from the other daemons' views,
 * at most once a second, and only when somebody looks; and who of them is
 * there, from the bus.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct bus;
struct facts;
struct prefix;

struct facts_config {
	struct bus *bus;
	const char *run_dir;
	/* A daemon came or went. */
	void (*peer)(void *ctx, const char *name, bool there,
		     uint64_t since_ms);
	/* The extensions' table was read again. */
	void (*extensions)(void *ctx);
	void *ctx;
};

struct facts *facts_new(const struct facts_config *config);
void facts_free(struct facts *f);

/* {"calls", "registered", "extensions", "bans", "at_ms"}; NULL: no memory. */
json_t *facts_live(struct facts *f);
/* [{"name", "there", "since_ms"}, ...] */
json_t *facts_daemons(const struct facts *f);

/* Does guardd's ban of this source at `service` stand now? */
bool facts_banned(struct facts *f, const char *service,
		  const struct prefix *source);

struct extension;
/* NULL: no such extension. */
const struct extension *facts_extension(const struct facts *f,
					const char *number);

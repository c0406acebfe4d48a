/*
 * Drop all shuts out whom no rule lets in: is he who asks for it among them?
 */
#pragma once

#include "fwd.h"

/*
 * Does HTTPS stay open for this actor ("admin@192.168.1.2": that address;
 * others, a script: any address at all) under these settings and rules? When
 * not, `who` says for whom it does not.
 */
bool lockout_passes(struct fwd *f, const struct wanted *w, const char *actor,
		    char *who, size_t who_size);

/* Is drop all on, and this allowed address all that keeps HTTPS open for him?
   Then `who` says for whom. */
bool lockout_without(struct fwd *f, enum wall_service service,
		     const struct prefix *source, const char *actor, char *who,
		     size_t who_size);

#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "clock.h"

#include "records.h"

#include "watch.h"

#include "session.h"

struct known {
	struct watch *allowed;
	const struct sessions *sessions;
};

static void on_allowed(void *ctx)
{
	(void)ctx; /* read when somebody comes */
}

struct known *known_new(struct bus *bus, const char *run_dir,
			const struct sessions *sessions)
{
	struct known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->sessions = sessions;
	k->allowed = watch_open(bus, run_dir, &allowed_address_record,
				on_allowed, k);
	if (k->allowed)
		return k;
	free(k);
	return NULL;
}

void known_free(struct known *k)
{
	if (!k)
		return;
	watch_close(k->allowed);
	free(k);
}

static bool has_service(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; *p; p += strspn(p, ";")) {
		size_t len = strcspn(p, ";");

		if (len == n && memcmp(p, name, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static bool is_allowed(const struct known *k, const struct addr *source)
{
	uint64_t now = clock_wall_ms();

	for (size_t i = 0; i < watch_count(k->allowed); i++) {
		const struct allowed_address *row = watch_at(k->allowed, i);
		struct prefix p;
		char why[160];

		if ((has_service(row->services, "https") ||
		     has_service(row->services, "all")) &&
		    (row->until_ms == 0 || row->until_ms > now) &&
		    prefix_parse(&p, row->source, why, sizeof(why)) == 0 &&
		    prefix_contains(&p, source))
			return true;
	}
	return false;
}

struct look {
	char source[ADDR_TEXT];
	bool found;
};

static void on_session(void *ctx, const struct login *l)
{
	struct look *look = ctx;

	look->found |= l->row.role != SESSION_ROLE_EXTENSION &&
		       strcmp(l->row.source, look->source) == 0;
}

bool known_source(const struct known *k, const struct addr *source)
{
	struct look look = { .found = false };

	if (addr_is_private(source) || is_allowed(k, source))
		return true;
	addr_format(source, look.source);
	sessions_each(k->sessions, on_session, &look);
	return look.found;
}

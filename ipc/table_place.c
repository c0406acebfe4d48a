#include "table_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "firewall_bus.h"
#include "guard_bus.h"
#include "media_bus.h"
#include "route_bus.h"
#include "sip_bus.h"
#include "web_bus.h"

static const struct bus_iface *const daemons[] = {
	&sip_iface,   &media_iface,    &route_iface,
	&guard_iface, &firewall_iface, &web_iface,
};

const struct bus_iface *table_owner(const struct record *r)
{
	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++) {
		if (r->owner && strcmp(daemons[i]->daemon, r->owner) == 0)
			return daemons[i];
	}
	return NULL;
}

int table_path(const struct record *r, char path[TABLE_PATH])
{
	const struct bus_iface *owner = table_owner(r);

	if (!owner)
		return -ENOENT;
	snprintf(path, TABLE_PATH, "%s/%s", owner->path, r->name);
	return 0;
}

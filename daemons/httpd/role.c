#include "role.h"

#include <string.h>

#include "firewall_bus.h"
#include "guard_bus.h"
#include "media_bus.h"
#include "route_bus.h"
#include "sip_bus.h"

/* Every other table: administrators write, readers read. */
static const struct {
	const struct record *table;
	enum role_set read;
	enum role_set write;
} exceptions[] = {
	{ &account_record, ROLE_ADMIN, ROLE_ADMIN },
	{ &session_record, ROLE_ADMIN, ROLE_ADMIN },
	{ &extension_record, ROLE_STAFF, ROLE_ADMIN },
	{ &binding_record, ROLE_STAFF, ROLE_ADMIN },
	{ &call_record, ROLE_STAFF, ROLE_ADMIN },
};

static const struct role_method methods[] = {
	{ &sip_iface, SIP_REGISTRATIONS, ROLE_STAFF, false },
	{ &sip_iface, SIP_CALLS, ROLE_STAFF, false },
	{ &sip_iface, SIP_TEST_TRUNK, ROLE_ADMIN, true },
	{ &sip_iface, SIP_HANGUP, ROLE_ADMIN | ROLE_OPERATOR, true },
	{ &sip_iface, SIP_ORIGINATE, ROLE_ADMIN | ROLE_OPERATOR, true },
	{ &guard_iface, GUARD_REJECT, ROLE_ADMIN, true },
	{ &guard_iface, GUARD_UNREJECT, ROLE_ADMIN, true },
	{ &guard_iface, GUARD_INCIDENTS, ROLE_LOOK, false },
	{ &guard_iface, GUARD_WOULD_BAN, ROLE_LOOK, false },
	{ &guard_iface, GUARD_WOULD_BAN_WHOM, ROLE_LOOK, false },
	{ &route_iface, ROUTE_RECORDS, ROLE_LOOK, false },
	{ &route_iface, ROUTE_IMPORT_RATES, ROLE_ADMIN, true },
	{ &route_iface, ROUTE_TOTALS, ROLE_LOOK, false },
	{ &route_iface, ROUTE_EXPLAIN, ROLE_LOOK, false },
	{ &route_iface, ROUTE_EXPLAIN_INBOUND, ROLE_LOOK, false },
	{ &route_iface, ROUTE_EXPOSURE, ROLE_LOOK, false },
	{ &route_iface, ROUTE_SHADOWED, ROLE_LOOK, false },
	{ &route_iface, ROUTE_RISKS, ROLE_LOOK, false },
	{ &route_iface, ROUTE_HOURS, ROLE_LOOK, false },
	{ &route_iface, ROUTE_UNLOCK, ROLE_ADMIN, true },
	{ &firewall_iface, FIREWALL_NETWORKS, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_ENTRIES, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_WOULD, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_COUNTERS, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_PREFLIGHT, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_RATES, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_WOULD_EXCEED, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_TRIAL, ROLE_LOOK, false },
	{ &firewall_iface, FIREWALL_CONFIRM, ROLE_ADMIN, true },
	{ &firewall_iface, FIREWALL_EXTEND, ROLE_ADMIN, true },
	{ &firewall_iface, FIREWALL_ROLLBACK, ROLE_ADMIN, true },
	{ &media_iface, MEDIA_LOAD, ROLE_LOOK, false },
};

enum role_set role_may_read(const struct record *table)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (exceptions[i].table == table)
			return exceptions[i].read;
	return ROLE_LOOK;
}

enum role_set role_may_write(const struct record *table)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (exceptions[i].table == table)
			return exceptions[i].write;
	return ROLE_ADMIN;
}

const struct record *role_table(const char *daemon, const char *name)
{
	for (size_t i = 0; all_records[i]; i++) {
		const struct record *r = all_records[i];

		if ((r->kind == RECORD_TABLE || r->kind == RECORD_LIVE) &&
		    r->owner && !strcmp(r->owner, daemon) &&
		    !strcmp(r->name, name))
			return r;
	}
	return NULL;
}

const struct role_method *role_method(const char *daemon, const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const struct bus_iface *iface = methods[i].iface;

		if (!strcmp(iface->daemon, daemon) &&
		    !strcmp(iface->methods[methods[i].method].name, name))
			return &methods[i];
	}
	return NULL;
}

const struct role_method *role_method_table(size_t *n)
{
	*n = sizeof(methods) / sizeof(methods[0]);
	return methods;
}

/* A pattern such as tables, slash, star, against the segments. */
static bool fits(const char *pattern, const char *const *seg, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(pattern, "/");

		if (!len)
			return false;
		if (!(len == 1 && pattern[0] == '*') &&
		    (strlen(seg[i]) != len || memcmp(pattern, seg[i], len)))
			return false;
		pattern += len;
		if (i + 1 < n && *pattern++ != '/')
			return false;
	}
	return n && !*pattern;
}

const struct route *route_find(const char *const *seg, size_t n,
			       enum http_method method, unsigned *allowed)
{
	size_t n_routes;
	const struct route *table = route_table(&n_routes);

	*allowed = 0;
	for (size_t i = 0; i < n_routes; i++) {
		if (!fits(table[i].pattern, seg, n))
			continue;
		if (table[i].method == method)
			return &table[i];
		*allowed |= table[i].method;
	}
	return NULL;
}

#include "kind.h"

#include <assert.h>
#include <string.h>

static const struct kind kinds[] = {
	[REPORT_KIND_CREDENTIAL] = { INCIDENT_KIND_CREDENTIAL,
				     INCIDENT_LEVEL_INFO,
				     true,
				     { "sipd", "httpd" } },
	[REPORT_KIND_SCANNER] = { INCIDENT_KIND_SCANNER,
				  INCIDENT_LEVEL_INFO,
				  true,
				  { "sipd", "httpd" } },
	[REPORT_KIND_MALFORMED] = { INCIDENT_KIND_MALFORMED,
				    INCIDENT_LEVEL_INFO,
				    true,
				    { "sipd", "httpd" } },
	[REPORT_KIND_FORGED] = { INCIDENT_KIND_FORGED,
				 INCIDENT_LEVEL_INFO,
				 true,
				 { "sipd", "httpd" } },
	[REPORT_KIND_FOREIGN_MEDIA] = { INCIDENT_KIND_FOREIGN_MEDIA,
					INCIDENT_LEVEL_WARNING,
					true,
					{ "mediad", "sipd" } },
	[REPORT_KIND_DEFENSE] = { INCIDENT_KIND_DEFENSE,
				  INCIDENT_LEVEL_WARNING,
				  false,
				  { "fwd" } },
	[REPORT_KIND_PIN] = { INCIDENT_KIND_PIN,
			      INCIDENT_LEVEL_INFO,
			      false,
			      { "routed" } },
	[REPORT_KIND_PIN_LOCK] = { INCIDENT_KIND_PIN_LOCK,
				   INCIDENT_LEVEL_ALARM,
				   false,
				   { "routed" } },
	[REPORT_KIND_BRAKE] = { INCIDENT_KIND_BRAKE,
				INCIDENT_LEVEL_WARNING,
				false,
				{ "routed" } },
	[REPORT_KIND_KILL_SWITCH] = { INCIDENT_KIND_KILL_SWITCH,
				      INCIDENT_LEVEL_ALARM,
				      false,
				      { "routed" } },
	[REPORT_KIND_ALARM] = { INCIDENT_KIND_ALARM,
				INCIDENT_LEVEL_ALARM,
				false,
				{ "sipd", "mediad", "routed" } },
	/* Most are nothing: got_in.h. */
	[REPORT_KIND_ACCEPTED] = { INCIDENT_KIND_GOT_IN,
				   INCIDENT_LEVEL_WARNING,
				   false,
				   { "sipd", "httpd" } },
};

const struct kind *kind_of(enum report_kind kind)
{
	assert((size_t)kind < sizeof(kinds) / sizeof(*kinds));
	return &kinds[kind];
}

/* Whoever stands at a door speaks of that door: one that was taken over must
   not have the administrator shut out of another. */
static bool at_own_door(const char *actor, const char *service)
{
	static const char *const doors[][2] = {
		{ "sipd", "sip" },
		{ "mediad", "sip" },
		{ "httpd", "https" },
	};

	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++)
		if (strcmp(doors[i][0], actor) == 0)
			return strcmp(doors[i][1], service) == 0;
	return false;
}

bool kind_may(const struct report *r, const char *actor)
{
	static const char *const daemons[] = { "sipd",   "mediad", "routed",
					       "guardd", "fwd",    "httpd" };
	const struct kind *k = kind_of(r->kind);
	bool daemon = false;

	for (size_t i = 0; i < sizeof(daemons) / sizeof(*daemons); i++)
		daemon |= strcmp(daemons[i], actor) == 0;
	if (!daemon)
		return true;
	if ((k->stranger || r->kind == REPORT_KIND_ACCEPTED) &&
	    !at_own_door(actor, r->service))
		return false;
	for (size_t i = 0; i < sizeof(k->from) / sizeof(*k->from); i++)
		if (k->from[i] && strcmp(k->from[i], actor) == 0)
			return true;
	return false;
}

enum incident_level kind_level(const struct report *r)
{
	if (r->level == REPORT_LEVEL_AUTO)
		return kind_of(r->kind)->level;
	return (enum incident_level)(r->level - REPORT_LEVEL_INFO);
}

#include "row_check.h"

#include <string.h>

#include "hours.h"
#include "pattern.h"
#include "zone.h"

enum { WHY = 180 };

int check_dial_plan(const struct dial_plan *row, struct issue *issue)
{
	if (strcmp(row->name, "default") == 0 && *row->rules)
		return issue_set(issue, "rules",
				 "the plan default has all rules, always: "
				 "leave it empty, or make another plan");
	return 0;
}

static int check_prepend(const char *prepend, struct issue *issue)
{
	if (strchr(prepend, '+') && strrchr(prepend, '+') != prepend)
		return issue_set(issue, "prepend", "a + stands in front only");
	return 0;
}

int check_dial_rule(const struct dial_rule *row, struct issue *issue)
{
	struct pattern p;
	char why[WHY];

	if (pattern_parse(&p, row->pattern, why, sizeof(why)))
		return issue_set(issue, "pattern", "%s", why);
	if (row->strip > pattern_shortest(&p))
		return issue_set(issue, "strip",
				 "deletes %u digits, but the shortest number "
				 "of %s has %zu",
				 row->strip, row->pattern,
				 pattern_shortest(&p));
	return check_prepend(row->prepend, issue);
}

static int check_pattern(const char *field, const char *text,
			 struct issue *issue)
{
	struct pattern p;
	char why[WHY];

	if (*text && pattern_parse(&p, text, why, sizeof(why)))
		return issue_set(issue, field, "%s", why);
	return 0;
}

int check_inbound_rule(const struct inbound_rule *row, struct issue *issue)
{
	int rc = check_pattern("did", row->did, issue);

	return rc ? rc : check_pattern("caller", row->caller, issue);
}

static int check_hours(const char *field, const char *text, struct issue *issue)
{
	struct hours h;
	char why[WHY];

	if (hours_parse(&h, text, why, sizeof(why)))
		return issue_set(issue, field, "%s", why);
	return 0;
}

int check_time_rule(const struct time_rule *row, struct issue *issue)
{
	char why[WHY];
	struct zone *z = zone_load(row->zone, why, sizeof(why));

	if (!z)
		return issue_set(issue, "zone", "%s", why);
	zone_free(z);
	return check_hours("hours", row->hours, issue);
}

int check_holiday(const struct holiday *row, struct issue *issue)
{
	struct days d;
	char why[WHY];
	int n = days_parse(&d, row->date, why, sizeof(why));

	if (n < 0)
		return issue_set(issue, "date", "%s", why);
	if (row->date[n])
		return issue_set(issue, "date",
				 "one date or one range of dates, as in "
				 "2026-12-25, 12-25 or 12-24..12-26");
	return 0;
}

int check_settings(const struct route_settings *row, struct issue *issue)
{
	if (row->country[strspn(row->country, "0123456789")] ||
	    *row->country == '0')
		return issue_set(issue, "country",
				 "a country code is digits, as in 49");
	return check_hours("night", row->night, issue);
}

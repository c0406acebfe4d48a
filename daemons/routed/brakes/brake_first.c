#include "brake_first.h"

#include <stdio.h>

#include "log.h"
#include "records.h"
#include "table.h"

/* What no small office does on a usual day; each warns long before it acts. */
static const struct {
	const char *name;
	enum brake_kind kind;
	enum brake_scope scope;
	uint32_t warn, act;
} rows[] = {
	{ "calls-a-minute", BRAKE_KIND_CALLS_PER_MINUTE, BRAKE_SCOPE_EXTENSION,
	  10, 20 },
	{ "calls-an-hour", BRAKE_KIND_CALLS_PER_HOUR, BRAKE_SCOPE_EXTENSION, 60,
	  150 },
	{ "calls-at-once", BRAKE_KIND_CALLS_AT_ONCE, BRAKE_SCOPE_ALL, 10, 0 },
	{ "at-night", BRAKE_KIND_NIGHT_CALLS, BRAKE_SCOPE_EXTENSION, 1, 10 },
	{ "on-holidays", BRAKE_KIND_HOLIDAY_CALLS, BRAKE_SCOPE_EXTENSION, 3,
	  20 },
	{ "new-countries", BRAKE_KIND_NEW_COUNTRY, BRAKE_SCOPE_EXTENSION, 1,
	  5 },
	{ "one-pin-twice", BRAKE_KIND_PIN_PARALLEL, BRAKE_SCOPE_ALL, 2, 4 },
};

void brake_first(struct table *brakes)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct brake row;

		record_init(&brake_record, &row);
		snprintf(row.name, sizeof(row.name), "%s", rows[i].name);
		row.kind = rows[i].kind;
		row.scope = rows[i].scope;
		row.warn = rows[i].warn;
		row.act = rows[i].act;
		row.action =
			rows[i].act ? BRAKE_ACTION_REFUSE : BRAKE_ACTION_ALERT;
		if (table_put(brakes, "routed", row.name, &row, NULL, NULL))
			log_err("brake %s could not be kept", row.name);
	}
}

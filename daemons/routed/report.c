#include "report.h"

#include <stdio.h>

#include "bus.h"
#include "guard_bus.h"
#include "log.h"

static void on_reported(void *ctx, const struct bus_error *error,
			const void *out)
{
	(void)ctx;
	(void)out;
	if (error)
		log_warn("guardd did not take a report: %s", error->text);
}

void report_send_whole(struct bus *bus, const struct report *r)
{
	log_warn("%s%s%s%s%s", r->account, *r->account ? ": " : "", r->detail,
		 *r->outcome ? ": " : "", r->outcome);
	if (bus_call(bus, &guard_iface, GUARD_REPORT, r, 0, on_reported, NULL))
		log_warn("no memory to report this to guardd");
}

void report_send(struct bus *bus, uint32_t kind, const char *account,
		 const char *source, const char *detail)
{
	struct report r;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "sip");
	r.kind = kind;
	snprintf(r.source, sizeof(r.source), "%s", source);
	snprintf(r.account, sizeof(r.account), "%s", account);
	snprintf(r.detail, sizeof(r.detail), "%s", detail);
	report_send_whole(bus, &r);
}

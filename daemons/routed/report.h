/* What routed tells guardd of what happens in the house; never a try. */
#pragma once

#include "records.h"

struct bus;

/* Sends it and asks for nothing back; one that is lost (guardd is away) stands
   in the log only. source is "" where no phone is known. */
void report_send(struct bus *bus, uint32_t kind, const char *account,
		 const char *source, const char *detail);

/* The same, filled by the caller: with a level, and how it ended. */
void report_send_whole(struct bus *bus, const struct report *r);

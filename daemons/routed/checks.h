/* routed's rules for its tables, in the shape that ipc/table.h asks for; what
   they say is in plan/row_check.h. ctx is the daemon. */
#pragma once

#include <stdbool.h>

struct issue;

int checks_settings(void *ctx, const void *old, void *row, bool force,
		    struct issue *issue);
int checks_emergency(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue);
int checks_dial_plan(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue);
int checks_dial_rule(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue);
int checks_time_rule(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue);
int checks_holiday(void *ctx, const void *old, void *row, bool force,
		   struct issue *issue);
int checks_credit(void *ctx, const void *old, void *row, bool force,
		  struct issue *issue);
int checks_rate(void *ctx, const void *old, void *row, bool force,
		struct issue *issue);
int checks_inbound_rule(void *ctx, const void *old, void *row, bool force,
			struct issue *issue);
int checks_pin(void *ctx, const void *old, void *row, bool force,
	       struct issue *issue);
int checks_brake(void *ctx, const void *old, void *row, bool force,
		 struct issue *issue);

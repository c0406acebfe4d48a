/*
 * What a row must be beyond its fields, for the tables that a plan is made of.
 * Pure but for zones, which are files. 0, or -EINVAL and *issue.
 */
#pragma once

#include "records.h"

int check_dial_plan(const struct dial_plan *row, struct issue *issue);
int check_dial_rule(const struct dial_rule *row, struct issue *issue);
int check_inbound_rule(const struct inbound_rule *row, struct issue *issue);
int check_time_rule(const struct time_rule *row, struct issue *issue);
int check_holiday(const struct holiday *row, struct issue *issue);
int check_settings(const struct route_settings *row, struct issue *issue);

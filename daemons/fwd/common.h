/*
 * Common rules: rows that people write, top-down, the first one that fits
 * decides (SPEC 7). Pure: rows to rules of the chain `common`, and what is
 * wrong with a row.
 */
#pragma once

#include "ruleset.h"

struct issue;
struct networks;

/* The built-in row that is not the schema's default. */
#define COMMON_AMI "ami"

/*
 * Completes a new built-in row; brings the MAC address into its stored form. 0,
 * or -EINVAL and *issue says what to do. locals: the local networks, now.
 */
int common_check(struct common_rule *row, bool is_new,
		 const struct networks *locals, struct issue *issue);

/* rs->in.common as rules. */
void common_put(struct ruleset *rs);
/* Each row has a counter, common_<name>, also while it is off. */
void common_put_counters(struct ruleset *rs);

/* "00:1a:2b:3c:4d:5e", also with "-". 0 and six bytes, or -EINVAL. */
int common_mac(uint8_t mac[6], const char *text);

/* The counter of a row. */
void common_counter(char name[RULESET_NAME], const char *row);

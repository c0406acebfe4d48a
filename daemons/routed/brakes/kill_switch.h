/*
 * The kill switch (SPEC 5): while it is thrown every call to the outside that
 * goes on is ended, and none begins; emergency calls alone are spared. Which
 * calls may begin is the decision's (plan/gates.c); here the others are ended.
 */
#pragma once

#include <stdbool.h>

struct books;
struct bus;
struct event_base;
struct kill_switch;

/* NULL: no memory. */
struct kill_switch *kill_switch_new(struct event_base *base, struct bus *bus,
				    const struct books *books);
void kill_switch_free(struct kill_switch *k);

/*
 * As the settings say, at the start and at each change; `actor` threw it, NULL:
 * it was so before. All calls that go on are told to end before it returns, and
 * again each second, should sipd not have heard.
 */
void kill_switch_set(struct kill_switch *k, bool thrown, const char *actor);
bool kill_switch_thrown(const struct kill_switch *k);

/*
 * A bus of the test's own: a dbus-daemon in a temporary directory, ended by its
 * process id, and by the kernel should the test die.
 */
#pragma once

#include <sys/types.h>

struct event_base;

enum { BUS_FIXTURE_PATH = 128 };

struct bus_fixture {
	char dir[64]; /* also for run directories */
	char address[BUS_FIXTURE_PATH];
	pid_t pid;
};

/* Returns when it listens. policy: a file with a <busconfig> to include, or
   NULL: everybody may do everything. */
void bus_fixture_start(struct bus_fixture *f, const char *policy);

/* Kills it, and starts it again at the same address. */
void bus_fixture_kill(struct bus_fixture *f);
void bus_fixture_again(struct bus_fixture *f);

void bus_fixture_stop(struct bus_fixture *f);

/* Turns the loop until *done; aborts after 10 s. */
void loop_until(struct event_base *base, const int *done);

/* Turns the loop until *count is n. */
void loop_until_count(struct event_base *base, const int *count, int n);

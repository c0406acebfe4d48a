/*
 * Numbers as the telephone network has them: what is sent over a trunk, and
 * which number of the world that is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "records.h"

/*
 * Takes `strip` characters away in front of `dialled`, puts `prepend` there.
 * false: nothing is left, it is too long, or it is no number any more (a + in
 * the middle); then *why says so.
 */
bool number_change(const char *dialled, unsigned strip, const char *prepend,
		   char *sent, size_t size, const char **why);

/*
 * The number in international digits, without +: after + or the international
 * prefix; or behind the box's own country code, after the national prefix.
 * "": it cannot be told (no country set, a local number, a code such as *21#).
 */
void number_world(const struct route_settings *s, const char *sent, char *world,
		  size_t size);

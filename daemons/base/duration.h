/*
 * How long, in words for people: "45 s", "10 min", "1 h 30 min". The web pages
 * say it in the same words (httpd/www/src/text.ts).
 */
#pragma once

#include <stdint.h>

enum { DURATION_TEXT = 32 }; /* room for "213503982334601 d 23 h" and NUL */

/* The two largest units; what is smaller is left out. Returns text. */
const char *duration_format(uint64_t seconds, char text[DURATION_TEXT]);

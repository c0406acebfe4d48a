/* A key in the body of an INFO, in the two forms that phones send. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 *	application/dtmf-relay	"Signal=5\r\nDuration=160\r\n"
 *	application/dtmf	"5"
 *
 * 10 and 11 stand for * and #. Returns 0-9 * # A-D, or 0 for none.
 */
char call_key(const char *type, const uint8_t *body, size_t n);

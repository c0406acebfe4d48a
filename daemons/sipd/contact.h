/*
 * Contact URIs as text: what may be registered, and which two are the same
 * (RFC 3261 section 19.1.4). Pure; reads peers' bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May this be kept as a binding: sip or sips, printable, with a host, without
   headers, short enough for the row? */
bool contact_good(const char *uri);

bool contact_equal(const char *a, const char *b);

/* Its port; `dflt` when it names none that can be. */
uint16_t contact_port(const char *uri, uint16_t dflt);

/* The q parameter in thousandths; absent or unreadable: 1000. */
uint32_t contact_q(const char *q);

/* Seconds of an expires parameter or header; -1: absent or unreadable (the
   default applies, RFC 3261 section 20.10). */
int64_t contact_expires(const char *text);

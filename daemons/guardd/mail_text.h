/* A mail of alerts, as text (RFC 5322). Pure. */
#pragma once

#include "alerts.h"

/*
 * malloc'd, lines end with LF (the mail program makes CRLF of them); NULL: no
 * memory. Recipients stand in To. `host` is this box's name. What strangers
 * wrote stands in the body only, never in a header.
 */
char *mail_text(const struct alert_digest *d, const char *host);

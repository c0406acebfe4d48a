/* Texts of ours made fit for a SIP header (RFC 3261 section 25.1). */
#pragma once

#include <stddef.h>

/* A display name, to stand between quotes; control characters are left out. */
void uri_quoted(char *out, size_t size, const char *name);

/* A user part: what may not stand there as it is becomes %XX. Cut to size. */
void uri_user(char *out, size_t size, const char *user);

/* A host as a URI has it: IPv6 addresses in brackets. */
void uri_host(char *out, size_t size, const char *host);

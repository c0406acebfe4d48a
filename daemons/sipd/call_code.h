/* SIP codes in the life of a call: which one wins, what it is called. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Is `code` the better one to tell the caller (RFC 3261 section 16.7)? */
bool call_code_better(uint32_t code, uint32_t than);

/* What the caller is told when its callees said `code`: nothing about how our
   phones are connected. */
uint32_t call_code_for_caller(uint32_t code);

/* enum cdr_disposition of a call that nobody answered. */
uint32_t call_code_disposition(uint32_t code);

/* In words, for records; never NULL. */
const char *call_code_text(uint32_t code);

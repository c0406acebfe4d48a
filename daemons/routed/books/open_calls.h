/*
 * The open calls over trunks: whose they are, and what they hold in the
 * purses. In memory; reserve.c writes them down before a trunk is dialled,
 * settle.c takes them out with their record.
 */
#pragma once

#include "credit.h"
#include "records.h"

struct open_calls;

/* Neither is owned. NULL: no memory. */
struct open_calls *open_calls_new(struct purses *purses);
void open_calls_free(struct open_calls *o);

/* NULL: none of that id. Valid until the next change. */
const struct open_call *open_calls_find(const struct open_calls *o,
					const char *call);

/* Puts a call as it is now, in the place of what it was before; its holds are
   moved. 0 or -ENOMEM, and then nothing has changed. */
int open_calls_put(struct open_calls *o, const struct open_call *call);
/* Takes it out, and gives back what it holds. */
void open_calls_remove(struct open_calls *o, const char *call);

/* Alive as seen from outside: not on disk, nothing held. */
void open_calls_alive(struct open_calls *o, const char *call, uint64_t alive_ms,
		      uint32_t talk_s);

typedef void (*open_call_fn)(void *ctx, const struct open_call *call);
/* fn may remove the call it was given. */
void open_calls_each(const struct open_calls *o, open_call_fn fn, void *ctx);
size_t open_calls_count(const struct open_calls *o);

/* How many go on now; emergency calls are not counted. */
uint32_t open_calls_of(const struct open_calls *o, enum scope scope,
		       const char *who);

/* The call as credit.h asks for it; `held` (NULL: none) is what it is now. */
void open_call_credit(const struct open_call *call,
		      const struct open_call *held, struct credit_call *out);
/* Whose purses it counts in; the texts are the call's. */
void open_call_whose(const struct open_call *call, const char *who[N_SCOPES]);
struct price open_call_price(const struct open_call *call);

/*
 * The names of addresses for who asks, the API or the bus: from DNS (reverse.h)
 * if the settings let us. struct httpd owns what is kept of them.
 */
#pragma once

#include <stdbool.h>

#include "addr.h"

#include "reverse.h"

struct httpd;
struct name_answer;

/* What can be told without asking anybody. False: `out` is untouched. */
bool names_known(struct httpd *h, const struct addr *addr,
		 struct name_answer *out);

/* As reverse_ask(). */
int names_ask(struct httpd *h, const struct addr *addr, reverse_done_fn done,
	      void *ctx);
/* As reverse_forget(). */
void names_forget(struct httpd *h, void *ctx);

/* What was found, as a record. */
void names_answer(const struct reverse_answer *found, struct name_answer *out);

#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "records.h"

#include "httpd.h"

/* The network that stands and falls with it: what can be shut out by a rule, or
   by a ban of IPv6. */
static void network_of(const struct addr *addr, char text[ADDR_TEXT])
{
	struct prefix p;

	prefix_of_source(&p, addr);
	if (addr->family == AF_INET) {
		p.len = 24;
		p.addr.bytes[3] = 0;
	}
	prefix_format(&p, text);
}

static void fill(struct name_answer *out, const struct addr *addr,
		 enum name_answer_state state, const char *name)
{
	record_init(&name_answer_record, out);
	addr_format(addr, out->address);
	network_of(addr, out->network);
	out->state = state;
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
}

void names_answer(const struct reverse_answer *found, struct name_answer *out)
{
	static const enum name_answer_state states[] = {
		[REVERSE_NONE] = NAME_ANSWER_STATE_NONE,
		[REVERSE_SILENT] = NAME_ANSWER_STATE_SILENT,
		[REVERSE_CLAIMED] = NAME_ANSWER_STATE_CLAIMED,
		[REVERSE_CONFIRMED] = NAME_ANSWER_STATE_CONFIRMED,
	};

	fill(out, &found->addr, states[found->state], found->name);
}

bool names_known(struct httpd *h, const struct addr *addr,
		 struct name_answer *out)
{
	const struct reverse_answer *found;

	if (!httpd_settings(h)->reverse_dns) {
		fill(out, addr, NAME_ANSWER_STATE_OFF, "");
		return true;
	}
	found = h->reverse ? reverse_known(h->reverse, addr) : NULL;
	if (found)
		names_answer(found, out);
	return found != NULL;
}

int names_ask(struct httpd *h, const struct addr *addr, reverse_done_fn done,
	      void *ctx)
{
	/* nothing of DNS is there before the first question */
	if (!h->reverse)
		h->reverse = reverse_new(h->service->base);
	return h->reverse ? reverse_ask(h->reverse, addr, done, ctx) : -ENOMEM;
}

void names_forget(struct httpd *h, void *ctx)
{
	reverse_forget(h->reverse, ctx);
}

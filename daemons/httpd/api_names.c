/* GET /names/ADDRESS: what reverse DNS says of an address, if the settings let
   us ask. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

#include "records.h"

#include "httpd.h"
#include "reverse.h"
#include "session.h"

/* Of one session, for addresses that are not known. */
enum { BURST = 20, PER_S = 1 };

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

static void reply(struct request *r, const struct addr *addr, const char *state,
		  const char *name)
{
	char address[ADDR_TEXT], network[ADDR_TEXT];

	addr_format(addr, address);
	network_of(addr, network);
	http_reply_json(r, 200,
			json_pack("{ss ss ss ss}", "address", address,
				  "network", network, "state", state, "name",
				  name));
}

static void reply_answer(struct request *r, const struct reverse_answer *answer)
{
	static const char *const states[] = {
		[REVERSE_NONE] = "none",
		[REVERSE_SILENT] = "silent",
		[REVERSE_CLAIMED] = "claimed",
		[REVERSE_CONFIRMED] = "confirmed",
	};

	reply(r, &answer->addr, states[answer->state], answer->name);
}

static void on_gone(struct request *r)
{
	struct httpd *h = r->user;

	reverse_forget(h->reverse, r);
}

static void on_answer(void *ctx, const struct reverse_answer *answer)
{
	struct request *r = ctx;

	r->gone = NULL;
	reply_answer(r, answer);
}

static bool may_ask(struct request *r)
{
	struct login *l = r->session;

	if (!l->names.burst)
		rate_init(&l->names, BURST, PER_S);
	if (rate_take(&l->names, clock_mono_ms()))
		return true;
	http_reply_error(r, 429, "TooMany", NULL,
			 "Too many names are asked for: one a second.");
	return false;
}

static void ask(struct httpd *h, struct request *r, const struct addr *addr)
{
	int err = -ENOMEM;

	if (!h->reverse)
		h->reverse = reverse_new(h->service->base);
	if (h->reverse) {
		const struct reverse_answer *known =
			reverse_known(h->reverse, addr);

		if (known) {
			reply_answer(r, known);
			return;
		}
		if (!may_ask(r))
			return;
		err = reverse_ask(h->reverse, addr, on_answer, r);
	}
	if (err == -EBUSY) {
		http_reply_error(r, 409, "Busy", NULL,
				 "Too many names are asked for just now: try "
				 "again in a moment.");
	} else if (err) {
		http_reply_json(r, 507, NULL);
	} else {
		r->user = h;
		r->gone = on_gone;
	}
}

void api_name(struct httpd *h, struct request *r)
{
	struct addr addr;

	if (addr_parse(&addr, r->seg[3]))
		http_reply_error(r, 422, "Invalid", "address",
				 "one address, such as 203.0.113.9: a network "
				 "has no name");
	else if (!httpd_settings(h)->reverse_dns)
		reply(r, &addr, "off", "");
	else
		ask(h, r, &addr);
}

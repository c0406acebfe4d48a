/* GET /names/ADDRESS: what reverse DNS says of an address. */
#include <errno.h>

#include "clock.h"

#include "record_json.h"
#include "records.h"

#include "httpd.h"
#include "names.h"
#include "session.h"

/* Of one session, for addresses that are not known. */
enum { BURST = 20, PER_S = 1 };

static void reply(struct request *r, const struct name_answer *answer)
{
	http_reply_json(r, 200, record_to_json(&name_answer_record, answer));
}

static void on_gone(struct request *r)
{
	names_forget(r->user, r);
}

static void on_answer(void *ctx, const struct reverse_answer *found)
{
	struct name_answer answer;
	struct request *r = ctx;

	r->gone = NULL;
	names_answer(found, &answer);
	reply(r, &answer);
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
	int err = names_ask(h, addr, on_answer, r);

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
	struct name_answer known;
	struct addr addr;

	if (addr_parse(&addr, r->seg[3]))
		http_reply_error(r, 422, "Invalid", "address",
				 "one address, such as 203.0.113.9: a network "
				 "has no name");
	else if (names_known(h, &addr, &known))
		reply(r, &known);
	else if (may_ask(r))
		ask(h, r, &addr);
}

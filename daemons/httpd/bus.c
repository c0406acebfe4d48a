/* org.sallyport.Web1: unpacks, calls a module, packs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "addr.h"
#include "secret.h"

#include "bus.h"
#include "web_bus.h"

#include "audit.h"
#include "httpd.h"
#include "names.h"
#include "session.h"
#include "signin.h"

static void add_session(void *ctx, const struct login *l)
{
	bus_reply_row(ctx, &l->row);
}

static void on_sessions(void *ctx, struct bus_req *req, const void *in)
{
	struct httpd *h = ctx;

	(void)in;
	sessions_each(h->sessions, add_session, req);
	bus_reply_end(req);
}

static void add_audit(void *ctx, const struct audit *row)
{
	bus_reply_row(ctx, row);
}

static void on_audit(void *ctx, struct bus_req *req, const void *in)
{
	const struct records_ask *ask = in;
	struct httpd *h = ctx;

	if (ask->filter[0]) {
		bus_reply_error(req, "Invalid",
				"filter: this list knows no filter");
		return;
	}
	audit_each(h->audit, ask->limit, add_audit, req);
	bus_reply_end(req);
}

struct reset {
	struct bus_req *req;
	char account[33];
};

static void on_made(void *ctx, const char *password, const char *error)
{
	struct reset *r = ctx;
	struct web_password out;

	if (error) {
		bus_reply_error(r->req, "Busy", "%s", error);
	} else {
		record_init(&web_password_record, &out);
		(void)snprintf(out.account, sizeof(out.account), "%s",
			       r->account);
		(void)snprintf(out.password, sizeof(out.password), "%s",
			       password);
		bus_reply(r->req, &out);
		secret_wipe(&out, sizeof(out));
	}
	free(r);
}

static void on_reset(void *ctx, struct bus_req *req, const void *in)
{
	const struct web_reset *ask = in;
	struct reset *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (r) {
		r->req = req;
		(void)snprintf(r->account, sizeof(r->account), "%s",
			       ask->account);
		err = signin_make(ctx, bus_req_actor(req), ask->account,
				  on_made, r);
	}
	if (!err)
		return;
	free(r);
	if (err == -ENOENT)
		bus_reply_error(req, "NoSuch", "no account %s", ask->account);
	else
		bus_reply_error(req, "Busy", "try again");
}

static void on_name(void *ctx, const struct reverse_answer *found)
{
	struct name_answer out;

	names_answer(found, &out);
	bus_reply(ctx, &out);
}

static void on_name_of(void *ctx, struct bus_req *req, const void *in)
{
	const struct name_ask *ask = in;
	struct name_answer known;
	struct addr addr;

	if (addr_parse(&addr, ask->address))
		bus_reply_error(req, "Invalid",
				"address: one address, such as 203.0.113.9: a "
				"network has no name");
	else if (names_known(ctx, &addr, &known))
		bus_reply(req, &known);
	else if (names_ask(ctx, &addr, on_name, req))
		bus_reply_error(req, "Busy", "try again in a moment");
}

int httpd_export(struct httpd *h)
{
	static const bus_method_fn fns[WEB_N_METHODS] = {
		[WEB_SESSIONS] = on_sessions,
		[WEB_RESET_PASSWORD] = on_reset,
		[WEB_AUDIT] = on_audit,
		[WEB_NAME_OF] = on_name_of,
	};

	return bus_export(h->service->bus, &web_iface, fns, h);
}

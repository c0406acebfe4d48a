#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bus.h"

#include "account.h"
#include "audit.h"
#include "conn.h"
#include "events.h"
#include "httpd.h"
#include "role.h"
#include "session.h"
#include "signin.h"
#include "static.h"

/*
 * Every path there is. A path that is not here does not exist; a role that is
 * not named may not. What a role may do to which table, or with which bus
 * method, stands in role.c.
 */
static const struct route routes[] = {
	{ HTTP_GET, "session", ROLE_ALL, true, true, 0, api_session_get },
	{ HTTP_POST, "session", ROLE_ALL, true, true, BODY_SMALL,
	  signin_session },
	{ HTTP_DELETE, "session", ROLE_ALL, false, true, BODY_SMALL,
	  api_session_delete },
	{ HTTP_POST, "password", ROLE_STAFF, false, true, BODY_SMALL,
	  signin_password },
	{ HTTP_POST, "accounts/*/reset", ROLE_ADMIN, false, false, BODY_SMALL,
	  signin_reset },
	{ HTTP_GET, "audit", ROLE_LOOK, false, false, 0, api_audit },
	{ HTTP_GET, "tables", ROLE_STAFF, false, false, 0, api_tables },
	{ HTTP_GET, "tables/*/*", ROLE_STAFF, false, false, 0, api_table_list },
	{ HTTP_GET, "tables/*/*/_journal", ROLE_LOOK, false, false, 0,
	  api_table_journal },
	{ HTTP_GET, "tables/*/*/*", ROLE_STAFF, false, false, 0,
	  api_table_get },
	{ HTTP_POST, "tables/*/*", ROLE_ADMIN, false, false, HTTP_BODY_MAX,
	  api_table_create },
	{ HTTP_PATCH, "tables/*/*/*", ROLE_ADMIN, false, false, HTTP_BODY_MAX,
	  api_table_patch },
	{ HTTP_DELETE, "tables/*/*/*", ROLE_ADMIN, false, false, BODY_SMALL,
	  api_table_delete },
	{ HTTP_POST, "tables/*/*/_apply", ROLE_ADMIN, false, false,
	  HTTP_BODY_MAX, api_table_apply },
	{ HTTP_POST, "tables/*/*/_check", ROLE_ADMIN, false, false,
	  HTTP_BODY_MAX, api_table_check },
	{ HTTP_POST, "tables/*/*/_move", ROLE_ADMIN, false, false, BODY_SMALL,
	  api_table_move },
	{ HTTP_GET, "methods/*/*", ROLE_STAFF, false, false, 0, api_method },
	/* a file in parts: larger than what other methods are told */
	{ HTTP_POST, "methods/routed/ImportRates", ROLE_ADMIN, false, false,
	  BODY_PART, api_method },
	{ HTTP_POST, "methods/*/*", ROLE_STAFF, false, false, BODY_SMALL,
	  api_method },
	{ HTTP_GET, "status", ROLE_STAFF, false, false, 0, api_status },
	{ HTTP_GET, "forms", ROLE_STAFF, false, false, 0, api_forms },
	{ HTTP_GET, "names/*", ROLE_LOOK, false, false, 0, api_name },
	{ HTTP_GET, "exports/*", ROLE_LOOK, false, false, 0, api_export },
	{ HTTP_GET, "events", ROLE_ALL, false, false, 0, api_events },
};

const struct route *route_table(size_t *n)
{
	*n = sizeof(routes) / sizeof(routes[0]);
	return routes;
}

/* --- may this request be served? --- */

/* A page of another site must not act in a user's name. Browsers tell where a
   request comes from; scripts do not, and need the token all the same. */
static bool is_foreign(const struct request *r)
{
	const char *origin = http_header_in(r, "Origin");
	const char *site = http_header_in(r, "Sec-Fetch-Site");
	const char *host = http_header_in(r, "Host");

	if (site && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0)
		return true;
	if (!origin)
		return false;
	return !host || strncmp(origin, "https://", 8) != 0 ||
	       strcasecmp(origin + 8, host) != 0;
}

static bool is_json(const struct request *r)
{
	const char *type = http_header_in(r, "Content-Type");

	return type && !strncasecmp(type, "application/json", 16) &&
	       (!type[16] || type[16] == ';' || type[16] == ' ');
}

static bool check_csrf(struct request *r, const struct route *route,
		       const char *token)
{
	const char *given = http_header_in(r, "X-CSRF-Token");
	char csrf[LOGIN_TOKEN];

	if (is_foreign(r)) {
		http_reply_error(r, 403, "Csrf", NULL,
				 "This request comes from another site.");
		return false;
	}
	if (!is_json(r) && !(route->method == HTTP_DELETE &&
			     !http_header_in(r, "Content-Type"))) {
		http_reply_error(r, 415, "Type", NULL,
				 "Content-Type must be application/json.");
		return false;
	}
	if (route->open)
		return true;
	sessions_csrf(token, csrf);
	if (!given || strlen(given) != strlen(csrf) ||
	    strcmp(given, csrf) != 0) {
		http_reply_error(r, 403, "Csrf", NULL,
				 "X-CSRF-Token is missing or old: load the "
				 "page again.");
		return false;
	}
	return true;
}

/* Must this account first set a password? *gone: it may not be at all. */
static bool must_change(const struct httpd *h, const struct login *l,
			bool *gone)
{
	const struct account *a;

	*gone = false;
	if (l->row.role == SESSION_ROLE_EXTENSION)
		return false;
	a = accounts_get(h->accounts, l->row.account);
	*gone = !a || !a->enabled;
	return a && a->must_change;
}

/* Sets r->session. False: it is answered. */
static bool authorize(struct httpd *h, struct request *r,
		      const struct route *route)
{
	const char *token = http_cookie(r, "__Host-sallyport");
	struct login *l = token ? sessions_find(h->sessions, token) : NULL;
	bool gone = false, change = l && must_change(h, l, &gone);

	if (l && gone) {
		sessions_end(h->sessions, l, "its account is gone", NULL, NULL);
		l = NULL;
	}
	r->session = l;
	if (!l && !route->open) {
		http_reply_error(r, 401, "SignIn", NULL, "Sign in first.");
		return false;
	}
	if (l && l->row.role != SESSION_ROLE_EXTENSION)
		conn_trust(r->conn);
	if (route->method != HTTP_GET && !check_csrf(r, route, token))
		return false;
	if (l && !(route->roles & 1u << l->row.role)) {
		http_reply_error(r, 403, "Denied", NULL,
				 "You may not do this.");
		return false;
	}
	if (change && !route->first) {
		http_reply_error(r, 403, "MustChange", NULL,
				 "Set a password of your own first.");
		return false;
	}
	return true;
}

static void add_method(char *list, size_t size, const char *name)
{
	size_t n = strlen(list);

	(void)snprintf(list + n, size - n, "%s%s", n ? ", " : "", name);
}

static void no_route(struct request *r, unsigned methods)
{
	char list[64] = "";

	if (!methods) {
		http_reply_error(r, 404, "NoSuch", NULL,
				 "There is no such path.");
		return;
	}
	if (methods & HTTP_GET)
		add_method(list, sizeof(list), "GET");
	if (methods & HTTP_POST)
		add_method(list, sizeof(list), "POST");
	if (methods & HTTP_PATCH)
		add_method(list, sizeof(list), "PATCH");
	if (methods & HTTP_DELETE)
		add_method(list, sizeof(list), "DELETE");
	http_header_out(r, "Allow", "%s", list);
	http_reply_error(r, 405, "Method", NULL, "Only %s.", list);
}

void api_begin(void *httpd, struct request *r)
{
	const struct route *route;
	unsigned methods;

	if (!r->n_seg || strcmp(r->seg[0], "api") != 0) {
		static_reply(r);
		return;
	}
	if (r->n_seg < 3 || strcmp(r->seg[1], "v1") != 0) {
		no_route(r, 0);
		return;
	}
	route = route_find(r->seg + 2, r->n_seg - 2, r->method, &methods);
	if (!route) {
		no_route(r, methods);
		return;
	}
	if (!authorize(httpd, r, route))
		return;
	r->target = route;
	r->body_max = route->body_max;
}

void api_run(void *httpd, struct request *r)
{
	const struct route *route = r->target;

	/* while the body came the session may have ended */
	if (route && authorize(httpd, r, route))
		route->run(httpd, r);
	r->session = NULL;
}

/* --- what the handlers share --- */

void api_actor(const struct login *login, char actor[ACTOR])
{
	(void)snprintf(actor, ACTOR, "%s@%s", login->row.account,
		       login->row.source);
}

void api_note(struct httpd *h, const struct request *r, const char *fmt, ...)
{
	const struct login *l = r->session;
	char detail[161];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	audit_add(h->audit, AUDIT_WHAT_DID, l->row.account, l->row.source,
		  detail);
}

json_t *api_body(struct request *r)
{
	json_error_t error;
	json_t *body;

	if (!r->body_n)
		return json_object();
	body = json_loadb(r->body, r->body_n, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(body))
		return body;
	http_reply_error(r, 400, "BadRequest", NULL,
			 "The body is no JSON object.");
	json_decref(body);
	return NULL;
}

const char *api_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* "field: reason" of an owner's refusal, in its two parts. */
static const char *split(const char *text, char *field, size_t size)
{
	const char *colon = strstr(text, ": ");
	size_t n = colon ? (size_t)(colon - text) : 0;

	field[0] = '\0';
	if (!n || n >= size ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") < n)
		return text;
	memcpy(field, text, n);
	field[n] = '\0';
	return colon + 2;
}

void api_bus_error(struct request *r, const char *daemon,
		   const struct bus_error *error)
{
	static const struct {
		const char *name;
		unsigned status;
	} known[] = {
		{ "Invalid", 422 }, { "NoSuch", 404 },   { "Exists", 409 },
		{ "InUse", 409 },   { "Changed", 412 },  { "Denied", 403 },
		{ "Full", 507 },    { "NoMemory", 507 }, { "Busy", 409 },
		{ "TooMany", 409 }, { "Pending", 409 },  { "NoCodec", 409 },
		{ "Failed", 500 },  { "Kernel", 500 },
	};
	const size_t prefix = sizeof(BUS_ERR) - 1;
	const char *text = error->text ? error->text : "";
	char field[33];
	json_t *body;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(error->name, BUS_ERR, prefix) != 0 ||
		    strcmp(error->name + prefix, known[i].name) != 0)
			continue;
		text = split(text, field, sizeof(field));
		http_reply_error(r, known[i].status, known[i].name, field, "%s",
				 text);
		return;
	}
	body = json_pack("{ss ss ss}", "error", "Silent", "message",
			 "This part of the system does not answer now.",
			 "daemon", daemon);
	http_reply_json(r, 503, body);
}

#include "signin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "addr.h"
#include "log.h"
#include "password.h"
#include "secret.h"

#include "records.h"

#include "bus.h"
#include "guard_bus.h"
#include "sip_bus.h"
#include "watch.h"

#include "account.h"
#include "audit.h"
#include "conn.h"
#include "hash.h"
#include "httpd.h"
#include "known.h"
#include "session.h"

enum {
	SIGNINS_MAX = 64,
	/* Of these, and of passwords being checked, strangers may not have: */
	SIGNINS_SPARE = 16,
	HASHES_SPARE = 4,
	/* SPEC 1: refusals of a source that is never banned; and any that
	   nobody counted */
	PACE_S = 1,
};

static const char too_many[] =
	"Too many passwords are being checked: try again.";

enum signin_kind { SIGNIN_SESSION, SIGNIN_PASSWORD, SIGNIN_MAKE };

struct signin {
	LIST_ENTRY(signin) link;
	struct httpd *h;
	struct request *req; /* NULL: the peer has gone; the try counts */
	struct event *pace;  /* the refusal waits for it */
	struct report_verdict verdict;
	signin_made_fn made; /* or NULL */
	void *made_ctx;
	enum signin_kind kind;
	bool extension;
	bool enable;
	struct prefix source; /* family 0: none */
	char source_text[ADDR_TEXT];
	char actor[ACTOR];
	char name[33]; /* as given; "" when it cannot be one */
	char new_name[33];
	char fresh[HASH_SECRET_MAX];
	char user_agent[121];
	char token[LOGIN_TOKEN]; /* the one brought along, then the new one */
};

static void signin_free(struct signin *s)
{
	LIST_REMOVE(s, link);
	s->h->n_signins--;
	if (s->req)
		s->req->user = NULL;
	if (s->pace)
		event_free(s->pace);
	secret_wipe(s, sizeof(*s));
	free(s);
}

static void on_gone(struct request *r)
{
	struct signin *s = r->user;

	if (s)
		s->req = NULL;
}

/* A stranger is one of as many as there like to be. */
static bool is_full(const struct httpd *h, const struct addr *source)
{
	if (known_source(h->known, source))
		return h->n_signins >= SIGNINS_MAX;
	return h->n_signins >= SIGNINS_MAX - SIGNINS_SPARE ||
	       hasher_jobs(h->hasher) >= HASH_QUEUE - HASHES_SPARE;
}

/* One check at a time from one source: else many at once would be answered
   before the first was counted. */
static bool is_busy(const struct httpd *h, const struct prefix *source)
{
	const struct signin *s;

	LIST_FOREACH(s, &h->signins, link)
	{
		if (s->source.len == source->len &&
		    addr_equal(&s->source.addr, &source->addr))
			return true;
	}
	return false;
}

static struct signin *signin_new(struct httpd *h, struct request *r,
				 enum signin_kind kind)
{
	struct prefix source = { 0 };
	struct signin *s;

	if (r)
		prefix_of_source(&source, conn_peer(r->conn));
	if (r && (is_busy(h, &source) || is_full(h, conn_peer(r->conn)))) {
		http_reply_error(r, 429, "TooMany", NULL,
				 is_busy(h, &source)
					 ? "A password from this address is "
					   "being checked: try again."
					 : too_many);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		if (r)
			http_reply_json(r, 507, NULL);
		return NULL;
	}
	s->h = h;
	s->kind = kind;
	s->source = source;
	LIST_INSERT_HEAD(&h->signins, s, link);
	h->n_signins++;
	if (!r)
		return s;
	s->req = r;
	r->user = s;
	r->gone = on_gone;
	addr_format(conn_peer(r->conn), s->source_text);
	return s;
}

/* Ends s with an error that is nobody's guess. */
static void fail(struct signin *s, unsigned status, const char *error,
		 const char *field, const char *text)
{
	if (s->made)
		s->made(s->made_ctx, NULL, text);
	if (s->req)
		http_reply_error(s->req, status, error, field, "%s", text);
	signin_free(s);
}

static void fail_busy(struct signin *s, int err)
{
	if (err == -EBUSY)
		fail(s, 409, "Busy", NULL,
		     "Other changes are under way: try again.");
	else if (err == -EAGAIN)
		fail(s, 429, "TooMany", NULL, too_many);
	else
		fail(s, 507, "Full", NULL, "Out of memory: try again.");
}

/* --- refused --- */

static void format_wait(char *text, size_t size, uint32_t seconds)
{
	if (seconds >= 120)
		(void)snprintf(text, size, "%u min", (seconds + 59) / 60);
	else
		(void)snprintf(text, size, "%u s", seconds);
}

static void answer_refusal(struct signin *s, const struct report_verdict *v)
{
	const struct guard_service *rule = watch_get(s->h->guard, "https");
	/* a local address has no tries left and is not shut out, either */
	uint32_t wait_s = v->banned_s             ? v->banned_s
			  : v->tries_left && rule ? rule->ban_s
						  : 0;
	char wait[32], more[96] = "";
	json_t *body;

	format_wait(wait, sizeof(wait), wait_s);
	if (v->banned_s)
		(void)snprintf(more, sizeof(more),
			       " This address now waits %s.", wait);
	else if (v->tries_left && wait_s)
		(void)snprintf(more, sizeof(more),
			       " %u more %s, then this address waits %s.",
			       v->tries_left,
			       v->tries_left == 1 ? "try" : "tries", wait);
	body = json_pack("{ss ss+ sI sI}", "error", "Credentials", "message",
			 s->kind == SIGNIN_PASSWORD
				 ? "The current password is wrong."
				 : "Name or password is wrong.",
			 more, "tries_left", (json_int_t)v->tries_left,
			 "wait_s", (json_int_t)wait_s);
	http_reply_json(s->req, 401, body);
}

static void on_pace(evutil_socket_t fd, short what, void *arg)
{
	struct signin *s = arg;

	(void)fd;
	(void)what;
	if (s->req)
		answer_refusal(s, &s->verdict);
	signin_free(s);
}

/*
 * A source that guardd will never ban (a local address) hears one refusal a
 * second: until then no other password of it is looked at. Nor where guardd is
 * silent: who guesses needs no refusals, for the right password gets in.
 */
static void end_slowly(struct signin *s)
{
	const struct timeval tv = { .tv_sec = PACE_S };

	s->pace = evtimer_new(s->h->service->base, on_pace, s);
	if (s->pace && !event_add(s->pace, &tv))
		return;
	if (s->req)
		http_drop(s->req);
	signin_free(s);
}

/* guardd is silent: an answer that it could not count is none. */
static void uncounted(struct signin *s)
{
	if (s->req) {
		s->req->user = NULL;
		http_drop(s->req);
	}
	s->req = NULL;
	end_slowly(s);
}

static void on_verdict(void *ctx, const struct bus_error *error,
		       const void *out)
{
	struct signin *s = ctx;

	if (error) {
		uncounted(s);
		return;
	}
	s->verdict = *(const struct report_verdict *)out;
	if (s->verdict.action == REPORT_VERDICT_ACTION_ANSWER &&
	    !s->verdict.tries_left && !s->verdict.banned_s) {
		end_slowly(s);
		return;
	}
	if (s->req && s->verdict.action == REPORT_VERDICT_ACTION_DROP)
		http_drop(s->req);
	else if (s->req)
		answer_refusal(s, &s->verdict);
	signin_free(s);
}

/* A password typed into the name's field must not end in a log. */
static bool is_tidy(const char *name)
{
	return name[0] &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_")];
}

static void report_of(const struct signin *s, enum report_kind kind,
		      struct report *rep)
{
	record_init(&report_record, rep);
	(void)snprintf(rep->service, sizeof(rep->service), "https");
	rep->kind = kind;
	(void)snprintf(rep->source, sizeof(rep->source), "%s", s->source_text);
	rep->transport = REPORT_TRANSPORT_TLS;
	rep->proven = true; /* a TLS handshake cannot be forged */
	(void)snprintf(rep->account, sizeof(rep->account), "%s",
		       is_tidy(s->name) ? s->name : "");
}

static void refuse(struct signin *s)
{
	const char *known = "";
	struct report rep;

	if (s->extension || accounts_get(s->h->accounts, s->name))
		known = s->name;
	audit_add(s->h->audit, AUDIT_WHAT_REFUSED, known, s->source_text,
		  s->kind == SIGNIN_PASSWORD ? "current password" : "sign-in");
	report_of(s, REPORT_KIND_CREDENTIAL, &rep);
	if (bus_call(s->h->service->bus, &guard_iface, GUARD_REPORT, &rep, 0,
		     on_verdict, s))
		uncounted(s);
}

/* --- accepted --- */

void signin_reply(struct httpd *h, struct request *r, const struct login *l,
		  const char *token)
{
	const struct account *a = accounts_get(h->accounts, l->row.account);
	char csrf[LOGIN_TOKEN], source[ADDR_TEXT] = "";
	json_t *body;

	sessions_csrf(token, csrf);
	if (r->conn)
		addr_format(conn_peer(r->conn), source);
	body = json_pack(
		"{sb ss ss sb ss sI sI ss}", "signed_in", 1, "account",
		l->row.account, "role",
		record_field(&session_record, "role")->values[l->row.role],
		"must_change",
		l->row.role != SESSION_ROLE_EXTENSION && a && a->must_change,
		"csrf", csrf, "idle_s", (json_int_t)httpd_settings(h)->idle_s,
		"ends_ms", (json_int_t)sessions_ends_ms(h->sessions, l),
		"source", source);
	http_reply_json(r, 200, body);
}

static void nobody_waits(void *ctx, const struct bus_error *error,
			 const void *out)
{
	(void)ctx;
	(void)error;
	(void)out;
}

/* guardd knows whether this source had been refused before. */
static void tell_accepted(struct signin *s)
{
	struct report rep;

	report_of(s, REPORT_KIND_ACCEPTED, &rep);
	(void)bus_call(s->h->service->bus, &guard_iface, GUARD_REPORT, &rep, 0,
		       nobody_waits, NULL);
}

/* It is on disk: no restart takes back what we say now. On a full disk the
   administrator must get in all the same: such a session ends with us. */
static void on_stored(void *ctx, int err)
{
	struct signin *s = ctx;
	struct login *l = sessions_find(s->h->sessions, s->token);

	if (err)
		log_err("the session of %s ends at a restart: %s", s->name,
			strerror(-err));
	if (!l) {
		fail(s, 401, "SignIn", NULL, "Sign in again.");
		return;
	}
	log_info("%s signed in from %s", s->name, s->source_text);
	audit_add(s->h->audit, AUDIT_WHAT_SIGNED_IN, s->name, s->source_text,
		  s->user_agent);
	tell_accepted(s);
	if (s->req) {
		http_header_out(s->req, "Set-Cookie",
				"__Host-sallyport=%s; Path=/; Secure; "
				"HttpOnly; SameSite=Strict",
				s->token);
		signin_reply(s->h, s->req, l, s->token);
	}
	signin_free(s);
}

static void accept_session(struct signin *s, enum session_role role)
{
	struct httpd *h = s->h;
	struct login *old;

	if (!s->req) {
		signin_free(s);
		return;
	}
	old = sessions_find(h->sessions, s->token);
	if (old)
		sessions_end(h->sessions, old, "signed in again", NULL, NULL);
	if (!sessions_start(h->sessions,
			    &(struct login_start){ .account = s->name,
						   .role = role,
						   .source = s->source_text,
						   .user_agent = s->user_agent,
						   .stored = on_stored,
						   .ctx = s },
			    s->token))
		fail(s, 507, "Full", NULL, "Out of memory: try again.");
}

static void on_changed(void *ctx, const struct issue *issue)
{
	struct signin *s = ctx;
	struct httpd *h = s->h;

	if (issue) {
		fail(s, 422, "Invalid", issue->field, issue->what);
		return;
	}
	audit_add(h->audit,
		  s->kind == SIGNIN_MAKE ? AUDIT_WHAT_RESET
					 : AUDIT_WHAT_PASSWORD,
		  s->name, s->source_text,
		  s->new_name[0] ? s->new_name : s->actor);
	if (s->made)
		s->made(s->made_ctx, s->fresh, NULL);
	if (s->req && s->kind == SIGNIN_MAKE) {
		http_reply_json(s->req, 200,
				json_pack("{ss ss}", "account", s->name,
					  "password", s->fresh));
	} else if (s->req) {
		http_header_out(s->req, "Set-Cookie",
				"__Host-sallyport=; Path=/; Secure; HttpOnly; "
				"SameSite=Strict; Max-Age=0");
		http_reply_json(s->req, 200,
				json_pack("{sb}", "signed_out", 1));
	}
	signin_free(s);
}

static void on_hashed(void *ctx, const struct hash_result *result)
{
	struct signin *s = ctx;
	int err = -ENOMEM;

	if (result->hash[0])
		err = accounts_change(
			s->h->accounts,
			&(struct account_change){ .actor = s->actor,
						  .name = s->name,
						  .new_name = s->new_name,
						  .hash = result->hash,
						  .must_change = s->kind ==
								 SIGNIN_MAKE,
						  .enable = s->enable },
			on_changed, s);
	if (err == -ENOENT)
		fail(s, 404, "NoSuch", NULL, "There is no such account.");
	else if (err)
		fail_busy(s, err);
}

static void change_password(struct signin *s)
{
	const char *name = s->new_name[0] ? s->new_name : s->name;
	const char *const words[] = { name, httpd_settings(s->h)->company,
				      "sallyport", NULL };
	const char *weak = password_weak(s->fresh, words);
	struct issue issue;
	int err;

	if (weak) {
		fail(s, 422, "Weak", "password", weak);
		return;
	}
	if (s->new_name[0] && strcmp(s->new_name, s->name) != 0) {
		if (account_check_name(s->name, s->new_name, &issue)) {
			fail(s, 422, "Invalid", issue.field, issue.what);
			return;
		}
		if (accounts_get(s->h->accounts, s->new_name)) {
			fail(s, 409, "Exists", "name",
			     "There is an account of this name.");
			return;
		}
	}
	err = hash_make(s->h->hasher, s->fresh, on_hashed, s);
	if (err)
		fail_busy(s, err);
}

static void on_verified(void *ctx, const struct hash_result *result)
{
	struct signin *s = ctx;
	const struct account *a = accounts_get(s->h->accounts, s->name);

	/* it may have been switched off meanwhile */
	if (!result->ok || !a || !a->enabled)
		refuse(s);
	else if (s->kind == SIGNIN_PASSWORD)
		change_password(s);
	else
		accept_session(s, (enum session_role)a->role);
}

static void on_sip_verified(void *ctx, const struct bus_error *error,
			    const void *out)
{
	const struct sip_verified *v = out;
	struct signin *s = ctx;

	if (error)
		fail(s, 503, "Silent", NULL,
		     "The telephone service does not answer: try again.");
	else if (v->ok)
		accept_session(s, SESSION_ROLE_EXTENSION);
	else
		refuse(s);
}

static void verify_extension(struct signin *s, const char *secret)
{
	struct sip_verify ask;
	int err;

	s->extension = true;
	record_init(&sip_verify_record, &ask);
	(void)snprintf(ask.extension, sizeof(ask.extension), "%.8s", s->name);
	(void)snprintf(ask.source, sizeof(ask.source), "%s", s->source_text);
	if (snprintf(ask.secret, sizeof(ask.secret), "%s", secret) >=
		    (int)sizeof(ask.secret) ||
	    !secret[0]) {
		secret_wipe(&ask, sizeof(ask));
		refuse(s); /* too long to be any extension's */
		return;
	}
	err = bus_call(s->h->service->bus, &sip_iface, SIP_VERIFY_SECRET, &ask,
		       0, on_sip_verified, s);
	secret_wipe(&ask, sizeof(ask));
	if (err)
		fail_busy(s, err);
}

static void verify_account(struct signin *s, const char *secret)
{
	const struct account *a = accounts_get(s->h->accounts, s->name);
	const char *hash = a && a->enabled ? a->hash : "";
	int err;

	if (strlen(secret) >= HASH_SECRET_MAX)
		secret = hash = ""; /* nobody's; but the same work */
	err = hash_verify(s->h->hasher, secret, hash, on_verified, s);
	if (err)
		fail_busy(s, err);
}

/* --- the paths --- */

void signin_session(struct httpd *h, struct request *r)
{
	const char *name, *secret, *token = http_cookie(r, "__Host-sallyport");
	const char *agent = http_header_in(r, "User-Agent");
	json_t *body = api_body(r);
	struct signin *s;
	size_t len;

	if (!body)
		return;
	name = api_text(body, "name");
	secret = api_text(body, "password");
	if (!name || !secret) {
		http_reply_error(r, 400, "BadRequest",
				 name ? "password" : "name",
				 "Give name and password.");
		json_decref(body);
		return;
	}
	s = signin_new(h, r, SIGNIN_SESSION);
	if (s) {
		len = strlen(name);
		if (len < sizeof(s->name))
			memcpy(s->name, name, len + 1);
		text_from_peer(s->user_agent, sizeof(s->user_agent),
			       agent ? agent : "", agent ? strlen(agent) : 0);
		if (token && strlen(token) < sizeof(s->token))
			(void)snprintf(s->token, sizeof(s->token), "%s", token);
		if (len >= 2 && len <= 8 && strspn(name, "0123456789") == len)
			verify_extension(s, secret);
		else
			verify_account(s, secret);
	}
	json_decref(body);
}

void signin_password(struct httpd *h, struct request *r)
{
	const struct login *l = r->session;
	const char *current, *fresh, *name;
	json_t *body = api_body(r);
	struct signin *s = NULL;

	if (!body)
		return;
	current = api_text(body, "current");
	fresh = api_text(body, "password");
	name = api_text(body, "name");
	if (!current || !fresh)
		http_reply_error(r, 400, "BadRequest",
				 current ? "password" : "current",
				 "Give the current and the new password.");
	else if (strlen(fresh) >= HASH_SECRET_MAX)
		http_reply_error(r, 422, "Weak", "password",
				 "at most %d characters", HASH_SECRET_MAX - 1);
	else if (!strcmp(fresh, current))
		http_reply_error(r, 422, "Weak", "password",
				 "the new password is the current one");
	else if (name && strlen(name) >= sizeof(s->new_name))
		http_reply_error(r, 422, "Invalid", "name",
				 "at most 32 characters");
	else
		s = signin_new(h, r, SIGNIN_PASSWORD);
	if (s) {
		(void)snprintf(s->name, sizeof(s->name), "%s", l->row.account);
		(void)snprintf(s->fresh, sizeof(s->fresh), "%s", fresh);
		(void)snprintf(s->new_name, sizeof(s->new_name), "%s",
			       name ? name : "");
		api_actor(l, s->actor);
		verify_account(s, current);
	}
	json_decref(body);
}

static void make(struct signin *s, const char *account)
{
	int err;

	(void)snprintf(s->name, sizeof(s->name), "%s", account);
	password_make(s->fresh);
	err = hash_make(s->h->hasher, s->fresh, on_hashed, s);
	if (err)
		fail_busy(s, err);
}

void signin_reset(struct httpd *h, struct request *r)
{
	json_t *body = api_body(r);
	struct signin *s;

	if (!body)
		return;
	if (!accounts_get(h->accounts, r->seg[3])) {
		http_reply_error(r, 404, "NoSuch", NULL,
				 "There is no such account.");
	} else {
		s = signin_new(h, r, SIGNIN_MAKE);
		if (s) {
			s->enable =
				json_is_true(json_object_get(body, "enable"));
			api_actor(r->session, s->actor);
			make(s, r->seg[3]);
		}
	}
	json_decref(body);
}

int signin_make(struct httpd *h, const char *actor, const char *account,
		signin_made_fn done, void *ctx)
{
	struct signin *s;
	int err;

	if (!accounts_get(h->accounts, account))
		return -ENOENT;
	if (h->n_signins >= SIGNINS_MAX)
		return -EAGAIN;
	s = signin_new(h, NULL, SIGNIN_MAKE);
	if (!s)
		return -ENOMEM;
	(void)snprintf(s->actor, sizeof(s->actor), "%s", actor);
	(void)snprintf(s->name, sizeof(s->name), "%s", account);
	s->enable = true;
	password_make(s->fresh);
	err = hash_make(h->hasher, s->fresh, on_hashed, s);
	if (err) {
		signin_free(s);
		return err;
	}
	s->made = done;
	s->made_ctx = ctx;
	return 0;
}

void signin_close(struct httpd *h)
{
	struct signin *s;

	while ((s = LIST_FIRST(&h->signins))) {
		bus_forget(h->service->bus, s);
		signin_free(s);
	}
}

#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <uthash.h>

#include "clock.h"
#include "log.h"
#include "rate.h"
#include "records.h"

#include "digest.h"
#include "extension.h"
#include "guesses.h"
#include "held.h"
#include "inspect.h"
#include "registrar.h"
#include "request.h"
#include "sofia.h"
#include "sofia_agent.h"

enum {
	WAITING_MAX = 4096, /* refusals that wait for guardd */
	REPORTS_PER_S = 50, /* of things that need no answer */
	LAG_DROP_MS = 500,  /* beyond it strangers wait */
	RETRY_AFTER_S = 5,
};

/* A refusal that waits for guardd's word. */
struct waiting {
	struct gate *gate;
	struct request request; /* held */
	struct prefix source;
	bool local;
	bool known; /* guesses.h */
	TAILQ_ENTRY(waiting) link;
	UT_hash_handle hh; /* of untrusted ones: by source */
};

TAILQ_HEAD(waiting_list, waiting);

struct gate {
	struct gate_config config;
	struct digest *digest;
	struct held *held;
	struct waiting *in_flight;
	struct waiting_list waiting;
	size_t n_waiting;
	struct guesses *guesses;
	struct rate reports;
	struct rate accepted; /* of its own: strangers cannot use it up */
	struct rate log;
};

/* A request and who it was found to be from. */
struct visit {
	struct request *r;
	struct digest_context context;
	struct digest_claim claim;
	const struct extension *extension;
	bool known; /* it shows the number it is registered with here */
};

/* What attackers' tools call themselves. Whoever writes his own will call it
   otherwise: this only spares the log the laziest. */
bool gate_scanner(const char *user_agent)
{
	static const char *const names[] = {
		"friendly-scanner",
		"friendly-request",
		"sipvicious",
		"sundayddr",
		"sip-scan",
		"sipscan",
		"sipcli",
		"VaxSIPUserAgent",
		"VaxIPUserAgent",
		"pplsip",
		"iWar",
		"SIVuS",
		"Conaito",
	};

	const char *p = user_agent;

	/* Every request comes by here: only where one may begin is looked. */
	for (; (p = strpbrk(p, "fFsSvVpPiIcC")); p++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strncasecmp(p, names[i], strlen(names[i])) == 0)
				return true;
		}
	}
	return false;
}

static void report_fill(struct report *report, const struct peer *peer,
			enum report_kind kind, const char *account,
			const char *detail)
{
	record_init(&report_record, report);
	(void)snprintf(report->service, sizeof(report->service), "sip");
	report->kind = kind;
	addr_format(&peer->addr, report->source);
	report->transport = (uint32_t)peer->transport;
	report->proven = peer->proven;
	text_from_peer(report->account, sizeof(report->account), account,
		       strlen(account));
	(void)snprintf(report->detail, sizeof(report->detail), "%s", detail);
}

/* Tells guardd something that nobody waits for. */
static void mention(struct gate *g, const struct peer *peer,
		    enum report_kind kind, const char *account,
		    const char *detail)
{
	struct report report;
	char from[ADDR_TEXT];

	if (!rate_take(&g->reports, clock_mono_ms()))
		return;
	report_fill(&report, peer, kind, account, detail);
	addr_format(&peer->addr, from);
	log_limited(&g->log, LOG_INFO, "%s: %s", from, detail);
	(void)g->config.ops->report(g->config.ctx, &report, NULL, NULL);
}

void gate_bad(struct gate *g, enum gate_bad bad, const struct peer *peer,
	      const char *what)
{
	static const enum report_kind kinds[] = {
		[GATE_MALFORMED] = REPORT_KIND_MALFORMED,
		[GATE_SCANNER] = REPORT_KIND_SCANNER,
		[GATE_FORGED] = REPORT_KIND_FORGED,
	};

	mention(g, peer, kinds[bad], "", what);
}

static void reply(struct gate *g, struct request *r, unsigned code,
		  const char *phrase, const char *headers)
{
	sofia_reply(g->config.sofia, r, code, phrase, headers);
}

static void drop(struct gate *g, struct request *r)
{
	sofia_drop(g->config.sofia, r);
}

static void context_init(struct gate *g, const struct request *r,
			 struct digest_context *c)
{
	c->realm = g->config.settings->realm;
	c->method = r->method_name;
	c->source = &r->peer.addr;
	c->now_ms = clock_mono_ms();
	c->nonce_s = g->config.settings->nonce_s;
}

static unsigned offer(const struct gate *g, const struct request *r)
{
	switch ((enum sip_settings_digest)g->config.settings->digest) {
	case SIP_SETTINGS_DIGEST_AUTO:
		return digest_offer_for(r->user_agent);
	case SIP_SETTINGS_DIGEST_MD5:
		return DIGEST_OFFER_MD5;
	case SIP_SETTINGS_DIGEST_SHA256:
		return DIGEST_OFFER_SHA256;
	case SIP_SETTINGS_DIGEST_BOTH:
		return DIGEST_OFFER_MD5 | DIGEST_OFFER_SHA256;
	}
	return DIGEST_OFFER_MD5;
}

/* 401, the same bytes for everyone but for the nonce. */
static void challenge(struct gate *g, struct request *r, bool stale)
{
	struct digest_context context;
	char headers[DIGEST_HEADERS];

	context_init(g, r, &context);
	digest_challenge(g->digest, &context, offer(g, r), stale, headers);
	reply(g, r, 401, "Unauthorized", headers);
}

static void waiting_end(struct waiting *w)
{
	struct gate *g = w->gate;

	TAILQ_REMOVE(&g->waiting, w, link);
	g->n_waiting--;
	if (!w->local)
		HASH_DEL(g->in_flight, w);
	free(w);
}

static void on_reported(void *ctx, enum gate_word word)
{
	struct waiting *w = ctx;
	struct gate *g = w->gate;

	if (word == GATE_WORD_UNCOUNTED || word == GATE_WORD_SILENCE)
		guesses_note(g->guesses, &w->request.peer, w->known,
			     clock_mono_ms());
	if (word == GATE_WORD_ANSWER || word == GATE_WORD_UNCOUNTED)
		challenge(g, &w->request, false);
	else
		drop(g, &w->request);
	waiting_end(w);
}

static bool in_flight(struct gate *g, const struct addr *addr)
{
	struct waiting *w;
	struct prefix source;

	if (!g->in_flight)
		return false;
	memset(&source, 0, sizeof(source));
	prefix_of_source(&source, addr);
	HASH_FIND(hh, g->in_flight, &source, sizeof(source), w);
	return w != NULL;
}

/* Then nothing but time limits how often it may guess: a local address (SPEC 1)
   or one of a trunk's provider (SPEC 6). */
static bool never_banned(struct gate *g, struct request *r)
{
	bool trunk =
		g->config.ops->trunk && g->config.ops->trunk(g->config.ctx, r);

	r->peer.trunk[0] = '\0';
	return trunk || r->peer.local;
}

/* A credential that is wrong: guardd counts it before anything is said. */
static void refuse(struct gate *g, struct visit *v, const char *why)
{
	struct request *r = v->r;
	struct report report;
	struct waiting *w;

	w = g->n_waiting < WAITING_MAX ? calloc(1, sizeof(*w)) : NULL;
	if (never_banned(g, r) || !w)
		guesses_note(g->guesses, &r->peer, v->known, clock_mono_ms());
	if (!w) {
		drop(g, r);
		return;
	}
	/* It answered our nonce: the source address is its own. */
	r->peer.proven = true;
	report_fill(&report, &r->peer, REPORT_KIND_CREDENTIAL, v->claim.user,
		    why);
	report.old_secret = r->peer.old_secret;
	sofia_hold(r);
	w->gate = g;
	w->request = *r;
	w->local = r->peer.local;
	w->known = v->known;
	prefix_of_source(&w->source, &r->peer.addr);
	TAILQ_INSERT_TAIL(&g->waiting, w, link);
	g->n_waiting++;
	if (!w->local)
		HASH_ADD(hh, g->in_flight, source, sizeof(w->source), w);
	if (g->config.ops->report(g->config.ctx, &report, on_reported, w) < 0)
		on_reported(w, GATE_WORD_SILENCE);
}

enum secret_match { SECRET_WRONG, SECRET_PREVIOUS, SECRET_RIGHT };

/*
 * Both secrets are always computed, of an extension that does not exist those
 * of nobody: who measures the time learns nothing.
 */
static enum secret_match match(struct gate *g, struct visit *v)
{
	const struct extension *e = v->extension;
	bool has_old = e && e->old_secret[0];
	bool now = digest_verify(g->digest, &v->context, &v->claim,
				 e ? e->secret : "no such extension");
	bool before = digest_verify(g->digest, &v->context, &v->claim,
				    has_old ? e->old_secret : "none before");

	if (e && now)
		return SECRET_RIGHT;
	if (has_old && before)
		return SECRET_PREVIOUS;
	return SECRET_WRONG;
}

static bool permitted(const struct extension *e, const struct addr *addr)
{
	return !e->permit_ip[0] || prefix_list_contains(e->permit_ip, addr);
}

static void do_register(struct gate *g, struct visit *v)
{
	struct registrar_answer *answer;
	struct request *r = v->r;

	/* RFC 3261 section 10.3, step 4: only one's own. */
	if (strcmp(r->to_user, v->extension->number) != 0) {
		mention(g, &r->peer, REPORT_KIND_FORGED, v->extension->number,
			"tried to register another extension");
		reply(g, r, 403, "Forbidden", NULL);
		return;
	}
	answer = malloc(sizeof(*answer));
	if (!answer) {
		reply(g, r, 500, "Out of Memory", NULL);
		return;
	}
	registrar_register(g->config.registrar, r, v->extension, v->claim.again,
			   answer);
	sofia_trust(g->config.sofia, &r->peer);
	registrar_old_secret(g->config.registrar, v->extension->number,
			     &r->peer.addr, false);
	held_reply(g->held, r, answer);
	free(answer);
}

static void do_invite(struct gate *g, struct visit *v)
{
	char retry[32];

	/* The same INVITE outside its transaction is a replay. */
	if (v->claim.again) {
		challenge(g, v->r, true);
		return;
	}
	if (g->config.ops->overloaded(g->config.ctx)) {
		(void)snprintf(retry, sizeof(retry), "Retry-After: %d\r\n",
			       RETRY_AFTER_S);
		reply(g, v->r, 503, "Service Unavailable", retry);
		return;
	}
	g->config.ops->invite(g->config.ctx, v->r);
}

static void do_options(struct gate *g, struct request *r)
{
	reply(g, r, 200, "OK",
	      INSPECT_ALLOW "Accept: application/sdp\r\n"
			    "Supported: 100rel, timer\r\n");
}

static void dispatch(struct gate *g, struct visit *v)
{
	struct request *r = v->r;

	switch (r->method) {
	case REQUEST_REGISTER:
		do_register(g, v);
		return;
	case REQUEST_INVITE:
		do_invite(g, v);
		return;
	case REQUEST_OPTIONS:
		do_options(g, r);
		return;
	case REQUEST_SUBSCRIBE:
	case REQUEST_PUBLISH:
		/* RFC 6665 section 4.2.1.2: no event package is known. */
		reply(g, r, 489, "Bad Event", NULL);
		return;
	case REQUEST_MESSAGE:
	case REQUEST_REFER:
		reply(g, r, 405, "Method Not Allowed", INSPECT_ALLOW);
		return;
	case REQUEST_BYE:
	case REQUEST_INFO:
	case REQUEST_PRACK:
	case REQUEST_UPDATE:
	case REQUEST_NOTIFY:
	case REQUEST_CANCEL:
		reply(g, r, 481, "Call/Transaction Does Not Exist", NULL);
		return;
	case REQUEST_ACK:
	case REQUEST_OTHER:
		break;
	}
	reply(g, r, 501, "Not Implemented", INSPECT_ALLOW);
}

/* A phone that is new at this address: guardd knows whether it had been refused
   before. */
static void tell_accepted(struct gate *g, const struct visit *v)
{
	const struct peer *peer = &v->r->peer;
	struct report report;

	if (v->claim.again ||
	    registrar_known(g->config.registrar, v->extension->number, peer) ||
	    !rate_take(&g->accepted, clock_mono_ms()))
		return;
	report_fill(&report, peer, REPORT_KIND_ACCEPTED, v->extension->number,
		    "");
	(void)g->config.ops->report(g->config.ctx, &report, NULL, NULL);
}

/* It is proven who asks. */
static void admit(struct gate *g, struct visit *v)
{
	struct request *r = v->r;
	struct finding finding;

	if (!v->claim.again)
		digest_used(g->digest, &v->context, &v->claim);
	r->peer.proven = true;
	(void)snprintf(r->peer.extension, sizeof(r->peer.extension), "%s",
		       v->extension->number);
	tell_accepted(g, v);
	if (strcmp(r->from_user, v->extension->number) != 0)
		mention(g, &r->peer, REPORT_KIND_FORGED, v->extension->number,
			"From names somebody else; replaced");
	inspect(r, &finding);
	if (finding.code) {
		reply(g, r, finding.code, finding.phrase,
		      finding.headers[0] ? finding.headers : NULL);
		return;
	}
	dispatch(g, v);
}

/* Not looked at: over UDP it comes again by itself. */
static void put_off(struct gate *g, struct request *r)
{
	if (r->peer.transport == PEER_UDP)
		drop(g, r);
	else
		reply(g, r, 503, "Service Unavailable", "Retry-After: 1\r\n");
}

static void judge_claim(struct gate *g, struct visit *v)
{
	const struct peer *peer = &v->r->peer;
	enum secret_match found;

	v->known = registrar_known(g->config.registrar, v->claim.user, peer);
	if (guesses_wait(g->guesses, peer, v->known, clock_mono_ms())) {
		put_off(g, v->r);
		return;
	}
	v->extension = extensions_get(g->config.extensions, v->claim.user);
	if (v->extension && !v->extension->enabled)
		v->extension = NULL;
	found = match(g, v);
	switch (found) {
	case SECRET_RIGHT:
		if (permitted(v->extension, &peer->addr))
			admit(g, v);
		else
			refuse(g, v, "address not permitted");
		return;
	case SECRET_PREVIOUS:
		registrar_old_secret(g->config.registrar, v->extension->number,
				     &peer->addr, true);
		v->r->peer.old_secret = true;
		refuse(g, v, "previous password");
		return;
	case SECRET_WRONG:
		break;
	}
	refuse(g, v, v->extension ? "wrong password" : "no such extension");
}

/* Without credentials, or with some that we cannot check. */
static void no_claim(struct gate *g, struct request *r, bool stale)
{
	/* An OPTIONS over UDP may carry anybody's address: only peers we know
	   learn that we are here. */
	if (r->method == REQUEST_OPTIONS) {
		if (r->peer.local || registrar_known(g->config.registrar,
						     r->from_user, &r->peer)) {
			do_options(g, r);
			return;
		}
		if (r->peer.transport == PEER_UDP) {
			drop(g, r);
			return;
		}
	}
	challenge(g, r, stale);
}

/*
 * A provider's call comes without a password: it is known by where it comes
 * from, or what it calls. Whoever forges that gets what the provider gets: an
 * extension may ring, and nothing goes out. A phone registered at the same
 * address (behind one router with it) is no provider.
 */
static bool judge_trunk(struct gate *g, struct request *r)
{
	struct finding finding;
	char retry[32];

	if ((r->method != REQUEST_INVITE && r->method != REQUEST_OPTIONS) ||
	    r->to_tag[0] || r->n_credentials > 0 || !g->config.ops->trunk ||
	    registrar_known(g->config.registrar, r->from_user, &r->peer) ||
	    !g->config.ops->trunk(g->config.ctx, r))
		return false;
	inspect(r, &finding);
	if (finding.code) {
		reply(g, r, finding.code, finding.phrase,
		      finding.headers[0] ? finding.headers : NULL);
	} else if (r->method == REQUEST_OPTIONS) {
		do_options(g, r);
	} else if (g->config.ops->overloaded(g->config.ctx)) {
		(void)snprintf(retry, sizeof(retry), "Retry-After: %d\r\n",
			       RETRY_AFTER_S);
		reply(g, r, 503, "Service Unavailable", retry);
	} else {
		/* Over a connection nobody forges an address. */
		sofia_trust(g->config.sofia, &r->peer);
		g->config.ops->invite(g->config.ctx, r);
	}
	return true;
}

/* Answers that need no proof of who asks; true: done. */
static bool judge_first(struct gate *g, struct request *r)
{
	struct finding finding;

	/* An ACK has no answer, and no transaction here. */
	if (r->method == REQUEST_ACK) {
		drop(g, r);
		return true;
	}
	/* Strangers wait when we are late: their requests come again. */
	if (!r->peer.local && in_flight(g, &r->peer.addr)) {
		drop(g, r);
		return true;
	}
	if (!r->peer.local && sofia_lag_ms(g->config.sofia) > LAG_DROP_MS &&
	    !registrar_known(g->config.registrar, r->from_user, &r->peer)) {
		drop(g, r);
		return true;
	}
	/* What is wrong with it is told to local peers at once, to others once
	   they proved who they are. */
	if (r->peer.local) {
		inspect(r, &finding);
		if (finding.code) {
			reply(g, r, finding.code, finding.phrase,
			      finding.headers[0] ? finding.headers : NULL);
			return true;
		}
	}
	/* A dialog that we no longer know (after a restart): the phone must
	   learn it. A CANCEL cannot be challenged (RFC 3261 section 22.1). */
	if (r->to_tag[0] || r->method == REQUEST_CANCEL) {
		reply(g, r, 481, "Call/Transaction Does Not Exist", NULL);
		return true;
	}
	return false;
}

void gate_request(struct gate *g, struct request *r)
{
	struct visit v;
	enum digest_state state;

	if (judge_trunk(g, r) || judge_first(g, r))
		return;
	memset(&v, 0, sizeof(v));
	v.r = r;
	context_init(g, r, &v.context);
	state = digest_read(g->digest, &v.context, r->credentials,
			    r->n_credentials, &v.claim);
	switch (state) {
	case DIGEST_NONE:
		no_claim(g, r, false);
		return;
	case DIGEST_STALE:
		no_claim(g, r, true);
		return;
	case DIGEST_CLAIM:
		judge_claim(g, &v);
		return;
	}
}

struct gate *gate_new(const struct gate_config *config)
{
	struct gate *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->config = *config;
	TAILQ_INIT(&g->waiting);
	rate_init(&g->reports, REPORTS_PER_S, REPORTS_PER_S);
	rate_init(&g->accepted, REPORTS_PER_S, REPORTS_PER_S);
	rate_init(&g->log, 10, 2);
	g->digest = digest_new();
	g->held = held_new(config->sofia, config->store);
	g->guesses = guesses_new();
	if (g->digest && g->held && g->guesses)
		return g;
	gate_free(g);
	return NULL;
}

void gate_free(struct gate *g)
{
	struct waiting *w;

	if (!g)
		return;
	while ((w = TAILQ_FIRST(&g->waiting)) != NULL) {
		drop(g, &w->request);
		waiting_end(w);
	}
	guesses_free(g->guesses);
	held_free(g->held);
	digest_free(g->digest);
	free(g);
}

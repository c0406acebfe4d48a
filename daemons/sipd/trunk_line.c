/*
 * Two questions keep a line's state: may we register (trunk_register.c), and is
 * somebody there (OPTIONS). A server that does not answer makes way for the
 * next one of the same provider, for calls as well.
 */
#include "trunk_line.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "live.h"
#include "log.h"
#include "secret.h"

#include "registrar.h"
#include "sofia.h"
#include "sofia_asker.h"
#include "trunk_code.h"
#include "trunk_failures.h"
#include "trunk_farewell.h"
#include "trunk_places.h"
#include "trunk_register.h"
#include "trunk_test.h"

enum {
	CONTACT_BYTES = 12,
	REGISTER_MS = 8000, /* how long an answer is waited for */
	OPTIONS_MS = 4000,
	MISSES = 2,         /* so many and it is not there */
	MISSED_AGAIN_S = 5, /* between them */
};

struct trunk_line {
	const struct trunk_env *env;
	struct trunk row;
	struct trunk_state state;
	struct trunk_places *places;
	struct trunk_register reg;
	struct asker *registrar;
	struct asker *probe;
	struct event *reg_timer;
	struct event *probe_timer;
	struct event *hour_timer; /* while a failure counts */
	struct trunk_failures failures;
	uint32_t misses;   /* OPTIONS without an answer, in a row */
	bool heard;        /* it answers OPTIONS */
	char distrust[96]; /* why its certificate was not good, lately */
	struct trunk_test test;
};

static void publish(struct trunk_line *l)
{
	if (l->env->live && live_put(l->env->live, &l->state) < 0)
		log_warn("trunk %s: its live row could not be written",
			 l->row.name);
}

/* The only place that changes the state. */
static void enter(struct trunk_line *l, enum trunk_state_state to)
{
	static const char *const names[] = {
		"off",     "trying",      "registered", "reachable",
		"refused", "unreachable", "unchecked",
	};

	if (l->state.state != to) {
		log_info("trunk %s: %s -> %s%s%s", l->row.name,
			 names[l->state.state], names[to],
			 l->state.last_error[0] ? ": " : "",
			 l->state.last_error);
		l->state.state = to;
		l->state.since_ms = clock_wall_ms();
	}
	publish(l);
}

/* Whose calls are the provider's, as others see it. */
static void tell_addresses(struct trunk_line *l)
{
	char *text = l->state.addresses;

	if (l->row.enabled && l->row.addresses[0])
		(void)snprintf(text, sizeof(l->state.addresses), "%s",
			       l->row.addresses);
	else if (l->row.enabled)
		trunk_places_addresses(l->places, text,
				       sizeof(l->state.addresses));
	else
		text[0] = '\0';
}

static void tell_place(struct trunk_line *l)
{
	trunk_places_address(l->places, l->state.address,
			     sizeof(l->state.address));
}

static void tell_places(struct trunk_line *l)
{
	char before[sizeof(l->state.addresses)];

	memcpy(before, l->state.addresses, sizeof(before));
	tell_addresses(l);
	tell_place(l);
	publish(l);
	/* guardd bans none of them. */
	if (l->env->live && strcmp(before, l->state.addresses) != 0)
		live_tell(l->env->live, l->row.name);
}

static const struct trunk_place *place_of(const struct trunk_line *l)
{
	return trunk_places_first(l->places);
}

void trunk_target(struct sofia *s, const char *name,
		  const struct trunk_place *p, struct target *out)
{
	memset(out, 0, sizeof(*out));
	out->peer.addr = p->addr;
	out->peer.port = p->port;
	out->peer.transport = p->transport;
	out->peer.local = sofia_local(s, &p->addr);
	(void)snprintf(out->peer.trunk, sizeof(out->peer.trunk), "%s", name);
	out->peer.tport = sofia_tport_facing(s, &p->addr, p->transport);
	sofia_route(&out->peer, out->route, sizeof(out->route));
}

/* The state that follows from both questions. */
static enum trunk_state_state state_of(const struct trunk_line *l)
{
	bool holds = trunk_register_holds(&l->reg, clock_mono_ms());

	if (!l->row.enabled)
		return TRUNK_STATE_STATE_OFF;
	if (!place_of(l))
		return trunk_places_asking(l->places)
			       ? TRUNK_STATE_STATE_TRYING
			       : TRUNK_STATE_STATE_UNREACHABLE;
	if (l->misses >= MISSES)
		return TRUNK_STATE_STATE_UNREACHABLE;
	if (!l->row.register_ && l->row.qualify_s == 0)
		return TRUNK_STATE_STATE_UNCHECKED;
	if (!l->row.register_)
		return l->heard ? TRUNK_STATE_STATE_REACHABLE
				: TRUNK_STATE_STATE_TRYING;
	if (holds)
		return TRUNK_STATE_STATE_REGISTERED;
	switch (l->reg.how) {
	case TRUNK_REFUSED:
		return TRUNK_STATE_STATE_REFUSED;
	case TRUNK_UNHEARD:
		return TRUNK_STATE_STATE_UNREACHABLE;
	case TRUNK_ASKING:
	case TRUNK_HELD:
		break;
	}
	return TRUNK_STATE_STATE_TRYING;
}

static void settle(struct trunk_line *l)
{
	enter(l, state_of(l));
}

static void note_error(struct trunk_line *l, const char *what, uint32_t code,
		       bool silent)
{
	const char *words = trunk_code_text(code, silent);

	/* It did not come to a question. */
	if (silent && l->distrust[0])
		words = l->distrust;
	if (silent)
		(void)snprintf(l->state.last_error, sizeof(l->state.last_error),
			       "%s: %s", what, words);
	else
		(void)snprintf(l->state.last_error, sizeof(l->state.last_error),
			       "%s: %u, %s", what, code, words);
}

static bool next_place(struct trunk_line *l)
{
	bool other = trunk_places_turn(l->places);

	tell_place(l);
	return other;
}

static void arm(struct event *timer, uint64_t ms)
{
	const struct timeval tv = { (time_t)(ms / 1000),
				    (long)(ms % 1000) * 1000L };

	(void)event_add(timer, &tv);
}

static void arm_register(struct trunk_line *l)
{
	uint64_t now = clock_mono_ms();

	if (l->row.enabled && l->row.register_ && place_of(l))
		arm(l->reg_timer,
		    l->reg.due_ms > now ? l->reg.due_ms - now : 0);
}

static void halt(struct trunk_line *l)
{
	trunk_test_stop(&l->test, "the trunk was changed meanwhile");
	trunk_places_halt(l->places);
	event_del(l->reg_timer);
	event_del(l->probe_timer);
	if (l->registrar)
		asker_drop(l->registrar);
	asker_drop(l->probe);
	l->misses = 0;
	l->heard = false;
	l->state.latency_us = 0;
}

static void question(struct trunk_line *l, struct asker_question *q,
		     struct target *target)
{
	trunk_target(l->env->sofia, l->row.name, place_of(l), target);
	*q = (struct asker_question){
		.row = &l->row,
		.target = target,
		.realm = l->row.realm[0] ? l->row.realm : l->state.realm,
		.contact_user = l->state.contact_user,
	};
}

void trunk_line_proved(struct trunk_line *l, const char *realm)
{
	if (l->row.realm[0] || strcmp(l->state.realm, realm) == 0)
		return;
	log_info("trunk %s: its password is for the realm \"%s\" alone from "
		 "now on",
		 l->row.name, realm);
	(void)snprintf(l->state.realm, sizeof(l->state.realm), "%s", realm);
	publish(l);
}

/* --- registering --- */

/* For who tests; a wish for a longer registration is no answer yet. */
static void tell_registered(struct trunk_line *l,
			    const struct trunk_reply *reply)
{
	const enum trunk_tried_question q = TRUNK_TRIED_QUESTION_REGISTER;
	const char *words = trunk_code_text(reply->code, reply->silent);

	if (l->reg.how == TRUNK_HELD)
		trunk_test_say(&l->test, q, true, "registered for %u s",
			       reply->expires_s ? reply->expires_s
						: l->reg.expires_s);
	else if (reply->silent)
		trunk_test_say(&l->test, q, false, "%s",
			       l->distrust[0] ? l->distrust : words);
	else if (l->reg.how != TRUNK_ASKING)
		trunk_test_say(&l->test, q, false, "%u, %s", reply->code,
			       words);
}

static void take_reply(struct trunk_line *l, const struct trunk_reply *reply)
{
	uint32_t chance;

	secret_random(&chance, sizeof(chance));
	trunk_register_answer(&l->reg, clock_mono_ms(), reply, chance);
	if (l->reg.how == TRUNK_HELD)
		l->state.last_error[0] = '\0';
	else if (l->reg.how != TRUNK_ASKING)
		note_error(l, "registering", reply->code, reply->silent);
	if (l->reg.how == TRUNK_UNHEARD)
		(void)next_place(l);
	settle(l);
	arm_register(l);
}

static void on_registered(void *ctx, const struct asker_answer *a)
{
	const struct trunk_reply reply = {
		.code = a->code,
		.silent = a->silent,
		.expires_s = a->expires_s,
		.min_expires_s = a->min_expires_s,
		.retry_after_s = a->retry_after_s,
	};
	struct trunk_line *l = ctx;

	/* Whatever it says, it is there. */
	if (!a->silent) {
		l->misses = 0;
		l->distrust[0] = '\0';
	}
	take_reply(l, &reply);
	if (a->realm[0])
		trunk_line_proved(l, a->realm);
	if (a->foreign[0]) {
		(void)snprintf(l->state.last_error, sizeof(l->state.last_error),
			       "registering: it asks for the password of "
			       "another realm, \"%.64s\", and gets nothing",
			       a->foreign);
		publish(l);
		trunk_test_say(&l->test, TRUNK_TRIED_QUESTION_REGISTER, false,
			       "%s",
			       l->state.last_error + strlen("registering: "));
	}
	tell_registered(l, &reply);
}

static void on_register_due(evutil_socket_t fd, short what, void *arg)
{
	const struct trunk_reply silence = { .code = 503, .silent = true };
	struct trunk_line *l = arg;
	struct asker_question q;
	struct target target;

	(void)fd;
	(void)what;
	if (!place_of(l) || !l->registrar || asker_busy(l->registrar))
		return;
	question(l, &q, &target);
	q.expires_s = l->reg.expires_s;
	q.patience_ms = REGISTER_MS;
	if (asker_register(l->registrar, &q) == 0)
		return;
	take_reply(l, &silence);
	tell_registered(l, &silence);
}

void trunk_line_leave(struct trunk_line *l)
{
	bool held = l->row.register_ && l->registrar && place_of(l) &&
		    trunk_register_holds(&l->reg, clock_mono_ms());
	struct asker_question q;
	struct target target;

	halt(l);
	if (!held)
		return;
	question(l, &q, &target);
	farewells_say(l->env->farewells, l->registrar, &q);
	l->registrar = NULL;
	l->reg.until_ms = 0;
}

/* --- is somebody there? --- */

/* The provider's next server, which must know us as well. */
static void move_on(struct trunk_line *l)
{
	if (!next_place(l))
		return;
	l->reg.due_ms = clock_mono_ms();
	arm_register(l);
}

/* For who tests. Whatever code it is, somebody is there. */
static void tell_probed(struct trunk_line *l, const struct asker_answer *a)
{
	const enum trunk_tried_question q = TRUNK_TRIED_QUESTION_OPTIONS;

	if (a->silent)
		trunk_test_say(&l->test, q, false, "%s",
			       l->distrust[0] ? l->distrust
					      : trunk_code_text(0, true));
	else
		trunk_test_say(&l->test, q, true, "answers in %.1f ms (%u)",
			       a->latency_us / 1000.0, a->code);
}

static void on_probed(void *ctx, const struct asker_answer *a)
{
	struct trunk_line *l = ctx;
	uint32_t next_s = l->row.qualify_s;

	tell_probed(l, a);
	/* It was asked for a test alone: its state does not follow. */
	if (next_s == 0)
		return;
	if (!a->silent) {
		l->heard = true;
		l->misses = 0;
		l->state.latency_us = a->latency_us;
	} else if (l->heard || !l->row.register_) {
		/* Some never answer OPTIONS: while such a one registers us, it
		   is there. */
		l->misses++;
		l->state.latency_us = 0;
		note_error(l, "no sign of life", a->code, true);
		move_on(l);
		if (l->misses <= MISSES && next_s > MISSED_AGAIN_S)
			next_s = MISSED_AGAIN_S;
	}
	settle(l);
	arm(l->probe_timer, next_s * 1000ULL);
}

static void on_probe_due(evutil_socket_t fd, short what, void *arg)
{
	struct asker_answer nobody = {
		.code = 503, .silent = true, .realm = "", .foreign = ""
	};
	struct trunk_line *l = arg;
	struct asker_question q;
	struct target target;

	(void)fd;
	(void)what;
	if (!place_of(l) || asker_busy(l->probe))
		return;
	question(l, &q, &target);
	q.patience_ms = OPTIONS_MS;
	if (asker_options(l->probe, &q) < 0)
		on_probed(l, &nobody);
}

/* --- its servers --- */

static void on_found(void *ctx, bool moved)
{
	struct trunk_line *l = ctx;
	bool had = l->state.address[0] != '\0';

	tell_places(l);
	if (!moved) {
		settle(l);
		return;
	}
	l->misses = 0;
	l->reg.due_ms = clock_mono_ms();
	if (!had)
		l->state.last_error[0] = '\0';
	settle(l);
	arm_register(l);
	if (l->row.qualify_s != 0)
		arm(l->probe_timer, 0);
}

static void on_unknown(void *ctx, const char *why)
{
	struct trunk_line *l = ctx;

	(void)snprintf(l->state.last_error, sizeof(l->state.last_error), "%s",
		       why);
	tell_places(l);
	if (!place_of(l))
		trunk_test_stop(&l->test, why);
	settle(l);
}

/* --- calls that it did not take --- */

/* Again at the end of each hour, until none of them counts. */
static void tell_failures(struct trunk_line *l)
{
	uint64_t now = clock_mono_ms();

	l->state.failures_day = trunk_failures_day(&l->failures, now);
	if (l->state.failures_day > 0)
		arm(l->hour_timer, trunk_failures_turn_ms(now));
	publish(l);
}

static void on_hour(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_failures(arg);
}

/* --- the row --- */

static int make_registrar(struct trunk_line *l)
{
	const struct asker_config config = {
		.base = l->env->base,
		.sofia = l->env->sofia,
		.answered = on_registered,
		.ctx = l,
	};

	l->registrar = asker_new(&config);
	return l->registrar ? 0 : -ENOMEM;
}

static void begin(struct trunk_line *l)
{
	if (!l->registrar && make_registrar(l) < 0)
		log_err("trunk %s: no memory to register", l->row.name);
	trunk_register_begin(&l->reg, l->row.register_s, clock_mono_ms());
	trunk_places_forget(l->places);
	tell_places(l);
	if (l->row.enabled)
		trunk_places_find(l->places, &l->row);
	settle(l);
}

/* --- a test --- */

/* Where it is, if that is known: else nothing can be asked. */
static void test_place(struct trunk_line *l, bool known)
{
	static const char *const over[] = {
		[PEER_UDP] = "UDP",
		[PEER_TCP] = "TCP",
		[PEER_TLS] = "TLS",
	};
	const enum trunk_tried_question q = TRUNK_TRIED_QUESTION_SERVER;

	if (known)
		trunk_test_say(&l->test, q, true, "%s over %s",
			       l->state.address, over[place_of(l)->transport]);
	else if (!l->row.enabled)
		trunk_test_say(&l->test, q, false, "the trunk is switched off");
	else if (l->state.last_error[0])
		trunk_test_say(&l->test, q, false, "%s", l->state.last_error);
	else
		trunk_test_say(&l->test, q, false,
			       "DNS is still being asked where %s is",
			       l->row.host);
}

int trunk_line_test(struct trunk_line *l, const struct trunk_tester *teller)
{
	bool known = l->row.enabled && place_of(l);

	if (!trunk_test_begin(&l->test, teller))
		return -EBUSY;
	trunk_test_expect(&l->test, TRUNK_TRIED_QUESTION_SERVER);
	if (known)
		trunk_test_expect(&l->test, TRUNK_TRIED_QUESTION_OPTIONS);
	if (known && l->row.register_)
		trunk_test_expect(&l->test, TRUNK_TRIED_QUESTION_REGISTER);
	test_place(l, known);
	if (!known)
		return 0;
	arm(l->probe_timer, 0);
	l->reg.due_ms = clock_mono_ms();
	arm_register(l);
	return 0;
}

static int make_parts(struct trunk_line *l)
{
	const struct asker_config config = {
		.base = l->env->base,
		.sofia = l->env->sofia,
		.answered = on_probed,
		.ctx = l,
	};
	const struct trunk_places_config places = {
		.base = l->env->base,
		.sofia = l->env->sofia,
		.dns = l->env->dns,
		.found = on_found,
		.unknown = on_unknown,
		.ctx = l,
	};

	l->places = trunk_places_new(&places);
	l->probe = asker_new(&config);
	l->reg_timer = evtimer_new(l->env->base, on_register_due, l);
	l->probe_timer = evtimer_new(l->env->base, on_probe_due, l);
	l->hour_timer = evtimer_new(l->env->base, on_hour, l);
	return l->places && l->probe && l->reg_timer && l->probe_timer &&
			       l->hour_timer
		       ? 0
		       : -ENOMEM;
}

struct trunk_line *trunk_line_new(const struct trunk_env *env,
				  const struct trunk *row,
				  const struct trunk_state *before)
{
	struct trunk_line *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->env = env;
	l->row = *row;
	record_init(&trunk_state_record, &l->state);
	memcpy(l->state.name, row->name, sizeof(l->state.name));
	l->state.since_ms = clock_wall_ms();
	if (before) {
		memcpy(l->state.contact_user, before->contact_user,
		       sizeof(l->state.contact_user));
		memcpy(l->state.realm, before->realm, sizeof(l->state.realm));
	}
	if (!l->state.contact_user[0])
		secret_token(l->state.contact_user, CONTACT_BYTES);
	if (make_parts(l) < 0) {
		trunk_line_free(l);
		return NULL;
	}
	begin(l);
	return l;
}

void trunk_line_free(struct trunk_line *l)
{
	if (!l)
		return;
	trunk_test_stop(&l->test, "the trunk is gone");
	trunk_places_free(l->places);
	asker_free(l->registrar);
	asker_free(l->probe);
	if (l->reg_timer)
		event_free(l->reg_timer);
	if (l->probe_timer)
		event_free(l->probe_timer);
	if (l->hour_timer)
		event_free(l->hour_timer);
	secret_wipe(&l->row, sizeof(l->row));
	free(l);
}

/* Another account, or the same elsewhere: the old one is left. */
static bool is_other_account(const struct trunk *a, const struct trunk *b)
{
	return a->enabled != b->enabled || a->register_ != b->register_ ||
	       a->port != b->port || a->transport != b->transport ||
	       strcmp(a->host, b->host) != 0 ||
	       strcmp(a->domain, b->domain) != 0 ||
	       strcmp(a->user, b->user) != 0;
}

void trunk_line_change(struct trunk_line *l, const struct trunk *row)
{
	if (is_other_account(&l->row, row))
		trunk_line_leave(l);
	else
		halt(l);
	/* Another provider proves its realm anew. */
	if (strcmp(l->row.host, row->host) != 0 ||
	    strcmp(l->row.domain, row->domain) != 0 ||
	    strcmp(l->row.realm, row->realm) != 0)
		l->state.realm[0] = '\0';
	l->row = *row;
	l->state.last_error[0] = '\0';
	l->distrust[0] = '\0';
	begin(l);
}

const struct trunk *trunk_line_row(const struct trunk_line *l)
{
	return &l->row;
}

const struct trunk_state *trunk_line_state(const struct trunk_line *l)
{
	return &l->state;
}

size_t trunk_line_places(const struct trunk_line *l,
			 const struct trunk_place **places)
{
	return trunk_places_all(l->places, places);
}

bool trunk_line_at(const struct trunk_line *l, const struct addr *addr,
		   uint16_t port)
{
	const struct trunk_place *places;
	size_t n = trunk_places_all(l->places, &places);

	for (size_t i = 0; i < n; i++) {
		if (places[i].transport == PEER_TLS && places[i].port == port &&
		    addr_equal(&places[i].addr, addr))
			return true;
	}
	return false;
}

void trunk_line_distrust(struct trunk_line *l, const char *why)
{
	(void)snprintf(l->distrust, sizeof(l->distrust),
		       "its certificate is not good: %.64s", why);
}

bool trunk_line_owns(const struct trunk_line *l, const struct addr *addr)
{
	return prefix_list_contains(l->state.addresses, addr);
}

void trunk_line_call(struct trunk_line *l, int by)
{
	l->state.calls += (uint32_t)by;
	publish(l);
}

void trunk_line_failed(struct trunk_line *l, const char *why)
{
	l->state.failures++;
	trunk_failures_add(&l->failures, clock_mono_ms());
	(void)snprintf(l->state.last_error, sizeof(l->state.last_error), "%s",
		       why);
	tell_failures(l);
}

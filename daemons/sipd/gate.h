/*
 * The gate: judges every request that comes from outside a dialog. Who sends
 * it, may it be answered at all, is it proven who asks; then it goes to the
 * registrar, to the calls, or back with an answer (SPEC 3).
 *
 * A refused credential is reported to guardd first and answered only when
 * guardd says so; while guardd is silent nothing is sent. The gate does no
 * I/O of its own: sofia.h sends, `report` asks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr;
struct calls;
struct extensions;
struct gate;
struct peer;
struct registrar;
struct report;
struct request;
struct sip_settings;
struct sofia;
struct store;

/* What guardd said of a refused credential. */
enum gate_word {
	GATE_WORD_ANSWER,    /* it is counted: answer */
	GATE_WORD_UNCOUNTED, /* answer; this source may try for ever */
	GATE_WORD_DROP,
	GATE_WORD_SILENCE, /* nothing: do not answer, and nobody counted it */
};

typedef void (*gate_reported_fn)(void *ctx, enum gate_word word);

struct gate_ops {
	/* Calls done exactly once, never from inside. done may be NULL: then
	   nobody waits. Returns 0 or -ENOMEM, and then done does not come. */
	int (*report)(void *ctx, const struct report *report,
		      gate_reported_fn done, void *done_ctx);
	/* An INVITE of an extension that proved who it is, or of a trunk's
	   provider; takes it. */
	void (*invite)(void *ctx, struct request *r);
	/* Is it a trunk's provider who asks (SPEC 3)? Then its name goes into
	   r->peer.trunk. NULL: there are no trunks. */
	bool (*trunk)(void *ctx, struct request *r);
	/* Must new calls be refused? */
	bool (*overloaded)(void *ctx);
};

struct gate_config {
	struct sofia *sofia;
	struct store *store; /* REGISTER is answered from it; NULL in tests */
	struct registrar *registrar;
	struct extensions *extensions;
	const struct sip_settings *settings; /* its contents follow changes */
	const struct gate_ops *ops;
	void *ctx;
};

struct gate *gate_new(const struct gate_config *config);
/* Discards what waits for guardd, or for the store. */
void gate_free(struct gate *g);

/* A well-formed request outside a dialog. Takes it. */
void gate_request(struct gate *g, struct request *r);

/* Something not taken for what it said: reported, at a bounded rate. */
enum gate_bad { GATE_MALFORMED, GATE_SCANNER, GATE_FORGED };
void gate_bad(struct gate *g, enum gate_bad bad, const struct peer *peer,
	      const char *what);

/* Is this User-Agent one of the known scanners'? */
bool gate_scanner(const char *user_agent);

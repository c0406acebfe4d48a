/* The registrar: RFC 3261 section 10.3, step by step. */
#include "check.h"
#include "clock.h"
#include "records.h"
#include "registrar.h"
#include "sipd_fake_sofia.h"

struct world {
	struct registrar *r;
	struct sip_settings settings;
	struct extension e;
	struct registrar_answer answer;
	unsigned facts[4];
	unsigned kept;
};

static void on_fact(void *ctx, const struct binding_fact *fact)
{
	((struct world *)ctx)->facts[fact->op]++;
}

static void on_keep(void *ctx, const struct target *target)
{
	CHECK(target->route[0]);
	((struct world *)ctx)->kept++;
}

static void setup(struct world *w)
{
	struct registrar_config config = {
		.settings = &w->settings,
		.fact = on_fact,
		.keep = on_keep,
		.ctx = w,
	};

	memset(w, 0, sizeof(*w));
	record_init(&sip_settings_record, &w->settings);
	record_init(&extension_record, &w->e);
	(void)snprintf(w->e.number, sizeof(w->e.number), "801");
	w->r = registrar_new(&config);
	CHECK(w->r);
}

/* A REGISTER with one contact; returns the code. */
static unsigned ask(struct world *w, const char *uri, const char *expires,
		    const char *call_id, uint32_t cseq)
{
	struct request rq;

	fake_request(&rq, "192.168.1.5", true);
	rq.call_id = call_id;
	rq.cseq = cseq;
	if (strcmp(uri, "*") == 0) {
		rq.star = true;
	} else if (uri[0]) {
		rq.contacts[0].uri = uri;
		rq.n_contacts = 1;
	}
	rq.expires = expires;
	registrar_register(w->r, &rq, &w->e, false, &w->answer);
	return w->answer.code;
}

static void test_life(struct world *w)
{
	CHECK_EQ(ask(w, "", NULL, "c", 1), 200);
	CHECK_STR(w->answer.headers, "");
	CHECK_EQ(ask(w, "sip:801@a", "600", "c", 2), 200);
	CHECK(strstr(w->answer.headers, "<sip:801@a>;expires=600"));
	CHECK_EQ(ask(w, "sip:801@b", NULL, "d", 1), 200);
	CHECK(strstr(w->answer.headers, "<sip:801@b>;expires=3600"));
	CHECK(strstr(w->answer.headers, "<sip:801@a>"));
	CHECK_EQ(registrar_count(w->r), 2);
	CHECK_EQ(w->facts[BINDING_FACT_OP_ADDED], 2);
	CHECK_EQ(ask(w, "sip:801@a", "0", "c", 3), 200);
	CHECK(!strstr(w->answer.headers, "<sip:801@a>"));
	CHECK_EQ(w->facts[BINDING_FACT_OP_REMOVED], 1);
	/* A query tells without changing. */
	CHECK_EQ(ask(w, "", NULL, "x", 1), 200);
	CHECK(strstr(w->answer.headers, "<sip:801@b>"));
	CHECK_EQ(ask(w, "*", "0", "d", 2), 200);
	CHECK_EQ(registrar_count(w->r), 0);
}

static void test_refused(struct world *w)
{
	CHECK_EQ(ask(w, "sip:801@a", "59", "c", 1), 423);
	CHECK_STR(w->answer.headers, "Min-Expires: 60\r\n");
	CHECK_EQ(ask(w, "sip:801@a", "60", "c", 2), 200);
	CHECK_EQ(ask(w, "sip:801@a", "60", "c", 2), 500); /* no higher CSeq */
	CHECK_EQ(ask(w, "sip:801@a", "60", "c", 1), 500);
	CHECK_EQ(ask(w, "*", "60", "c", 9), 400);
	CHECK_EQ(ask(w, "*", "0", "c", 1), 500);
	CHECK_EQ(ask(w, "sip:801@a?x=y", "60", "c", 9), 400);
	CHECK_EQ(ask(w, "tel:911", "60", "c", 9), 400);
	CHECK_EQ(registrar_count(w->r), 1);
	CHECK_EQ(ask(w, "sip:801@a", "999999999999", "c", 10), 200);
	CHECK(strstr(w->answer.headers, "expires=7200"));
	CHECK_EQ(ask(w, "*", "0", "c", 11), 200);
}

static void test_limit(struct world *w)
{
	char uri[32];

	for (int i = 0; i < 5; i++) {
		(void)snprintf(uri, sizeof(uri), "sip:801@h%d", i);
		CHECK_EQ(ask(w, uri, "600", "l", (uint32_t)i + 1), 200);
	}
	CHECK_EQ(ask(w, "sip:801@h9", "600", "l", 20), 403);
	CHECK_EQ(ask(w, "sip:801@h3", "600", "l", 21), 200);
	CHECK_EQ(registrar_count(w->r), 5);
	/* The same phone after a restart takes the place of its oldest. */
	CHECK_EQ(ask(w, "sip:801@new", "600", "m", 1), 200);
	CHECK_EQ(registrar_count(w->r), 5);
	CHECK(!strstr(w->answer.headers, "<sip:801@h0>"));
	CHECK(strstr(w->answer.headers, "<sip:801@new>"));
	CHECK(strstr(w->answer.headers, "<sip:801@h1>"));
	registrar_forget(w->r, "801", NULL);
	CHECK_EQ(registrar_count(w->r), 0);
}

/* All contacts of a request or none. */
static void test_atomic(struct world *w)
{
	struct request rq;

	CHECK_EQ(ask(w, "sip:801@old", "600", "c", 5), 200);
	fake_request(&rq, "192.168.1.5", true);
	rq.call_id = "c";
	rq.cseq = 5;
	rq.contacts[0].uri = "sip:801@new";
	rq.contacts[1].uri = "sip:801@old";
	rq.n_contacts = 2;
	registrar_register(w->r, &rq, &w->e, false, &w->answer);
	CHECK_EQ(w->answer.code, 500);
	CHECK_EQ(registrar_count(w->r), 1);
	rq.cseq = 6;
	rq.contacts[0].q = "0.5";
	rq.contacts[1].q = "0.9";
	rq.contacts[1].expires = "120";
	registrar_register(w->r, &rq, &w->e, false, &w->answer);
	CHECK_EQ(w->answer.code, 200);
	CHECK_EQ(registrar_count(w->r), 2);
	/* A retransmission is told what is so, and changes nothing. */
	rq.contacts[0].uri = "sip:801@third";
	registrar_register(w->r, &rq, &w->e, true, &w->answer);
	CHECK_EQ(w->answer.code, 200);
	CHECK_EQ(registrar_count(w->r), 2);
}

static void test_targets(struct world *w)
{
	struct target t[4];

	CHECK_EQ(registrar_targets(w->r, "801", t, 4), 2);
	CHECK_STR(t[0].uri, "sip:801@old");
	CHECK_STR(t[1].uri, "sip:801@new");
	CHECK_EQ(t[1].q_milli, 500);
	CHECK_STR(t[0].peer.extension, "801");
	CHECK_EQ(registrar_targets(w->r, "801", t, 1), 1);
	CHECK_STR(t[0].uri, "sip:801@old");
	CHECK_EQ(registrar_targets(w->r, "802", t, 4), 0);
}

static void test_known(struct world *w)
{
	struct request rq;

	fake_request(&rq, "192.168.1.5", true);
	CHECK(registrar_known(w->r, "801", &rq.peer));
	CHECK(!registrar_known(w->r, "802", &rq.peer));
	rq.peer.port++;
	CHECK(!registrar_known(w->r, "801", &rq.peer));
}

static void test_end(struct world *w)
{
	uint64_t now = clock_mono_ms();

	registrar_tick(w->r, now + 119000);
	CHECK_EQ(registrar_count(w->r), 2);
	registrar_tick(w->r, now + 121000);
	CHECK_EQ(registrar_count(w->r), 1);
	CHECK_EQ(w->facts[BINDING_FACT_OP_EXPIRED], 1);
	registrar_forget(w->r, "801", "192.168.1.0/24");
	CHECK_EQ(registrar_count(w->r), 1);
	registrar_forget(w->r, "801", "10.0.0.0/8");
	CHECK_EQ(registrar_count(w->r), 0);
}

/* A lost connection is no way to ring; NAT is kept open. */
static void test_flow_and_nat(struct world *w)
{
	uint64_t now = clock_mono_ms();
	char connection[] = "o";
	struct request rq;
	struct target t[4];

	fake_request(&rq, "203.0.113.7", false);
	rq.peer.transport = PEER_TCP;
	rq.peer.tport = (struct tport_s *)connection;
	rq.contacts[0].uri = "sip:801@10.1.1.1:5060";
	rq.n_contacts = 1;
	registrar_register(w->r, &rq, &w->e, false, &w->answer);
	CHECK_EQ(registrar_targets(w->r, "801", t, 4), 1);
	CHECK(t[0].peer.tport == (struct tport_s *)connection);
	w->kept = 0;
	registrar_tick(w->r, now + 30000);
	registrar_tick(w->r, now + 31000);
	CHECK_EQ(w->kept, 1);
	connection[0] = 'x';
	CHECK_EQ(registrar_targets(w->r, "801", t, 4), 0);
	registrar_tick(w->r, now + 32000);
	CHECK_EQ(registrar_count(w->r), 0);
}

int main(void)
{
	struct world w;

	setup(&w);
	test_life(&w);
	test_refused(&w);
	test_limit(&w);
	test_atomic(&w);
	test_targets(&w);
	test_known(&w);
	test_end(&w);
	test_flow_and_nat(&w);
	registrar_free(w.r);
	return 0;
}

/*
 * The gate: who is answered, who is challenged, who waits for guardd, and
 * that nobody learns which extensions exist.
 */
#include <openssl/evp.h>

#include "check.h"
#include "extension.h"
#include "gate.h"
#include "records.h"
#include "registrar.h"
#include "sipd_fake_sofia.h"

struct world {
	struct gate *gate;
	struct registrar *registrar;
	struct sip_settings settings;
	struct report report;
	gate_reported_fn done;
	void *done_ctx;
	unsigned reports;
	unsigned invites;
	unsigned trunk_invites;
	bool overloaded;
};

/* Stands behind extension.h: 801 with a secret, a former one, and a network. */
struct extensions {
	struct extension row;
};

const struct extension *extensions_get(const struct extensions *e,
				       const char *number)
{
	return strcmp(number, e->row.number) == 0 ? &e->row : NULL;
}

static int on_report(void *ctx, const struct report *report,
		     gate_reported_fn done, void *done_ctx)
{
	struct world *w = ctx;

	w->report = *report;
	w->reports++;
	if (done) {
		w->done = done;
		w->done_ctx = done_ctx;
	}
	return 0;
}

static void on_invite(void *ctx, struct request *r)
{
	struct world *w = ctx;

	if (r->peer.trunk[0])
		CHECK_STR(r->peer.extension, "");
	else
		CHECK_STR(r->peer.extension, "801");
	w->trunk_invites += r->peer.trunk[0] != '\0';
	w->invites++;
}

/* The provider is at 198.51.100.10, and "random" is our name there. */
static bool on_trunk(void *ctx, struct request *r)
{
	char from[ADDR_TEXT];

	(void)ctx;
	addr_format(&r->peer.addr, from);
	if (strcmp(from, "198.51.100.10") != 0 &&
	    strcmp(r->uri_user, "random") != 0)
		return false;
	(void)snprintf(r->peer.trunk, sizeof(r->peer.trunk), "acme");
	return true;
}

static bool on_overloaded(void *ctx)
{
	return ((struct world *)ctx)->overloaded;
}

static void setup(struct world *w, struct extensions *e)
{
	static const struct gate_ops ops = {
		.report = on_report,
		.invite = on_invite,
		.trunk = on_trunk,
		.overloaded = on_overloaded,
	};
	struct registrar_config registrar = { .settings = &w->settings };
	struct gate_config config = {
		.extensions = e,
		.settings = &w->settings,
		.ops = &ops,
		.ctx = w,
	};

	memset(w, 0, sizeof(*w));
	record_init(&sip_settings_record, &w->settings);
	record_init(&extension_record, &e->row);
	(void)snprintf(e->row.number, sizeof(e->row.number), "801");
	(void)snprintf(e->row.secret, sizeof(e->row.secret), "right");
	(void)snprintf(e->row.old_secret, sizeof(e->row.old_secret), "former");
	w->registrar = registrar_new(&registrar);
	config.registrar = w->registrar;
	w->gate = gate_new(&config);
	CHECK(w->gate && w->registrar);
}

/* The phone: takes the challenge of the last answer and answers it. */
struct phone {
	char nonce[64];
	char text[9][160];
	const char *params[10];
	unsigned nc;
};

static void md5(const char *text, char out[33])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	CHECK(EVP_Digest(text, strlen(text), sum, &n, EVP_md5(), NULL) == 1);
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static void phone_challenged(struct phone *p)
{
	const char *at = strstr(fake_last()->headers, "nonce=\"");

	CHECK_EQ(fake_last()->code, 401);
	CHECK(at);
	(void)snprintf(p->nonce, sizeof(p->nonce), "%.52s", at + 7);
	p->nc = 0;
}

static void phone_sign(struct phone *p, struct request *r, const char *user,
		       const char *secret)
{
	char a1[33], a2[33], response[33], text[300];

	p->nc++;
	(void)snprintf(text, sizeof(text), "%s:sallyport:%s", user, secret);
	md5(text, a1);
	(void)snprintf(text, sizeof(text), "%s:sip:pbx", r->method_name);
	md5(text, a2);
	(void)snprintf(text, sizeof(text), "%s:%s:%08x:c:auth:%s", a1, p->nonce,
		       p->nc, a2);
	md5(text, response);
	(void)snprintf(p->text[0], 160, "username=\"%s\"", user);
	(void)snprintf(p->text[1], 160, "realm=\"sallyport\"");
	(void)snprintf(p->text[2], 160, "nonce=\"%s\"", p->nonce);
	(void)snprintf(p->text[3], 160, "uri=\"sip:pbx\"");
	(void)snprintf(p->text[4], 160, "response=\"%s\"", response);
	(void)snprintf(p->text[5], 160, "qop=auth");
	(void)snprintf(p->text[6], 160, "cnonce=\"c\"");
	(void)snprintf(p->text[7], 160, "nc=%08x", p->nc);
	for (size_t i = 0; i < 8; i++)
		p->params[i] = p->text[i];
	p->params[8] = NULL;
	r->credentials[0] = p->params;
	r->n_credentials = 1;
}

static unsigned pass(struct world *w, struct request *r)
{
	fake_reset();
	gate_request(w->gate, r);
	return fake_last()->code;
}

/* The whole dialogue; the code of its end, 0 while guardd is asked. */
static unsigned dialogue(struct world *w, struct request *r, const char *user,
			 const char *secret)
{
	static struct phone p; /* what r points to afterwards */

	CHECK_EQ(pass(w, r), 401);
	phone_challenged(&p);
	phone_sign(&p, r, user, secret);
	return pass(w, r);
}

static void stranger(struct request *r)
{
	fake_request(r, "203.0.113.9", false);
	r->contacts[0].uri = "sip:801@203.0.113.9:5062";
	r->n_contacts = 1;
}

static void test_register(struct world *w)
{
	struct request r;

	stranger(&r);
	CHECK_EQ(dialogue(w, &r, "801", "right"), 200);
	/* New at this address: guardd may have heard of it. */
	CHECK_EQ(w->reports, 1);
	CHECK_EQ(w->report.kind, REPORT_KIND_ACCEPTED);
	CHECK_STR(w->report.account, "801");
	CHECK_EQ(registrar_count(w->registrar), 1);
	/* Somebody else's number is not one's own; and now it is known. */
	stranger(&r);
	r.to_user = "802";
	CHECK_EQ(dialogue(w, &r, "801", "right"), 403);
	CHECK_EQ(w->reports, 2);
	CHECK_EQ(w->report.kind, REPORT_KIND_FORGED);
}

static void test_refusal(struct world *w)
{
	static const char *const tries[][2] = { { "801", "wrong" },
						{ "899", "wrong" },
						{ "801", "former" } };
	struct request r;

	for (size_t i = 0; i < 3; i++) {
		stranger(&r);
		w->done = NULL;
		CHECK_EQ(dialogue(w, &r, tries[i][0], tries[i][1]), 0);
		CHECK(w->done);
		CHECK_EQ(w->report.kind, REPORT_KIND_CREDENTIAL);
		CHECK_EQ(w->report.old_secret, i == 2);
		CHECK(w->report.proven);
		CHECK_STR(w->report.source, "203.0.113.9");
		CHECK_STR(w->report.account, tries[i][0]);
		/* Meanwhile nothing else of that address is looked at... */
		stranger(&r);
		CHECK_EQ(pass(w, &r), 1);
		/* ... but of others it is. */
		fake_request(&r, "203.0.113.10", false);
		CHECK_EQ(pass(w, &r), 401);
		fake_reset();
		w->done(w->done_ctx,
			i != 1 ? GATE_WORD_ANSWER : GATE_WORD_DROP);
		CHECK_EQ(fake_last()->code, i != 1 ? 401 : 1);
		stranger(&r);
		CHECK_EQ(pass(w, &r), 401);
	}
}

static void test_permit(struct world *w, struct extensions *e)
{
	struct request r;

	(void)snprintf(e->row.permit_ip, sizeof(e->row.permit_ip),
		       "198.51.100.0/24");
	stranger(&r);
	w->done = NULL;
	CHECK_EQ(dialogue(w, &r, "801", "right"), 0);
	CHECK(w->done);
	w->done(w->done_ctx, GATE_WORD_ANSWER);
	CHECK_EQ(fake_last()->code, 401);
	e->row.permit_ip[0] = '\0';
	e->row.enabled = false;
	stranger(&r);
	CHECK_EQ(dialogue(w, &r, "801", "right"), 0);
	w->done(w->done_ctx, GATE_WORD_ANSWER);
	e->row.enabled = true;
}

/* Whoever is never banned has one guess a second: the right one is no faster,
   or refusals would not be needed to find it. */
static void test_local(struct world *w)
{
	struct request r;

	fake_request(&r, "192.168.1.9", true);
	w->done = NULL;
	CHECK_EQ(dialogue(w, &r, "801", "wrong"), 0);
	CHECK(w->done);
	w->done(w->done_ctx, GATE_WORD_UNCOUNTED);
	CHECK_EQ(fake_last()->code, 401);
	w->reports = 0;
	fake_request(&r, "192.168.1.9", true);
	CHECK_EQ(dialogue(w, &r, "801", "wrong"), 1);
	fake_request(&r, "192.168.1.9", true);
	CHECK_EQ(dialogue(w, &r, "801", "right"), 1);
	CHECK_EQ(w->reports, 0);
	/* What would not come again by itself is told when to. */
	fake_request(&r, "192.168.1.9", true);
	r.peer.transport = PEER_TCP;
	CHECK_EQ(dialogue(w, &r, "801", "right"), 503);
	CHECK(strstr(fake_last()->headers, "Retry-After: 1\r\n"));
	/* Others are not held up. */
	fake_request(&r, "192.168.1.10", true);
	CHECK_EQ(dialogue(w, &r, "801", "right"), 200);
}

/* The same where guardd counts nothing: who is allowed, and while it is away.
   A phone that is registered there is known, and does not wait for others. */
static void test_uncounted(struct world *w)
{
	static const struct {
		const char *source;
		enum gate_word word;
	} cases[] = { { "203.0.113.80", GATE_WORD_UNCOUNTED },
		      { "203.0.113.81", GATE_WORD_SILENCE } };
	struct request r;

	for (size_t i = 0; i < 2; i++) {
		fake_request(&r, cases[i].source, false);
		r.peer.port = 5099;
		r.contacts[0].uri = "sip:801@203.0.113.80:5099";
		r.n_contacts = 1;
		r.call_id = cases[i].source;
		CHECK_EQ(dialogue(w, &r, "801", "right"), 200);
		fake_request(&r, cases[i].source, false);
		CHECK_EQ(dialogue(w, &r, "801", "wrong"), 0);
		w->done(w->done_ctx, cases[i].word);
		fake_request(&r, cases[i].source, false);
		CHECK_EQ(dialogue(w, &r, "801", "right"), 1);
		r.peer.port = 5099;
		r.n_credentials = 0;
		CHECK_EQ(dialogue(w, &r, "801", "right"), 200);
		/* But for its own. */
		r.n_credentials = 0;
		CHECK_EQ(dialogue(w, &r, "801", "wrong"), 0);
		w->done(w->done_ctx, cases[i].word);
		r.n_credentials = 0;
		CHECK_EQ(dialogue(w, &r, "801", "right"), 1);
	}
}

static void test_methods(struct world *w)
{
	static const struct {
		enum request_method method;
		const char *name;
		unsigned code;
	} cases[] = {
		{ REQUEST_OPTIONS, "OPTIONS", 200 },
		{ REQUEST_SUBSCRIBE, "SUBSCRIBE", 489 },
		{ REQUEST_PUBLISH, "PUBLISH", 489 },
		{ REQUEST_MESSAGE, "MESSAGE", 405 },
		{ REQUEST_BYE, "BYE", 481 },
		{ REQUEST_OTHER, "FOO", 501 },
	};
	struct request r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stranger(&r);
		r.peer.transport = PEER_TCP;
		r.method = cases[i].method;
		r.method_name = r.cseq_method = cases[i].name;
		CHECK_EQ(dialogue(w, &r, "801", "right"), cases[i].code);
	}
	stranger(&r);
	r.method = REQUEST_ACK;
	CHECK_EQ(pass(w, &r), 1);
	stranger(&r);
	r.method = REQUEST_OPTIONS;
	r.method_name = r.cseq_method = "OPTIONS";
	CHECK_EQ(pass(w, &r), 200); /* registered there */
	r.peer.port = 9;
	CHECK_EQ(pass(w, &r), 1); /* a stranger's, forgeable */
}

static void test_invite(struct world *w)
{
	struct request r;

	stranger(&r);
	r.method = REQUEST_INVITE;
	r.method_name = r.cseq_method = "INVITE";
	r.to_user = "802";
	CHECK_EQ(dialogue(w, &r, "801", "right"), 0);
	CHECK_EQ(w->invites, 1);
	/* The same again, outside its transaction, is a replay. */
	CHECK_EQ(pass(w, &r), 401);
	CHECK(strstr(fake_last()->headers, "stale=true"));
	CHECK_EQ(w->invites, 1);
	w->overloaded = true;
	r.n_credentials = 0;
	CHECK_EQ(dialogue(w, &r, "801", "right"), 503);
	CHECK(strstr(fake_last()->headers, "Retry-After"));
	w->overloaded = false;
	/* A dialog that nobody knows. */
	stranger(&r);
	r.to_tag = "x";
	CHECK_EQ(pass(w, &r), 481);
}

/* A provider's calls need no password, and nothing else of its is taken
   without one. */
static void test_trunk(struct world *w)
{
	struct request r;

	w->trunk_invites = 0;
	fake_request(&r, "198.51.100.10", false);
	r.method = REQUEST_INVITE;
	CHECK_EQ(pass(w, &r), 0);
	CHECK_EQ(w->trunk_invites, 1);
	fake_request(&r, "203.0.113.77", false);
	r.method = REQUEST_INVITE;
	CHECK_EQ(pass(w, &r), 401);
	r.uri_user = "random";
	CHECK_EQ(pass(w, &r), 0);
	CHECK_EQ(w->trunk_invites, 2);
	w->overloaded = true;
	CHECK_EQ(pass(w, &r), 503);
	w->overloaded = false;
	r.unsupported = "replaces";
	CHECK_EQ(pass(w, &r), 420);
	fake_request(&r, "198.51.100.10", false);
	r.method = REQUEST_OPTIONS;
	CHECK_EQ(pass(w, &r), 200);
	/* In a dialog that is not ours it is told so. */
	r.method = REQUEST_INVITE;
	r.to_tag = "x";
	CHECK_EQ(pass(w, &r), 481);
	fake_request(&r, "198.51.100.10", false);
	CHECK_EQ(pass(w, &r), 401);
	/* It is never banned: so it may guess once a second. */
	w->reports = 0;
	CHECK_EQ(dialogue(w, &r, "801", "wrong"), 0);
	CHECK_EQ(w->reports, 1);
	w->done(w->done_ctx, GATE_WORD_ANSWER);
	fake_request(&r, "198.51.100.10", false);
	CHECK_EQ(dialogue(w, &r, "801", "wrong"), 1);
	CHECK_EQ(w->reports, 1);
	/* A phone at its address that has a password is that phone. */
	fake_request(&r, "198.51.100.10", false);
	r.method = REQUEST_INVITE;
	CHECK_EQ(pass(w, &r), 0);
	CHECK_EQ(w->trunk_invites, 3);
}

/* The answers to a user that exists and to one that does not differ in
   nothing but the nonce. */
static void test_alike(struct world *w)
{
	char first[8192], *nonce;
	struct request r;

	for (int i = 0; i < 2; i++) {
		stranger(&r);
		r.to_user = r.from_user = i ? "899" : "801";
		CHECK_EQ(dialogue(w, &r, i ? "899" : "801", "wrong"), 0);
		fake_reset();
		w->done(w->done_ctx, GATE_WORD_ANSWER);
		CHECK_EQ(fake_last()->code, 401);
		nonce = strstr(fake_last()->headers, "nonce=\"");
		CHECK(nonce);
		memset(nonce + 7, '-', 52);
		if (i == 0)
			(void)snprintf(first, sizeof(first), "%s",
				       fake_last()->headers);
	}
	CHECK_STR(fake_last()->headers, first);
}

int main(void)
{
	struct extensions e;
	struct world w;

	setup(&w, &e);
	test_register(&w);
	test_refusal(&w);
	test_permit(&w, &e);
	test_local(&w);
	test_uncounted(&w);
	test_methods(&w);
	test_invite(&w);
	test_alike(&w);
	test_trunk(&w);
	CHECK(gate_scanner("friendly-scanner"));
	CHECK(gate_scanner("SIPVicious 0.3"));
	CHECK(gate_scanner("Mozilla (vaxsipuseragent)"));
	CHECK(gate_scanner("ip IWAR"));
	CHECK(!gate_scanner("sipp sip sipscsi ifcv"));
	CHECK(!gate_scanner(""));
	CHECK(!gate_scanner("baresip v1.0.0 (x86_64/linux)"));
	gate_free(w.gate);
	registrar_free(w.registrar);
	return 0;
}

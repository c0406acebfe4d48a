/* Digest: what is accepted, what is stale, what is a replay. */
#include <openssl/evp.h>
#include <sys/socket.h>

#include "check.h"
#include "digest.h"

enum { PARTS = 9 };

struct auth {
	char text[PARTS][160];
	const char *params[PARTS + 1];
	const char *const *list[1];
};

static const struct addr home = { AF_INET, { 192, 0, 2, 1 } };
static const struct addr away = { AF_INET, { 192, 0, 2, 2 } };

static struct digest_context context(const struct addr *source, uint64_t now)
{
	return (struct digest_context){
		.realm = "sallyport",
		.method = "REGISTER",
		.source = source,
		.now_ms = now,
		.nonce_s = 300,
	};
}

static void hash(const char *algorithm, const char *text, char out[65])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	CHECK(EVP_Digest(text, strlen(text), sum, &n,
			 EVP_get_digestbyname(algorithm), NULL) == 1);
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

/* The phone's side. */
static void answer(struct auth *a, const char *nonce, const char *secret,
		   unsigned nc, bool sha256)
{
	const char *algorithm = sha256 ? "SHA256" : "MD5";
	char a1[65], a2[65], response[65], text[400];

	(void)snprintf(text, sizeof(text), "801:sallyport:%s", secret);
	hash(algorithm, text, a1);
	hash(algorithm, "REGISTER:sip:pbx", a2);
	(void)snprintf(text, sizeof(text), "%s:%s:%08x:abc:auth:%s", a1, nonce,
		       nc, a2);
	hash(algorithm, text, response);
	(void)snprintf(a->text[0], 160, "username=\"801\"");
	(void)snprintf(a->text[1], 160, "realm=\"sallyport\"");
	(void)snprintf(a->text[2], 160, "nonce=\"%s\"", nonce);
	(void)snprintf(a->text[3], 160, "uri = \"sip:pbx\"");
	(void)snprintf(a->text[4], 160, "response=\"%s\"", response);
	(void)snprintf(a->text[5], 160, "algorithm=%s",
		       sha256 ? "SHA-256" : "MD5");
	(void)snprintf(a->text[6], 160, "cnonce=\"abc\"");
	(void)snprintf(a->text[7], 160, "qop=auth");
	(void)snprintf(a->text[8], 160, "nc=%08x", nc);
	for (size_t i = 0; i < PARTS; i++)
		a->params[i] = a->text[i];
	a->params[PARTS] = NULL;
	a->list[0] = a->params;
}

static void take_nonce(struct digest *d, const struct digest_context *c,
		       char nonce[64])
{
	char headers[DIGEST_HEADERS];
	const char *p;

	digest_challenge(d, c, DIGEST_OFFER_MD5, false, headers);
	p = strstr(headers, "nonce=\"");
	CHECK(p);
	(void)snprintf(nonce, 64, "%.52s", p + 7);
}

static void test_accept(struct digest *d, bool sha256)
{
	struct digest_context c = context(&home, 1000000);
	struct digest_claim claim;
	struct auth a;
	char nonce[64];

	take_nonce(d, &c, nonce);
	answer(&a, nonce, "secret", 1, sha256);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_CLAIM);
	CHECK_STR(claim.user, "801");
	CHECK(digest_verify(d, &c, &claim, "secret"));
	CHECK(!digest_verify(d, &c, &claim, "Secret"));
	CHECK(!digest_verify(d, &c, &claim, ""));
	digest_used(d, &c, &claim);
	/* The very same again is a retransmission, with another count it is
	   new, the old count with other content a replay. */
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_CLAIM);
	CHECK(claim.again);
	answer(&a, nonce, "secret", 2, sha256);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_CLAIM);
	CHECK(!claim.again);
	digest_used(d, &c, &claim);
	answer(&a, nonce, "secret", 1, sha256);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_STALE);
	answer(&a, nonce, "other", 2, sha256);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_STALE);
}

static void test_stale(struct digest *d)
{
	struct digest_context c = context(&home, 2000000);
	struct digest_context other = context(&away, 2000000);
	struct digest *foreign = digest_new();
	struct digest_claim claim;
	struct auth a;
	char nonce[64];

	take_nonce(d, &c, nonce);
	answer(&a, nonce, "secret", 1, false);
	CHECK_EQ(digest_read(d, &other, a.list, 1, &claim), DIGEST_STALE);
	CHECK_EQ(digest_read(foreign, &c, a.list, 1, &claim), DIGEST_STALE);
	c.now_ms += 300000;
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_CLAIM);
	c.now_ms += 1;
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_STALE);
	answer(&a, "00", "secret", 1, false);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_STALE);
	digest_free(foreign);
}

/* Credentials that we cannot check are none at all. */
static void test_none(struct digest *d)
{
	static const struct {
		size_t at;
		const char *text;
	} bad[] = {
		{ 0, "username=\"801" },     { 0, "user=\"801\"" },
		{ 1, "realm=\"other\"" },    { 4, "response=\"12\"" },
		{ 5, "algorithm=MD5-sess" }, { 7, "qop=auth-int" },
		{ 7, "opaque=1" },           { 8, "nc=1" },
		{ 8, "nc=0000000g" },        { 6, "cnonce=\"\"" },
	};
	struct digest_context c = context(&home, 3000000);
	struct digest_claim claim;
	struct auth a;
	char nonce[64];

	take_nonce(d, &c, nonce);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		answer(&a, nonce, "secret", 1, false);
		a.params[bad[i].at] = bad[i].text;
		CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_NONE);
	}
	CHECK_EQ(digest_read(d, &c, a.list, 0, &claim), DIGEST_NONE);
}

/* What falls out of the table of used nonces counts as expired. */
static void test_bounded(struct digest *d)
{
	struct digest_context c = context(&home, 4000000);
	struct digest_claim claim, first;
	struct auth a;
	char nonce[64], oldest[64];

	take_nonce(d, &c, oldest);
	answer(&a, oldest, "secret", 5, false);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &first), DIGEST_CLAIM);
	digest_used(d, &c, &first);
	for (unsigned i = 0; i < 4; i++) {
		c.now_ms++;
		/* Numbers rise by one: 16384 on they meet again. */
		for (unsigned k = 0; k < 16384; k++)
			take_nonce(d, &c, nonce);
		answer(&a, nonce, "secret", 1, false);
		CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_CLAIM);
		digest_used(d, &c, &claim);
	}
	answer(&a, oldest, "secret", 6, false);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_STALE);
	answer(&a, oldest, "secret", 5, false);
	CHECK_EQ(digest_read(d, &c, a.list, 1, &claim), DIGEST_STALE);
}

static void test_challenge(struct digest *d)
{
	struct digest_context c = context(&home, 5000000);
	char headers[DIGEST_HEADERS];

	digest_challenge(d, &c, DIGEST_OFFER_MD5, false, headers);
	CHECK(strstr(headers, "algorithm=MD5") && !strstr(headers, "SHA") &&
	      !strstr(headers, "stale"));
	digest_challenge(d, &c, DIGEST_OFFER_MD5 | DIGEST_OFFER_SHA256, true,
			 headers);
	CHECK(strstr(headers, "SHA-256") < strstr(headers, "algorithm=MD5"));
	CHECK(strstr(headers, "stale=true"));
	CHECK_EQ(digest_offer_for("baresip v1.0.0"), DIGEST_OFFER_MD5);
}

int main(void)
{
	struct digest *d = digest_new();

	CHECK(d);
	test_accept(d, false);
	test_accept(d, true);
	test_stale(d);
	test_none(d);
	test_bounded(d);
	test_challenge(d);
	digest_free(d);
	return 0;
}

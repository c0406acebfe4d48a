/* Our password, asked for: RFC 7616's example, RFC 2069's way, other realms. */
#include <errno.h>

#include "check.h"
#include "credentials.h"

static const char nonce[] = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
static const char cnonce[] = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

static struct challenge rfc7616(enum challenge_hash hash)
{
	struct challenge c = { .realm = "http-auth@example.org",
			       .hash = hash,
			       .qop = true };

	(void)snprintf(c.nonce, sizeof(c.nonce), "%s", nonce);
	return c;
}

static void expect(struct challenge *c, const char *response)
{
	char header[CREDENTIALS_HEADER], want[96];

	CHECK_EQ(credentials_write(c, "Mufasa", "Circle of Life", "GET",
				   "/dir/index.html", cnonce, header,
				   sizeof(header)),
		 0);
	(void)snprintf(want, sizeof(want), "response=\"%s\"", response);
	CHECK(strstr(header, want) != NULL);
}

static void test_vectors(void)
{
	struct challenge c = rfc7616(CHALLENGE_MD5);

	expect(&c, "8ca523f5e9506fed4657c9700eebdbec");
	c = rfc7616(CHALLENGE_SHA256);
	expect(&c, "753927fa0e85d155564e2e272a28d180"
		   "2ca10daf4496794697cf8db5856cb6c1");
	c = rfc7616(CHALLENGE_SHA512_256);
	expect(&c, "430d05014cecc49cab6fbe03176d41a1"
		   "da86cbfe24a16580e22aaad928d960d0");
	c = rfc7616(CHALLENGE_MD5);
	c.session = true;
	expect(&c, "e783283f46242139c486a698fec7211d");
}

static void test_header(void)
{
	struct challenge c = { .realm = "a \"b\" \\",
			       .nonce = "n",
			       .opaque = "o",
			       .proxy = true,
			       .qop = true };
	char header[CREDENTIALS_HEADER];

	CHECK_EQ(credentials_write(&c, "u", "s", "INVITE", "sip:1@h", "c",
				   header, sizeof(header)),
		 0);
	CHECK(strstr(header, "Proxy-Authorization: Digest username=\"u\", "
			     "realm=\"a \\\"b\\\" \\\\\", nonce=\"n\", "
			     "uri=\"sip:1@h\", response=\"") == header);
	CHECK(strstr(header, "\", opaque=\"o\", qop=auth, nc=00000001, "
			     "cnonce=\"c\", algorithm=MD5\r\n") != NULL);
	CHECK_EQ(credentials_write(&c, "u", "s", "BYE", "sip:1@h", "c", header,
				   sizeof(header)),
		 0);
	CHECK(strstr(header, "nc=00000002") != NULL);
	/* Whatever does not fit is not sent in part. */
	CHECK_EQ(credentials_write(&c, "u", "s", "BYE", "sip:1@h", "c", header,
				   80),
		 -ENOSPC);
	CHECK_STR(header, "");
}

/* RFC 2069: without qop there is no count and no cnonce. */
static void test_old(void)
{
	static const char *const params[] = {
		"realm=\"testrealm@host.com\"",
		"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"", NULL
	};
	static const char *const *const lists[] = { params };
	char header[CREDENTIALS_HEADER];
	struct challenge c;

	CHECK_EQ(challenge_read(lists, 1, "", &c), 0);
	CHECK(!c.qop);
	CHECK_EQ(credentials_write(&c, "Mufasa", "Circle Of Life", "GET",
				   "/dir/index.html", "x", header,
				   sizeof(header)),
		 0);
	CHECK(strstr(header, "response=\"670fd8c2df070c60b045671b8b24ff02\"") !=
	      NULL);
	CHECK(strstr(header, "cnonce") == NULL);
}

static void test_choice(void)
{
	static const char *const md5[] = { "realm=\"itsp\"", "nonce=\"a\"",
					   "qop=\"auth-int, auth\"", NULL };
	static const char *const sha[] = { "realm=\"itsp\"",    "nonce=\"b\"",
					   "algorithm=SHA-256", "qop=auth",
					   "stale=TRUE",        NULL };
	static const char *const odd[] = { "realm=\"itsp\"", "nonce=\"c\"",
					   "algorithm=SHA3", NULL };
	static const char *const whole[] = { "realm=\"itsp\"", "nonce=\"d\"",
					     "qop=\"auth-int\"", NULL };
	static const char *const thief[] = { "realm=\"thief\"", "nonce=\"e\"",
					     NULL };
	static const char *const broken[] = { "realm=\"itsp", "nonce=\"f\"",
					      NULL };
	static const char *const bare[] = { "realm=\"itsp\"", NULL };
	const char *const *lists[] = {
		odd, whole, broken, bare, thief, md5, sha
	};
	struct challenge c;

	CHECK_EQ(challenge_read(lists, 7, "itsp", &c), 0);
	CHECK_EQ(c.hash, CHALLENGE_SHA256);
	CHECK_STR(c.nonce, "b");
	CHECK(c.stale && c.qop);
	CHECK_EQ(challenge_read(lists, 6, "itsp", &c), 0);
	CHECK_STR(c.nonce, "a");
	CHECK(!c.stale);
	CHECK_EQ(challenge_read(lists, 4, "itsp", &c), -ENOENT);
	CHECK_EQ(challenge_read(lists, 5, "itsp", &c), -EPERM);
	CHECK_STR(c.realm, "thief");
	/* Nothing is pinned yet: the first realm it is. */
	CHECK_EQ(challenge_read(lists + 4, 1, "", &c), 0);
	CHECK_STR(c.realm, "thief");
	CHECK_EQ(challenge_read(lists, 0, "", &c), -ENOENT);
}

int main(void)
{
	test_vectors();
	test_header();
	test_old();
	test_choice();
	return 0;
}

/* Who calls whom, as each kind of provider is told. */
#include "check.h"
#include "records.h"
#include "trunk_identity.h"

static struct trunk trunk(uint32_t identity)
{
	struct trunk t;

	record_init(&trunk_record, &t);
	(void)snprintf(t.host, sizeof(t.host), "sip.example.net");
	(void)snprintf(t.user, sizeof(t.user), "acme");
	t.identity = identity;
	return t;
}

static struct trunk_texts told(const struct trunk *t, bool hide)
{
	const struct trunk_call call = { .number = "+4930123",
					 .name = "Ada \"the\" Great",
					 .callee = "00441#23",
					 .hide = hide };
	struct trunk_texts texts;

	trunk_texts(t, &call, &texts);
	return texts;
}

#define ADA "\"Ada \\\"the\\\" Great\" "

static void test_asserted(void)
{
	struct trunk t = trunk(TRUNK_IDENTITY_PAI);
	struct trunk_texts x = told(&t, false);

	CHECK_STR(x.uri, "sip:00441%2323@sip.example.net");
	CHECK_STR(x.to, "<sip:00441%2323@sip.example.net>");
	CHECK_STR(x.from, ADA "<sip:acme@sip.example.net>");
	CHECK_STR(x.headers, "P-Asserted-Identity: " ADA
			     "<sip:+4930123@sip.example.net>\r\n");
	x = told(&t, true);
	CHECK_STR(x.from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	CHECK_STR(x.headers, "P-Asserted-Identity: " ADA
			     "<sip:+4930123@sip.example.net>\r\n"
			     "Privacy: id\r\n");
	/* Without an account there is nobody but the caller. */
	t.user[0] = '\0';
	x = told(&t, false);
	CHECK_STR(x.from, ADA "<sip:+4930123@sip.example.net>");
}

static void test_remote_party(void)
{
	struct trunk t = trunk(TRUNK_IDENTITY_RPID);
	struct trunk_texts x = told(&t, false);

	CHECK_STR(x.headers,
		  "Remote-Party-ID: " ADA "<sip:+4930123@sip.example.net>"
		  ";party=calling;screen=yes;privacy=off\r\n");
	x = told(&t, true);
	CHECK_STR(x.headers,
		  "Remote-Party-ID: " ADA "<sip:+4930123@sip.example.net>"
		  ";party=calling;screen=yes;privacy=full\r\n"
		  "Privacy: id\r\n");
}

static void test_none(void)
{
	struct trunk t = trunk(TRUNK_IDENTITY_NONE);
	struct trunk_texts x = told(&t, false);

	CHECK_STR(x.from, ADA "<sip:+4930123@sip.example.net>");
	CHECK_STR(x.headers, "");
	x = told(&t, true);
	CHECK(strstr(x.from, "4930123") == NULL);
	CHECK_STR(x.headers, "Privacy: id\r\n");
}

static void test_places(void)
{
	struct trunk t = trunk(TRUNK_IDENTITY_NONE);
	char aor[TRUNK_ADDRESS], registrar[TRUNK_ADDRESS];

	t.port = 5070;
	t.transport = TRUNK_TRANSPORT_TLS;
	CHECK_STR(told(&t, false).uri,
		  "sip:00441%2323@sip.example.net:5070;transport=tls");
	(void)snprintf(t.host, sizeof(t.host), "2001:db8::5");
	CHECK_STR(told(&t, false).uri,
		  "sip:00441%2323@[2001:db8::5]:5070;transport=tls");
	trunk_account(&t, aor, registrar, sizeof(aor));
	CHECK_STR(aor, "sip:acme@[2001:db8::5]");
	CHECK_STR(registrar, "sip:[2001:db8::5]:5070;transport=tls");
	/* The host is only the way to the domain. */
	t.transport = TRUNK_TRANSPORT_TCP;
	(void)snprintf(t.domain, sizeof(t.domain), "example.net");
	CHECK_STR(told(&t, false).uri,
		  "sip:00441%2323@example.net;transport=tcp");
	CHECK_STR(told(&t, false).to, "<sip:00441%2323@example.net>");
}

int main(void)
{
	test_asserted();
	test_remote_party();
	test_none();
	test_places();
	return 0;
}

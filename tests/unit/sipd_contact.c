/* Contact URIs: which are taken, which are the same (RFC 3261, 19.1.4). */
#include "check.h"
#include "contact.h"

static void test_equal(void)
{
	/* The pairs of RFC 3261 section 19.1.4, as far as they concern a
	   Contact without headers. */
	CHECK(contact_equal("sip:alice@AtLanTa.CoM;Transport=tcp",
			    "SIP:alice@AtLanTa.CoM;transport=TCP"));
	CHECK(contact_equal("sip:carol@chicago.com",
			    "sip:carol@chicago.com;newparam=5"));
	CHECK(contact_equal("sip:carol@chicago.com;security=on",
			    "sip:carol@chicago.com;newparam=5"));
	CHECK(!contact_equal("SIP:ALICE@AtLanTa.CoM;Transport=udp",
			     "sip:alice@AtLanTa.CoM;Transport=UDP"));
	CHECK(!contact_equal("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
	CHECK(!contact_equal("sip:bob@biloxi.com",
			     "sip:bob@biloxi.com;transport=udp"));
	CHECK(!contact_equal("sip:carol@chicago.com;security=on",
			     "sip:carol@chicago.com;security=off"));
	CHECK(contact_equal("sip:801@[2001:db8::1]:5062",
			    "sip:801@[2001:DB8::1]:5062"));
	CHECK(!contact_equal("sip:a@b", "sips:a@b"));
	/* What is no URI is compared letter by letter, and not beyond its
	   end. */
	CHECK(!contact_equal("a?b:c", "sip:a@b"));
	CHECK(contact_equal("a?b:c", "a?b:c"));
}

static void test_good(void)
{
	char big[400];

	CHECK(contact_good("sip:801@192.0.2.9:5062;transport=tls"));
	CHECK(contact_good("sips:801@[2001:db8::9]"));
	CHECK(contact_good("sip:192.0.2.9"));
	CHECK(!contact_good("tel:+4711"));
	CHECK(!contact_good("sip:"));
	CHECK(!contact_good("sip:a@"));
	CHECK(!contact_good("sip:a@b?Route=%3Csip:evil%3E"));
	CHECK(!contact_good("sip:a@b\r\nEvil: yes"));
	CHECK(!contact_good("sip:a@b>;x=\"y"));
	CHECK(!contact_good("sip:a@b:123456"));
	CHECK(!contact_good("sip:a@[::1"));
	CHECK(!contact_good("http://a"));
	memset(big, 'a', sizeof(big) - 1);
	memcpy(big, "sip:", 4);
	big[sizeof(big) - 1] = '\0';
	CHECK(!contact_good(big));
}

static void test_numbers(void)
{
	CHECK_EQ(contact_port("sip:a@b:5062;x", 1), 5062);
	CHECK_EQ(contact_port("sip:a@[::1]:65535", 1), 65535);
	CHECK_EQ(contact_port("sip:a@b", 1), 1);
	CHECK_EQ(contact_port("sip:a@b:65536", 1), 1);
	CHECK_EQ(contact_port("sip:a@b:0", 1), 1);
	CHECK_EQ(contact_q(NULL), 1000);
	CHECK_EQ(contact_q("0.7"), 700);
	CHECK_EQ(contact_q("0.123"), 123);
	CHECK_EQ(contact_q("0"), 0);
	CHECK_EQ(contact_q("1.000"), 1000);
	CHECK_EQ(contact_q("0.1234"), 1000);
	CHECK_EQ(contact_q("-1"), 1000);
	CHECK_EQ(contact_expires("3600"), 3600);
	CHECK_EQ(contact_expires("0"), 0);
	CHECK_EQ(contact_expires("99999999999999999999999"), UINT32_MAX);
	CHECK_EQ(contact_expires(""), -1);
	CHECK_EQ(contact_expires("soon"), -1);
	CHECK_EQ(contact_expires(NULL), -1);
}

int main(void)
{
	test_equal();
	test_good();
	test_numbers();
	return 0;
}

/* DNS answers as they come from the wire: the corpus of the fuzzer, and what
   stands in it. */
#include <errno.h>

#include "check.h"
#include "dns.h"

static struct dns_record r[DNS_RECORDS];
static const char *corpus;

static int read_file(const char *name, enum dns_type type, size_t cut)
{
	uint8_t data[1024];
	char path[512];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", corpus, name);
	f = fopen(path, "re");
	CHECK(f != NULL);
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	CHECK(n > cut);
	return dns_read(data, n - cut, type, r, DNS_RECORDS);
}

static void addr_is(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT];

	addr_format(a, text);
	CHECK_STR(text, want);
}

int main(int argc, char **argv)
{
	CHECK_EQ(argc, 2);
	corpus = argv[1];

	/* By way of another name; the shortest life is the caller's to find. */
	CHECK_EQ(read_file("a", DNS_A, 0), 2);
	addr_is(&r[0].addr, "192.0.2.1");
	CHECK_EQ(r[0].ttl_s, 300);
	addr_is(&r[1].addr, "192.0.2.2");
	CHECK_EQ(read_file("a", DNS_AAAA, 0), -ENOENT);
	CHECK_EQ(read_file("a", DNS_A, 1), -EBADMSG);
	CHECK_EQ(read_file("aaaa", DNS_AAAA, 0), 1);
	addr_is(&r[0].addr, "2001:db8::5");

	CHECK_EQ(read_file("srv", DNS_SRV, 0), 2);
	CHECK_EQ(r[0].order, 10);
	CHECK_EQ(r[0].preference, 5);
	CHECK_EQ(r[0].port, 5060);
	CHECK_STR(r[0].name, "a.example");
	CHECK_STR(r[1].name, "");

	CHECK_EQ(read_file("naptr", DNS_NAPTR, 0), 2);
	CHECK_EQ(r[0].order, 10);
	CHECK_EQ(r[0].preference, 20);
	CHECK_STR(r[0].flags, "s");
	CHECK_STR(r[0].service, "SIP+D2U");
	CHECK_STR(r[0].name, "_sip._udp.example");
	CHECK_STR(r[1].name, "");

	/* By way of another name (RFC 2317). */
	CHECK_EQ(read_file("ptr", DNS_PTR, 0), 1);
	CHECK_STR(r[0].name, "host.example");
	CHECK_EQ(r[0].ttl_s, 600);
	/* What is strange in a name is written in digits; one that is too long
	   for that, and one that is not there, are none. */
	CHECK_EQ(read_file("ptr_hostile", DNS_PTR, 0), 3);
	CHECK_STR(r[0].name, "<img\\032src=x>.example");
	CHECK_STR(r[1].name, "a\\.b\\010\\027[2J\\000.example");
	CHECK_STR(r[2].name, "");
	CHECK_EQ(read_file("ptr_loop", DNS_PTR, 0), -ENOENT);

	CHECK_EQ(read_file("none", DNS_A, 0), -ENOENT);
	CHECK_EQ(read_file("short_a", DNS_A, 0), -ENOENT);
	CHECK_EQ(read_file("loop", DNS_SRV, 0), -ENOENT);
	CHECK_EQ(read_file("naptr_cut", DNS_NAPTR, 0), -ENOENT);
	return 0;
}

/* Rows of trunks that are refused, and what is said of them. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "records.h"
#include "trunk_check.h"

static struct trunk row(void)
{
	struct trunk t;

	record_init(&trunk_record, &t);
	(void)snprintf(t.name, sizeof(t.name), "acme");
	(void)snprintf(t.host, sizeof(t.host), "198.51.100.10");
	return t;
}

static void refused(const struct trunk *t, const char *field, const char *words)
{
	struct issue issue;

	memset(&issue, 0, sizeof(issue));
	CHECK_EQ(trunk_check(t, &issue), -EINVAL);
	CHECK_STR(issue.field, field);
	CHECK(strstr(issue.what, words) != NULL);
}

static void set(char *text, size_t size, const char *value)
{
	(void)snprintf(text, size, "%s", value);
}

/* Whatever is read for ever, or waits for a writer, is no certificate. */
static void authority(void)
{
	char dir[] = "/tmp/trunk-XXXXXX", path[64];
	struct trunk t = row();
	struct issue issue;
	FILE *file;

	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/ca.pem", dir);
	set(t.ca_file, sizeof(t.ca_file), "ca.pem");
	refused(&t, "ca_file", "must be a whole path");
	set(t.ca_file, sizeof(t.ca_file), path);
	refused(&t, "ca_file", "cannot read it: No such file");
	CHECK_EQ(mkfifo(path, 0600), 0);
	refused(&t, "ca_file", "no file with a certificate");
	CHECK_EQ(unlink(path), 0);
	file = fopen(path, "w");
	CHECK(file != NULL);
	CHECK(fputs("-----BEGIN PRIVATE KEY-----\n", file) > 0);
	CHECK_EQ(fflush(file), 0);
	refused(&t, "ca_file", "no file with a certificate");
	CHECK(fputs("-----BEGIN CERTIFICATE-----\n", file) > 0);
	CHECK_EQ(fclose(file), 0);
	CHECK_EQ(trunk_check(&t, &issue), 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(rmdir(dir), 0);
	set(t.ca_file, sizeof(t.ca_file), "/dev/zero");
	refused(&t, "ca_file", "no file with a certificate");
	set(t.ca_file, sizeof(t.ca_file), "/tmp");
	refused(&t, "ca_file", "no file with a certificate");
}

static void encryption(void)
{
	struct trunk t = row();
	struct issue issue;

	t.srtp = TRUNK_SRTP_MUST;
	refused(&t, "srtp", "needs the transport tls");
	t.transport = TRUNK_TRANSPORT_TLS;
	CHECK_EQ(trunk_check(&t, &issue), 0);
	t.transport = TRUNK_TRANSPORT_AUTO;
	CHECK_EQ(trunk_check(&t, &issue), 0);
}

int main(void)
{
	encryption();
	struct trunk t = row();
	struct issue issue;

	CHECK_EQ(trunk_check(&t, &issue), 0);
	t.register_ = true;
	refused(&t, "user", "is needed to register");
	set(t.user, sizeof(t.user), "acme");
	CHECK_EQ(trunk_check(&t, &issue), 0);
	set(t.user, sizeof(t.user), "a>b");
	refused(&t, "user", "angle brackets");
	t = row();
	set(t.auth_user, sizeof(t.auth_user), "a b");
	refused(&t, "auth_user", "blanks");
	t = row();
	set(t.secret, sizeof(t.secret), "a\nb");
	refused(&t, "secret", "control");

	t = row();
	set(t.addresses, sizeof(t.addresses), "198.51.100.0/24;0.0.0.0/1");
	refused(&t, "addresses", "0.0.0.0/1 is too wide");
	set(t.addresses, sizeof(t.addresses), "2000::/3");
	refused(&t, "addresses", "too wide");
	set(t.addresses, sizeof(t.addresses), "10.0.0.0/8;2001:db8::/32");
	CHECK_EQ(trunk_check(&t, &issue), 0);

	t = row();
	set(t.failover, sizeof(t.failover), "503;486");
	refused(&t, "failover", "486 is the called party's own");
	set(t.failover, sizeof(t.failover), "5**");
	refused(&t, "failover", "no code of SIP");
	set(t.failover, sizeof(t.failover), "299");
	refused(&t, "failover", "no code of SIP");
	set(t.failover, sizeof(t.failover), "");
	CHECK_EQ(trunk_check(&t, &issue), 0);

	t = row();
	set(t.provider_limit_on, sizeof(t.provider_limit_on), "2026-13-01");
	refused(&t, "provider_limit_on", "2026-12-24");
	set(t.provider_limit_on, sizeof(t.provider_limit_on), "1.12.2026");
	refused(&t, "provider_limit_on", "2026-12-24");
	set(t.provider_limit_on, sizeof(t.provider_limit_on), "2026-12-01");
	CHECK_EQ(trunk_check(&t, &issue), 0);
	authority();
	return 0;
}

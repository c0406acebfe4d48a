#include "trunk_check.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr.h"
#include "records.h"

enum { NETWORK_BITS = 8, NETWORK_BITS6 = 29, AUTHORITY_MAX = 1 << 20 };

/* What goes into headers and URIs as it is typed. */
static int check_typed(const char *field, const char *text, struct issue *issue)
{
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '<' ||
		    *p == '>' || *p == '"')
			return issue_set(issue, field,
					 "must be without blanks, quotes and "
					 "angle brackets");
	}
	return 0;
}

static int check_account(const struct trunk *row, struct issue *issue)
{
	int rc = check_typed("user", row->user, issue);

	if (rc == 0)
		rc = check_typed("auth_user", row->auth_user, issue);
	if (rc < 0)
		return rc;
	if (row->register_ && !row->user[0])
		return issue_set(issue, "user",
				 "is needed to register: the name that the "
				 "provider gave you");
	for (const char *p = row->secret; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return issue_set(issue, "secret",
					 "must be without control characters");
	}
	return 0;
}

static bool next_item(const char **list, char *item, size_t size)
{
	size_t n = strcspn(*list, ";");

	if (!**list)
		return false;
	(void)snprintf(item, size, "%.*s", (int)n, *list);
	*list += n;
	*list += **list == ';';
	return true;
}

/* Calls from there come in without a password: half the world must not be
   meant by mistake. */
static int check_addresses(const struct trunk *row, struct issue *issue)
{
	const char *list = row->addresses;
	char item[ADDR_TEXT], why[120];
	struct prefix p;

	while (next_item(&list, item, sizeof(item))) {
		if (prefix_parse(&p, item, why, sizeof(why)) < 0)
			return issue_set(issue, "addresses", "%s", why);
		if (p.len <
		    (p.addr.family == AF_INET6 ? NETWORK_BITS6 : NETWORK_BITS))
			return issue_set(issue, "addresses",
					 "%s is too wide: whoever calls from "
					 "there would be the provider",
					 item);
	}
	return 0;
}

/* SPEC 5: never on busy, decline or no answer by the callee. */
static bool is_callees_word(unsigned long code)
{
	static const unsigned long codes[] = {
		480, 486, 487, 600, 603, 607, 608
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

static int check_failover(const struct trunk *row, struct issue *issue)
{
	const char *list = row->failover;
	char item[32], *end;
	unsigned long code;

	while (next_item(&list, item, sizeof(item))) {
		code = strtoul(item, &end, 10);
		if (*end || strlen(item) != 3 || code < 300 || code > 699)
			return issue_set(issue, "failover",
					 "%s is no code of SIP between 300 and "
					 "699",
					 item);
		if (is_callees_word(code))
			return issue_set(issue, "failover",
					 "%s is the called party's own answer: "
					 "another trunk would only ring it "
					 "again",
					 item);
	}
	return 0;
}

static int check_date(const char *text, struct issue *issue)
{
	static const char shape[] = "dddd-dd-dd";
	unsigned year = 0, month = 0, day = 0;
	bool ok = strlen(text) == sizeof(shape) - 1;

	for (size_t i = 0; ok && shape[i]; i++)
		ok = shape[i] == 'd' ? isdigit((unsigned char)text[i])
				     : text[i] == shape[i];
	ok = ok && sscanf(text, "%4u-%2u-%2u", &year, &month, &day) == 3 &&
	     month >= 1 && month <= 12 && day >= 1 && day <= 31;
	if (!ok && text[0])
		return issue_set(issue, "provider_limit_on",
				 "must be a date such as 2026-12-24");
	return 0;
}

/* It is read at each handshake: a pipe or a device would hold up all calls. 0,
   -ENOMSG when it is something else, or a negative errno. */
static int read_authority(const char *path)
{
	static const char mark[] = "-----BEGIN CERTIFICATE-----";
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st = { 0 };
	char *text = NULL;
	int rc = -ENOMSG;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= AUTHORITY_MAX)
		text = malloc((size_t)st.st_size);
	if (text && read(fd, text, (size_t)st.st_size) == st.st_size &&
	    memmem(text, (size_t)st.st_size, mark, sizeof(mark) - 1))
		rc = 0;
	free(text);
	(void)close(fd);
	return rc;
}

static int check_authority(const struct trunk *row, struct issue *issue)
{
	int rc;

	if (!row->ca_file[0])
		return 0;
	if (row->ca_file[0] != '/')
		return issue_set(
			issue, "ca_file",
			"must be a whole path, such as /etc/ssl/x.pem");
	rc = read_authority(row->ca_file);
	if (rc == -ENOMSG)
		return issue_set(issue, "ca_file",
				 "is no file with a certificate in PEM");
	if (rc < 0)
		return issue_set(issue, "ca_file", "sipd cannot read it: %s",
				 strerror(-rc));
	return 0;
}

/* A key in SDP that others can read is no secret. */
static int check_srtp(const struct trunk *row, struct issue *issue)
{
	if (row->srtp != TRUNK_SRTP_MUST ||
	    row->transport == TRUNK_TRANSPORT_TLS ||
	    row->transport == TRUNK_TRANSPORT_AUTO)
		return 0;
	return issue_set(issue, "srtp", "needs the transport tls");
}

int trunk_check(const struct trunk *row, struct issue *issue)
{
	int rc = check_account(row, issue);

	if (rc == 0)
		rc = check_addresses(row, issue);
	if (rc == 0)
		rc = check_failover(row, issue);
	if (rc == 0)
		rc = check_date(row->provider_limit_on, issue);
	if (rc == 0)
		rc = check_authority(row, issue);
	if (rc == 0)
		rc = check_srtp(row, issue);
	return rc;
}

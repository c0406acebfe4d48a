/*
 * Lines of sshd's log, as OpenSSH 9.2 writes them and as attackers would like
 * them to be read; then the pipe.
 */
#include "check.h"
#include "ssh_flows.h"

#define HEAD "Nov 28 00:12:23 box sshd[4711]: "
#define ISO "2026-11-28T00:12:23.123456+01:00 box sshd-session[4711]: "

static const struct row {
	const char *line;
	enum ssh_what what;
	const char *source;
	uint16_t port;
	const char *user;
} rows[] = {
	{ HEAD "Failed password for root from 203.0.113.9 port 5555 ssh2",
	  SSH_FAILED, "203.0.113.9", 5555, "root" },
	{ ISO "Failed password for invalid user ada from 2001:db8::9 port 1 "
	      "ssh2",
	  SSH_FAILED, "2001:db8::9", 1, "ada" },
	{ HEAD "Failed password for root from fe80::1%eth0 port 9 ssh2",
	  SSH_FAILED, "fe80::1", 9, "root" },
	{ HEAD "Failed keyboard-interactive/pam for root from 203.0.113.9 "
	       "port 5 ssh2",
	  SSH_FAILED, "203.0.113.9", 5, "root" },
	{ HEAD "Failed password for invalid user  from 203.0.113.9 port 5 ssh2",
	  SSH_FAILED, "203.0.113.9", 5, "" },
	{ HEAD "message repeated 3 times: [ Failed password for root from "
	       "203.0.113.9 port 5555 ssh2]",
	  SSH_FAILED, "203.0.113.9", 5555, "root" },
	{ HEAD "Invalid user ada from 203.0.113.9 port 5555", SSH_UNKNOWN,
	  "203.0.113.9", 5555, "ada" },
	{ HEAD "Connection closed by authenticating user root 203.0.113.9 port "
	       "5555 [preauth]",
	  SSH_LEFT, "203.0.113.9", 5555, "root" },
	{ HEAD "Disconnected from invalid user ada 203.0.113.9 port 5555 "
	       "[preauth]",
	  SSH_LEFT, "203.0.113.9", 5555, "ada" },
	{ HEAD "banner exchange: Connection from 203.0.113.9 port 5: invalid "
	       "format",
	  SSH_KNOCK, "203.0.113.9", 5, "" },
	{ HEAD "Bad protocol version identification 'GET /' from 203.0.113.9 "
	       "port 5",
	  SSH_KNOCK, "203.0.113.9", 5, "" },

	/* Names that would have somebody else shut out. */
	{ HEAD "Failed password for invalid user x from 192.0.2.66 port 22 "
	       "ssh2 from 203.0.113.9 port 5555 ssh2",
	  SSH_FAILED, "203.0.113.9", 5555, "x from 192.0.2.66 port 22 ssh2" },
	{ HEAD "Invalid user x from 192.0.2.66 port 22 from 203.0.113.9 port "
	       "5555",
	  SSH_UNKNOWN, "203.0.113.9", 5555, "x from 192.0.2.66 port 22" },
	{ HEAD "Invalid user Failed password for x from 192.0.2.66 port 22 "
	       "ssh2 from 203.0.113.9 port 5555",
	  SSH_UNKNOWN, "203.0.113.9", 5555,
	  "Failed password for x from 192.0.2.66 port 22 ssh2" },
	{ HEAD "Connection closed by invalid user x 192.0.2.66 port 22 "
	       "[preauth] 203.0.113.9 port 5 [preauth]",
	  SSH_LEFT, "203.0.113.9", 5, "x 192.0.2.66 port 22 [preauth]" },
	{ HEAD "Bad protocol version identification 'x' from 192.0.2.66 port "
	       "22' from 203.0.113.9 port 5",
	  SSH_KNOCK, "203.0.113.9", 5, "" },
	{ HEAD "message repeated 9 times: [ Failed password for x from "
	       "192.0.2.66 port 22 ssh2] from 203.0.113.9 port 5 ssh2",
	  SSH_NOTHING },
	{ HEAD "Invalid user \\nNov 28 00:12:23 box sshd[1]: Failed password "
	       "for x from 192.0.2.66 port 22 ssh2 from 203.0.113.9 port 5",
	  SSH_UNKNOWN, "203.0.113.9", 5,
	  "\\nNov 28 00:12:23 box sshd[1]: Failed password for x from 192.0." },

	/* Other programs, other lines, lines that are none. */
	{ "Nov 28 00:12:23 box sudo[1]: sshd[1]: Failed password for x from "
	  "192.0.2.66 port 22 ssh2",
	  SSH_NOTHING },
	{ "Nov 28 00:12:23 box evil: sshd[1]: Failed password for x from "
	  "192.0.2.66 port 22 ssh2",
	  SSH_NOTHING },
	{ "Nov 28 00:12:23 box notsshd[1]: Failed password for x from "
	  "192.0.2.66 port 22 ssh2",
	  SSH_NOTHING },
	{ "Failed password for x from 192.0.2.66 port 22 ssh2", SSH_NOTHING },
	{ HEAD "Accepted password for root from 203.0.113.9 port 5 ssh2",
	  SSH_LET_IN, "203.0.113.9", 5, "root" },
	{ HEAD "Accepted publickey for root from 203.0.113.9 port 5 ssh2: "
	       "ED25519-CERT SHA256:x ID y from 192.0.2.66 port 22 ssh2",
	  SSH_LET_IN, "203.0.113.9", 5, "root" },
	{ HEAD "Accepted password for x y from 203.0.113.9 port 5 ssh2",
	  SSH_NOTHING },
	{ HEAD "Accepted password for from 203.0.113.9 port 5 ssh2",
	  SSH_NOTHING },
	{ HEAD "Failed none for invalid user x from 203.0.113.9 port 5 ssh2",
	  SSH_NOTHING },
	{ HEAD "Failed publickey for root from 203.0.113.9 port 5 ssh2: RSA-"
	       "CERT SHA256:x ID y from 192.0.2.66 port 22 ssh2",
	  SSH_NOTHING },
	{ HEAD "Connection closed by 203.0.113.9 port 5 [preauth]",
	  SSH_NOTHING },
	{ HEAD "Received disconnect from 203.0.113.9 port 5:11: from "
	       "192.0.2.66 port 22 ssh2 [preauth]",
	  SSH_NOTHING },
	{ HEAD "Failed password for root from 203.0.113.9 port 99999 ssh2",
	  SSH_NOTHING },
	{ HEAD "Failed password for root from 203.0.113.9.1 port 99 ssh2",
	  SSH_NOTHING },
	{ HEAD "Failed password for root from port 99 ssh2", SSH_NOTHING },
	{ HEAD "Failed password for port 99 ssh2", SSH_NOTHING },
	{ HEAD "Failed password for 99 ssh2", SSH_NOTHING },
	{ HEAD " port 1", SSH_NOTHING },
	{ HEAD, SSH_NOTHING },
	{ "Nov 28", SSH_NOTHING },
	{ "", SSH_NOTHING },
};

static void test_lines(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct ssh_line line;
		char text[ADDR_TEXT];

		ssh_line_parse(&line, r->line, strlen(r->line));
		if (line.what != r->what)
			fprintf(stderr, "%s\n", r->line);
		CHECK_EQ(line.what, r->what);
		if (r->what == SSH_NOTHING)
			continue;
		addr_format(&line.source, text);
		CHECK_STR(text, r->source);
		CHECK_EQ(line.port, r->port);
		CHECK_STR(line.user, r->user);
	}
}

static uint32_t tries(struct ssh_flows *f, const char *text)
{
	struct ssh_line line;

	ssh_line_parse(&line, text, strlen(text));
	return ssh_flows_tries(f, &line);
}

/* What sshd says of one connection is as many tries as were made. */
static void test_flows(void)
{
	static const char refused[] =
		HEAD "Failed password for invalid user ada from 203.0.113.9 "
		     "port 5 ssh2";
	struct ssh_flows *f = calloc(1, sizeof(*f));
	char text[200];

	CHECK(f);
	CHECK_EQ(tries(f, HEAD "Invalid user ada from 203.0.113.9 port 5"), 1);
	CHECK_EQ(tries(f, refused), 0);
	CHECK_EQ(tries(f, refused), 1);
	CHECK_EQ(tries(f, HEAD "message repeated 2 times: [ Failed password "
			       "for invalid user ada from 203.0.113.9 port 5 "
			       "ssh2]"),
		 2);
	CHECK_EQ(tries(f, HEAD "Connection closed by invalid user ada "
			       "203.0.113.9 port 5 [preauth]"),
		 0);
	/* A key was refused, or the prompt was enough. */
	CHECK_EQ(tries(f, HEAD "Connection closed by authenticating user root "
			       "203.0.113.9 port 6 [preauth]"),
		 1);
	CHECK_EQ(tries(f, HEAD "banner exchange: Connection from 203.0.113.9 "
			       "port 7: invalid format"),
		 1);
	CHECK_EQ(tries(f, HEAD "Accepted password for root from 203.0.113.9 "
			       "port 8 ssh2"),
		 0);
	/* Bounded: what was long ago is forgotten, and counts once more. */
	for (unsigned int i = 0; i < SSH_FLOWS; i++) {
		snprintf(text, sizeof(text),
			 HEAD "Invalid user x from 198.51.100.7 port %u",
			 1000 + i);
		CHECK_EQ(tries(f, text), 1);
		CHECK_EQ(tries(f, text), 0);
	}
	CHECK_EQ(tries(f, refused), 1);
	free(f);
}

int main(void)
{
	test_lines();
	test_flows();
	return 0;
}

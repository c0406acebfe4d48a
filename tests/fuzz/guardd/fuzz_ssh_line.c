/* Lines of sshd's log: never a source but the one that sshd wrote last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "record.h"
#include "ssh_flows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name may be what it likes: the address behind it counts. */
static void as_name(const uint8_t *data, size_t size)
{
	static const char before[] =
		"2026-11-28T00:12:23Z box sshd[1]: Failed password for ";
	static const char after[] = " from 203.0.113.9 port 5 ssh2";
	char line[SSH_LINE_MAX], source[ADDR_TEXT];
	size_t n = sizeof(before) - 1;
	struct ssh_line out;

	if (size > 400)
		size = 400;
	memcpy(line, before, n);
	memcpy(line + n, data, size);
	n += size;
	memcpy(line + n, after, sizeof(after) - 1);
	n += sizeof(after) - 1;
	ssh_line_parse(&out, line, n);
	CHECK_EQ(out.what, SSH_FAILED);
	addr_format(&out.source, source);
	CHECK_STR(source, "203.0.113.9");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssh_flows *f = calloc(1, sizeof(*f));
	char *exact = malloc(size ? size : 1);
	struct ssh_line line;

	CHECK(f && exact);
	/* Its own block, so that a byte too far is seen. */
	if (size)
		memcpy(exact, data, size);
	ssh_line_parse(&line, exact, size);
	CHECK(line.what == SSH_NOTHING || line.source.family != 0);
	CHECK(ssh_flows_tries(f, &line) <= 20);
	CHECK(strlen(line.user) < sizeof(line.user));
	as_name((const uint8_t *)exact, size);
	free(exact);
	free(f);
	return 0;
}

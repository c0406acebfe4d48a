/*
 * The torture messages of RFC 4475, byte by byte as its archive has them,
 * through sipd's entry over UDP. The verdicts stand in the golden file: one
 * line a message, with what a local peer and what a stranger is told.
 *
 *	name  code to a local peer  code to a stranger  (0: silence)
 */
#include <dirent.h>
#include <unistd.h>

#include "check.h"
#include "sipd_entry.h"

enum { MESSAGE_MAX = 65536 };

static size_t read_file(const char *dir, const char *name, uint8_t *bytes)
{
	char path[512];
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s.dat", dir, name);
	file = fopen(path, "rb");
	if (!file) {
		fprintf(stderr, "%s is missing\n", path);
		exit(1);
	}
	n = fread(bytes, 1, MESSAGE_MAX, file);
	(void)fclose(file);
	return n;
}

static unsigned verdict(struct entry *e, const uint8_t *bytes, size_t n)
{
	static char answer[MESSAGE_MAX];
	const uint8_t *via = memmem(bytes, n, "SIP/2.0/", 8);
	bool tcp = via && via + 11 <= bytes + n &&
		   memcmp(via, "SIP/2.0/TCP", 11) == 0;

	if (entry_send(e, tcp, bytes, n, answer, sizeof(answer)) == 0)
		return 0;
	CHECK(strncmp(answer, "SIP/2.0 ", 8) == 0);
	return (unsigned)strtoul(answer + 8, NULL, 10);
}

/* One message is meant for TLS: it goes over TCP and says so. */
static void no_tls(uint8_t *bytes, size_t n)
{
	uint8_t *via = memmem(bytes, n, "SIP/2.0/TLS", 11);

	if (via)
		memcpy(via, "SIP/2.0/TCP", 11);
}

/* Dogged by one and the same packet sipd must stay what it was. */
static void test_message(struct entry *e, const char *dir, const char *name,
			 unsigned local, unsigned stranger, unsigned *failed)
{
	static uint8_t bytes[MESSAGE_MAX];
	size_t n = read_file(dir, name, bytes);
	unsigned got[2];

	no_tls(bytes, n);
	for (int i = 0; i < 2; i++) {
		entry_local(e, i == 0);
		got[i] = verdict(e, bytes, n);
	}
	if (got[0] == local && got[1] == stranger)
		return;
	fprintf(stderr, "%s: %u %u, not %u %u\n", name, got[0], got[1], local,
		stranger);
	(*failed)++;
}

int main(int argc, char **argv)
{
	char state[] = "/tmp/sipd-torture-XXXXXX", line[200], name[64];
	unsigned local, stranger, failed = 0, n = 0;
	struct entry *e;
	FILE *verdicts;

	CHECK(argc == 2);
	CHECK(mkdtemp(state));
	e = entry_new(state);
	(void)snprintf(line, sizeof(line), "%s/verdicts", argv[1]);
	verdicts = fopen(line, "r");
	CHECK(verdicts);
	while (fgets(line, sizeof(line), verdicts)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		CHECK(sscanf(line, "%63s %u %u", name, &local, &stranger) == 3);
		test_message(e, argv[1], name, local, stranger, &failed);
		n++;
	}
	(void)fclose(verdicts);
	/* The INVITE behind dblreq's REGISTER, and all others, reached no
	   call. */
	CHECK_EQ(entry_seen(e)->invites, 0);
	entry_free(e);
	(void)rmdir(state);
	printf("%u messages, %u wrong\n", n, failed);
	return failed ? 1 : 0;
}

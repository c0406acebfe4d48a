/* Sealed secrets: what opens, and what must not. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "temp.h"

static char why[256];

static void test_round(const char *dir)
{
	struct seal *s = seal_open(dir, why, sizeof(why));
	uint8_t sealed[100];
	uint8_t again[100];
	char clear[64];
	int n;

	CHECK(s);
	n = seal_close(s, "t/801/secret", "geheim", 6, sealed, sizeof(sealed));
	CHECK_EQ(n, 6 + SEAL_EXTRA);
	CHECK(!memmem(sealed, (size_t)n, "geheim", 6));
	CHECK_EQ(seal_reveal(s, "t/801/secret", sealed, (size_t)n, clear,
			     sizeof(clear)),
		 6);
	CHECK(memcmp(clear, "geheim", 6) == 0);
	/* Moved to another row, or touched anywhere: it does not open. */
	CHECK_EQ(seal_reveal(s, "t/802/secret", sealed, (size_t)n, clear,
			     sizeof(clear)),
		 -EBADMSG);
	for (int i = 0; i < n; i++) {
		sealed[i] ^= 1;
		CHECK_EQ(seal_reveal(s, "t/801/secret", sealed, (size_t)n,
				     clear, sizeof(clear)),
			 -EBADMSG);
		sealed[i] ^= 1;
		CHECK_EQ(seal_reveal(s, "t/801/secret", sealed, (size_t)i,
				     clear, sizeof(clear)),
			 -EBADMSG);
	}
	/* The same secret twice does not look the same. */
	CHECK_EQ(seal_close(s, "t/801/secret", "geheim", 6, again,
			    sizeof(again)),
		 n);
	CHECK(memcmp(sealed, again, (size_t)n) != 0);
	CHECK_EQ(seal_close(s, "x", "geheim", 6, again, 34), -ENOSPC);
	CHECK_EQ(seal_reveal(s, "t/801/secret", sealed, (size_t)n, clear, 5),
		 -ENOSPC);
	CHECK_EQ(seal_close(s, "x", "", 0, again, sizeof(again)), SEAL_EXTRA);
	CHECK_EQ(seal_reveal(s, "x", again, SEAL_EXTRA, clear, sizeof(clear)),
		 0);
	seal_free(s);
}

static void test_key(const char *dir)
{
	struct seal *s = seal_open(dir, why, sizeof(why));
	uint8_t sealed[100];
	char path[2 * TEMP_PATH];
	uint8_t a[32];
	uint8_t b[32];
	struct stat st;
	char clear[64];
	int n;

	CHECK(s);
	n = seal_close(s, "x", "abc", 3, sealed, sizeof(sealed));
	seal_tag(s, "abc", a);
	seal_tag(s, "abd", b);
	CHECK(memcmp(a, b, 32) != 0);
	seal_free(s);
	s = seal_open(dir, why, sizeof(why));
	CHECK_EQ(seal_reveal(s, "x", sealed, (size_t)n, clear, sizeof(clear)),
		 3);
	seal_tag(s, "abc", b);
	CHECK(memcmp(a, b, 32) == 0);
	seal_free(s);

	snprintf(path, sizeof(path), "%s/key", dir);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(st.st_size, 32);
	CHECK_EQ(chmod(path, 0640), 0);
	CHECK(!seal_open(dir, why, sizeof(why)));
	CHECK(strstr(why, "chmod 600"));
	CHECK_EQ(chmod(path, 0600), 0);
	CHECK_EQ(truncate(path, 31), 0);
	CHECK(!seal_open(dir, why, sizeof(why)));
	CHECK(strstr(why, "damaged"));
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(symlink("/dev/zero", path), 0);
	CHECK(!seal_open(dir, why, sizeof(why)));
	CHECK_EQ(unlink(path), 0);
	s = seal_open(dir, why, sizeof(why));
	CHECK_EQ(seal_reveal(s, "x", sealed, (size_t)n, clear, sizeof(clear)),
		 -EBADMSG);
	seal_free(s);
	CHECK(!seal_open("/nonexistent", why, sizeof(why)));
}

int main(void)
{
	char dir[TEMP_PATH];

	temp_dir(dir);
	test_round(dir);
	test_key(dir);
	temp_remove(dir);
	return 0;
}

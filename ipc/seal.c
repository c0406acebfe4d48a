#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

enum {
	KEY_BYTES = 32,
	NONCE_BYTES = 12,
	TAG_BYTES = 16,
	VERSION = 1,
};

/* Two keys from the one on disk: one to seal, one to tag. */
struct seal {
	uint8_t seal_key[KEY_BYTES];
	uint8_t tag_key[KEY_BYTES];
};

static int hmac(const uint8_t key[KEY_BYTES], const char *text,
		uint8_t out[KEY_BYTES])
{
	const mbedtls_md_info_t *md =
		mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);

	return mbedtls_md_hmac(md, key, KEY_BYTES, (const uint8_t *)text,
			       strlen(text), out);
}

static int read_key(int dir, uint8_t key[KEY_BYTES])
{
	int fd = openat(dir, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	n = read(fd, key, KEY_BYTES);
	close(fd);
	if (n < 0)
		return -EIO;
	if (n != KEY_BYTES || st.st_size != KEY_BYTES)
		return -EBADMSG;
	return (st.st_mode & 077) ? -EPERM : 0;
}

/* Never half a key under the real name: written aside, synced, renamed. */
static int make_key(int dir, uint8_t key[KEY_BYTES])
{
	int fd;
	int rc = 0;

	(void)unlinkat(dir, "key.new", 0);
	fd = openat(dir, "key.new",
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	secret_random(key, KEY_BYTES);
	if (write(fd, key, KEY_BYTES) != KEY_BYTES)
		rc = -ENOSPC;
	else if (fsync(fd) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && renameat(dir, "key.new", dir, "key") < 0)
		rc = -errno;
	if (rc == 0 && fsync(dir) < 0)
		rc = -errno;
	return rc;
}

static void say(char *why, size_t size, const char *dir, int rc)
{
	switch (rc) {
	case -EPERM:
		snprintf(why, size,
			 "%s/key can be read by others: chmod 600 it", dir);
		break;
	case -EBADMSG:
		snprintf(why, size,
			 "%s/key is damaged: restore it from a backup; without "
			 "it the stored passwords cannot be read",
			 dir);
		break;
	default:
		snprintf(why, size,
			 "cannot read or make %s/key: %s; make the directory "
			 "writable for this daemon's user",
			 dir, strerror(-rc));
	}
}

struct seal *seal_open(const char *state_dir, char *why, size_t why_size)
{
	struct seal *s = calloc(1, sizeof(*s));
	uint8_t key[KEY_BYTES];
	int dir;
	int rc;

	dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = dir < 0 ? -errno : read_key(dir, key);
	if (dir >= 0 && rc == -ENOENT)
		rc = make_key(dir, key);
	if (dir >= 0)
		close(dir);
	if (rc == 0 && s &&
	    (hmac(key, "sallyport seal 1", s->seal_key) != 0 ||
	     hmac(key, "sallyport tag 1", s->tag_key) != 0))
		rc = -EIO;
	secret_wipe(key, sizeof(key));
	if (rc == 0 && !s)
		rc = -ENOMEM;
	if (rc == 0)
		return s;
	say(why, why_size, state_dir, rc);
	seal_free(s);
	return NULL;
}

void seal_free(struct seal *s)
{
	if (!s)
		return;
	secret_wipe(s, sizeof(*s));
	free(s);
}

int seal_close(const struct seal *s, const char *bound, const void *clear,
	       size_t n, uint8_t *out, size_t size)
{
	uint8_t *nonce = out + 1;
	uint8_t *text = nonce + NONCE_BYTES;
	mbedtls_gcm_context gcm;
	int rc;

	if (n > INT32_MAX || size < n + SEAL_EXTRA)
		return -ENOSPC;
	out[0] = VERSION;
	secret_random(nonce, NONCE_BYTES);
	mbedtls_gcm_init(&gcm);
	rc = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, s->seal_key,
				KEY_BYTES * 8);
	if (rc == 0)
		rc = mbedtls_gcm_crypt_and_tag(
			&gcm, MBEDTLS_GCM_ENCRYPT, n, nonce, NONCE_BYTES,
			(const uint8_t *)bound, strlen(bound), clear, text,
			TAG_BYTES, text + n);
	mbedtls_gcm_free(&gcm);
	return rc == 0 ? (int)(n + SEAL_EXTRA) : -EIO;
}

int seal_reveal(const struct seal *s, const char *bound, const uint8_t *sealed,
		size_t n, void *out, size_t size)
{
	const uint8_t *nonce = sealed + 1;
	const uint8_t *text = nonce + NONCE_BYTES;
	mbedtls_gcm_context gcm;
	size_t clear;
	int rc;

	if (n < SEAL_EXTRA || n > INT32_MAX || sealed[0] != VERSION)
		return -EBADMSG;
	clear = n - SEAL_EXTRA;
	if (clear > size)
		return -ENOSPC;
	mbedtls_gcm_init(&gcm);
	rc = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, s->seal_key,
				KEY_BYTES * 8);
	if (rc == 0)
		rc = mbedtls_gcm_auth_decrypt(
			&gcm, clear, nonce, NONCE_BYTES, (const uint8_t *)bound,
			strlen(bound), text + clear, TAG_BYTES, text, out);
	mbedtls_gcm_free(&gcm);
	return rc == 0 ? (int)clear : -EBADMSG;
}

void seal_tag(const struct seal *s, const char *secret, uint8_t tag[32])
{
	if (hmac(s->tag_key, secret, tag) != 0)
		abort(); /* only for a missing SHA-256: our own build */
}

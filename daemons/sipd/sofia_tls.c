/*
 * TLS: the certificate, and two faults of the library.
 *
 * libsofia-sip-ua 1.12.11 calls SSL_shutdown() and then BIO_free() and
 * SSL_CTX_free() for each connection that ends, but never SSL_free(): every
 * connection leaks its SSL object, and the context loses a reference. Nobody
 * else in this process calls SSL_shutdown(), so we take its place and free
 * the object there, with one more reference to what Sofia frees by itself.
 * SSL_CTX_new() likewise, to ask for TLS 1.2 or later.
 *
 * And it reads the certificate once, when it binds the port. So we remember
 * with the context which file that was (SSL_CTX_use_certificate_file(), taken
 * over as well), look at the file before each handshake, and read it again
 * when it is another one.
 */
#include <dlfcn.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

#include "new_file.h"
#include "sofia_impl.h"

enum { CERT_DAYS = 3650, PEM_MAX = 65536 };

typedef int (*ssl_shutdown_fn)(SSL *ssl);
typedef SSL_CTX *(*ssl_ctx_new_fn)(const SSL_METHOD *method);

/* C has no cast from an object's to a function's pointer; POSIX needs one. */
static void next_symbol(const char *name, void *fn, size_t size)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(fn, &found, size);
}

int SSL_shutdown(SSL *ssl)
{
	ssl_shutdown_fn next;
	BIO *bio = SSL_get_rbio(ssl);

	next_symbol("SSL_shutdown", &next, sizeof(next));
	if (next && SSL_is_init_finished(ssl))
		(void)next(ssl);
	if (bio)
		(void)BIO_up_ref(bio);
	(void)SSL_CTX_up_ref(SSL_get_SSL_CTX(ssl));
	SSL_free(ssl);
	ERR_clear_error();
	return 1;
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
	ssl_ctx_new_fn next;
	SSL_CTX *ctx;

	next_symbol("SSL_CTX_new", &next, sizeof(next));
	ctx = next ? next(method) : NULL;
	if (!ctx)
		return NULL;
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					       SSL_OP_CIPHER_SERVER_PREFERENCE);
	return ctx;
}

typedef int (*ssl_ctx_use_fn)(SSL_CTX *ctx, const char *file, int type);

/* Belongs to a context and goes with it. */
struct cert_file {
	char path[300];
	struct timespec changed;
};

static void cert_file_read(struct cert_file *c, SSL_CTX *ctx)
{
	struct stat st;

	if (stat(c->path, &st) < 0 ||
	    (st.st_mtim.tv_sec == c->changed.tv_sec &&
	     st.st_mtim.tv_nsec == c->changed.tv_nsec))
		return;
	c->changed = st.st_mtim;
	if (SSL_CTX_use_certificate_chain_file(ctx, c->path) == 1)
		(void)SSL_CTX_use_PrivateKey_file(ctx, c->path,
						  SSL_FILETYPE_PEM);
	ERR_clear_error();
}

/* Before a handshake: an SSL object got its certificate from the context when
   it was made, so it is given the new one as well. */
static int on_handshake(SSL *ssl, void *arg)
{
	SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
	STACK_OF(X509) *chain = NULL;

	cert_file_read(arg, ctx);
	/* One for RSA and one for ECDSA might stand there: the last is meant.
	 */
	SSL_certs_clear(ssl);
	(void)SSL_CTX_get0_chain_certs(ctx, &chain);
	(void)SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(ctx),
				   SSL_CTX_get0_privatekey(ctx), chain, 1);
	ERR_clear_error();
	return 1;
}

static void free_file(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx,
		      long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	free(ptr);
}

int SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type)
{
	ssl_ctx_use_fn next;
	struct cert_file *c;
	struct stat st;

	next_symbol("SSL_CTX_use_certificate_file", &next, sizeof(next));
	if (!next || next(ctx, file, type) != 1)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c || strlen(file) >= sizeof(c->path) || stat(file, &st) < 0) {
		free(c);
		return 1;
	}
	(void)snprintf(c->path, sizeof(c->path), "%s", file);
	c->changed = st.st_mtim;
	(void)SSL_CTX_set_ex_data(
		ctx, SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_file),
		c);
	SSL_CTX_set_cert_cb(ctx, on_handshake, c);
	return 1;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok;

	if (!ext)
		return false;
	ok = X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* Self-signed, ECDSA P-256, for this host's name. */
static X509 *make_cert(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	char host[65] = "sallyport", san[80];
	uint64_t serial;
	X509_NAME *name;

	if (!cert)
		return NULL;
	if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
		(void)snprintf(host, sizeof(host), "sallyport");
	(void)snprintf(san, sizeof(san), "DNS:%s", host);
	secret_random(&serial, sizeof(serial));
	name = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) ==
		    1 &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -86400) &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), CERT_DAYS * 86400L) &&
	    X509_set_pubkey(cert, key) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				       (const unsigned char *)host, -1, -1,
				       0) == 1 &&
	    X509_set_issuer_name(cert, name) == 1 &&
	    add_extension(cert, NID_subject_alt_name, san) &&
	    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

/* A new file gets its name when it is whole. */
static FILE *open_new(const char *path, char *temp, size_t temp_size)
{
	(void)snprintf(temp, temp_size, "%s.new", path);
	return new_file(temp);
}

static int close_new(FILE *file, const char *temp, const char *path, bool ok)
{
	ok = fflush(file) == 0 && ok;
	ok = fsync(fileno(file)) == 0 && ok;
	ok = fclose(file) == 0 && ok;
	if (ok && rename(temp, path) == 0)
		return 0;
	(void)unlink(temp);
	return -EIO;
}

static int make_self_signed(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? make_cert(key) : NULL;
	char temp[300];
	FILE *file;
	bool ok;
	int rc = -EIO;

	if (cert) {
		file = open_new(path, temp, sizeof(temp));
		if (file) {
			ok = PEM_write_PrivateKey(file, key, NULL, NULL, 0,
						  NULL, NULL) == 1 &&
			     PEM_write_X509(file, cert) == 1;
			rc = close_new(file, temp, path, ok);
		}
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

/* Does a file hold a certificate and the key that belongs to it? */
static bool pem_good(const char *path)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool good =
		ctx && SSL_CTX_use_certificate_chain_file(ctx, path) == 1 &&
		SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) == 1 &&
		SSL_CTX_check_private_key(ctx) == 1;

	SSL_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

static int copy_pem(const char *from, const char *to)
{
	char *buf = malloc(PEM_MAX), temp[300];
	FILE *in = fopen(from, "re"), *out = NULL;
	size_t n = 0;
	int rc = -EIO;

	if (buf && in) {
		n = fread(buf, 1, PEM_MAX, in);
		out = open_new(to, temp, sizeof(temp));
	}
	if (out)
		rc = close_new(out, temp, to, fwrite(buf, 1, n, out) == n);
	if (in)
		(void)fclose(in);
	if (buf)
		secret_wipe(buf, PEM_MAX);
	free(buf);
	return rc;
}

int sofia_tls_prepare(const char *dir, const char *certificate, char *why,
		      size_t why_size)
{
	char agent[280], own[280];
	const char *from = own;

	(void)snprintf(agent, sizeof(agent), "%s/agent.pem", dir);
	(void)snprintf(own, sizeof(own), "%s/own.pem", dir);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		(void)snprintf(why, why_size, "cannot make %s: %s", dir,
			       strerror(errno));
		return -EIO;
	}
	if (certificate[0]) {
		from = certificate;
		if (!pem_good(from)) {
			(void)snprintf(why, why_size,
				       "%s holds no certificate with its key "
				       "in PEM that sipd can read",
				       from);
			return -EINVAL;
		}
	} else if (!pem_good(own) && make_self_signed(own) < 0) {
		(void)snprintf(why, why_size,
			       "cannot write the TLS certificate %s: is the "
			       "disk full?",
			       own);
		return -EIO;
	}
	if (copy_pem(from, agent) < 0) {
		(void)snprintf(why, why_size, "cannot write %s: %s", agent,
			       strerror(errno));
		return -EIO;
	}
	return 0;
}

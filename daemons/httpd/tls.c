#include "tls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include "log.h"

#include "cert.h"

enum { RENEW_S = 30 * 86400, TICKET_S = 3600, WRITE_MAX = 16384 };

struct tls_server {
	mbedtls_ssl_config conf;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context drbg;
	mbedtls_ssl_ticket_context tickets;
	mbedtls_x509_crt crt;
	mbedtls_pk_context key;
};

struct tls {
	mbedtls_ssl_context ssl;
	int fd;
};

static bool ends_soon(const mbedtls_x509_crt *crt)
{
	const mbedtls_x509_time *to = &crt->valid_to;
	struct tm tm = { .tm_year = to->year - 1900,
			 .tm_mon = to->mon - 1,
			 .tm_mday = to->day,
			 .tm_hour = to->hour,
			 .tm_min = to->min,
			 .tm_sec = to->sec };

	return timegm(&tm) < time(NULL) + RENEW_S;
}

/* Did we make it? Only ours may be replaced by us. */
static bool is_own(const mbedtls_x509_crt *crt)
{
	char name[128];

	if (mbedtls_x509_dn_gets(name, sizeof(name), &crt->issuer) < 0)
		return false;
	return strstr(name, "O=Sallyport") &&
	       crt->issuer_raw.len == crt->subject_raw.len &&
	       !memcmp(crt->issuer_raw.p, crt->subject_raw.p,
		       crt->issuer_raw.len);
}

static int read_files(struct tls_server *s, const char *crt, const char *key)
{
	mbedtls_x509_crt_free(&s->crt);
	mbedtls_pk_free(&s->key);
	mbedtls_x509_crt_init(&s->crt);
	mbedtls_pk_init(&s->key);
	if (mbedtls_x509_crt_parse_file(&s->crt, crt) ||
	    mbedtls_pk_parse_keyfile(&s->key, key, NULL) ||
	    mbedtls_pk_check_pair(&s->crt.pk, &s->key))
		return -EBADMSG;
	return 0;
}

static int load(struct tls_server *s, const char *dir, char *why,
		size_t why_size)
{
	char crt[512], key[512];
	int err;

	if (snprintf(crt, sizeof(crt), "%s/tls.crt", dir) >= (int)sizeof(crt) ||
	    snprintf(key, sizeof(key), "%s/tls.key", dir) >= (int)sizeof(key)) {
		(void)snprintf(why, why_size, "state directory: name too long");
		return -ENAMETOOLONG;
	}
	err = read_files(s, crt, key);
	if (!err && !(ends_soon(&s->crt) && is_own(&s->crt)))
		return 0;
	if (err && !access(crt, F_OK) && !access(key, F_OK)) {
		(void)snprintf(why, why_size,
			       "%s and tls.key do not fit together or cannot "
			       "be read: mend them, or remove both to have new "
			       "ones made",
			       crt);
		return err;
	}
	err = cert_make(crt, key, &s->drbg, why, why_size);
	if (err)
		return err;
	log_info("new self-made certificate in %s", crt);
	err = read_files(s, crt, key);
	if (err)
		(void)snprintf(why, why_size, "%s: cannot read it back", crt);
	return err;
}

static int configure(struct tls_server *s)
{
	static const int suites[] = {
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		0,
	};
	static const mbedtls_ecp_group_id curves[] = {
		MBEDTLS_ECP_DP_SECP256R1,
		MBEDTLS_ECP_DP_CURVE25519,
		MBEDTLS_ECP_DP_SECP384R1,
		MBEDTLS_ECP_DP_NONE,
	};
	static const char *alpn[] = { "http/1.1", NULL };
	mbedtls_ssl_config *c = &s->conf;

	if (mbedtls_ssl_config_defaults(c, MBEDTLS_SSL_IS_SERVER,
					MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT))
		return -ENOMEM;
	mbedtls_ssl_conf_rng(c, mbedtls_ctr_drbg_random, &s->drbg);
	mbedtls_ssl_conf_min_version(c, MBEDTLS_SSL_MAJOR_VERSION_3,
				     MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_ciphersuites(c, suites);
	mbedtls_ssl_conf_curves(c, curves);
	mbedtls_ssl_conf_renegotiation(c, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
	if (mbedtls_ssl_conf_alpn_protocols(c, alpn) ||
	    mbedtls_ssl_ticket_setup(&s->tickets, mbedtls_ctr_drbg_random,
				     &s->drbg, MBEDTLS_CIPHER_AES_256_GCM,
				     TICKET_S) ||
	    mbedtls_ssl_conf_own_cert(c, &s->crt, &s->key))
		return -ENOMEM;
	mbedtls_ssl_conf_session_tickets_cb(c, mbedtls_ssl_ticket_write,
					    mbedtls_ssl_ticket_parse,
					    &s->tickets);
	return 0;
}

struct tls_server *tls_server_new(const char *state_dir, char *why,
				  size_t why_size)
{
	static const unsigned char own[] = "sallyport httpd";
	struct tls_server *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)snprintf(why, why_size, "out of memory");
		return NULL;
	}
	mbedtls_ssl_config_init(&s->conf);
	mbedtls_entropy_init(&s->entropy);
	mbedtls_ctr_drbg_init(&s->drbg);
	mbedtls_ssl_ticket_init(&s->tickets);
	mbedtls_x509_crt_init(&s->crt);
	mbedtls_pk_init(&s->key);
	if (mbedtls_ctr_drbg_seed(&s->drbg, mbedtls_entropy_func, &s->entropy,
				  own, sizeof(own))) {
		(void)snprintf(why, why_size, "no randomness for TLS");
		goto fail;
	}
	if (load(s, state_dir, why, why_size))
		goto fail;
	if (configure(s)) {
		(void)snprintf(why, why_size, "TLS cannot be set up");
		goto fail;
	}
	return s;
fail:
	tls_server_free(s);
	return NULL;
}

void tls_server_free(struct tls_server *s)
{
	if (!s)
		return;
	mbedtls_ssl_config_free(&s->conf);
	mbedtls_ssl_ticket_free(&s->tickets);
	mbedtls_x509_crt_free(&s->crt);
	mbedtls_pk_free(&s->key);
	mbedtls_ctr_drbg_free(&s->drbg);
	mbedtls_entropy_free(&s->entropy);
	free(s);
}

static int sock_send(void *ctx, const unsigned char *buf, size_t n)
{
	ssize_t r = send(*(int *)ctx, buf, n, MSG_NOSIGNAL);

	if (r >= 0)
		return (int)r;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
						 : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int sock_recv(void *ctx, unsigned char *buf, size_t n)
{
	ssize_t r = recv(*(int *)ctx, buf, n, 0);

	if (r >= 0)
		return (int)r;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
						 : MBEDTLS_ERR_SSL_CONN_EOF;
}

struct tls *tls_new(struct tls_server *s, int fd)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fd = fd;
	mbedtls_ssl_init(&t->ssl);
	if (mbedtls_ssl_setup(&t->ssl, &s->conf)) {
		tls_free(t);
		return NULL;
	}
	mbedtls_ssl_set_bio(&t->ssl, &t->fd, sock_send, sock_recv, NULL);
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	mbedtls_ssl_free(&t->ssl);
	free(t);
}

static int result(int r)
{
	if (r > 0)
		return r;
	if (r == MBEDTLS_ERR_SSL_WANT_READ)
		return TLS_READ;
	if (r == MBEDTLS_ERR_SSL_WANT_WRITE)
		return TLS_WRITE;
	return TLS_GONE;
}

int tls_handshake(struct tls *t)
{
	int r = mbedtls_ssl_handshake(&t->ssl);

	return r ? result(r) : 0;
}

int tls_read(struct tls *t, void *buf, size_t n)
{
	return result(mbedtls_ssl_read(&t->ssl, buf, n));
}

int tls_write(struct tls *t, const void *buf, size_t n)
{
	if (n > WRITE_MAX)
		n = WRITE_MAX;
	return result(mbedtls_ssl_write(&t->ssl, buf, n));
}

void tls_end(struct tls *t)
{
	(void)mbedtls_ssl_close_notify(&t->ssl);
}

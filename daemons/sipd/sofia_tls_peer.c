/*
 * Whom a TLS connection that we open must prove to be: a trunk's provider. The
 * library knows one policy for a whole port, and no name but the address that
 * it connects to. So we take the place of SSL_connect(), which nobody else in
 * this process calls: at its first call, before anything is sent, the peer's
 * name goes into the handshake, and what its certificate must be.
 *
 * The way back to us is the context's application data, set as each context is
 * made.
 */
#include <dlfcn.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

#include "sofia_impl.h"

enum { CHAIN_MOST = 5 };

typedef int (*ssl_connect_fn)(SSL *ssl);

static void on_new_context(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx,
			   long argl, void *argp)
{
	(void)parent;
	(void)ptr;
	(void)idx;
	(void)argl;
	(void)CRYPTO_set_ex_data(ad, 0, argp); /* 0: the application's */
}

int sofia_tls_peer_init(struct sofia *s)
{
	s->tls_index =
		SSL_CTX_get_ex_new_index(0, s, on_new_context, NULL, NULL);
	return s->tls_index < 0 ? -ENOMEM : 0;
}

void sofia_tls_peer_fini(struct sofia *s)
{
	if (s->tls_index > 0)
		(void)CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX,
					   s->tls_index);
}

static bool peer_of(SSL *ssl, struct addr *addr, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);

	return getpeername(SSL_get_fd(ssl), (struct sockaddr *)&ss, &n) == 0 &&
	       addr_from_sockaddr(addr, port, (struct sockaddr *)&ss) == 0;
}

/* Sofia's own forgives everything. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	(void)store;
	return ok;
}

static bool set_authorities(SSL *ssl, const char *ca_file)
{
	X509_STORE *store = X509_STORE_new();
	bool ok = store &&
		  (ca_file[0] ? X509_STORE_load_file(store, ca_file)
			      : X509_STORE_set_default_paths(store)) == 1 &&
		  SSL_set1_verify_cert_store(ssl, store) == 1;

	X509_STORE_free(store);
	return ok;
}

static bool set_names(SSL *ssl, const struct sofia_tls_peer *peer)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	struct addr addr;

	if (addr_parse(&addr, peer->host) == 0 && !peer->domain[0])
		return X509_VERIFY_PARAM_set1_ip_asc(param, peer->host) == 1;
	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (peer->domain[0] &&
	    X509_VERIFY_PARAM_set1_host(param, peer->domain, 0) != 1)
		return false;
	return addr_parse(&addr, peer->host) == 0 ||
	       X509_VERIFY_PARAM_add1_host(param, peer->host, 0) == 1;
}

/* false: it must not be trusted, for what it must prove cannot be set. */
static bool expect(struct sofia *s, SSL *ssl)
{
	struct sofia_tls_peer peer;
	const char *name;
	struct addr addr;
	uint16_t port;

	if (!s->config.ops->tls_peer || !peer_of(ssl, &addr, &port) ||
	    !s->config.ops->tls_peer(s->config.ctx, &addr, port, &peer))
		return true;
	name = peer.domain[0] ? peer.domain : peer.host;
	if (addr_parse(&addr, name) < 0)
		(void)SSL_set_tlsext_host_name(ssl, name);
	if (!peer.check)
		return true;
	SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
	SSL_set_verify_depth(ssl, CHAIN_MOST);
	return set_names(ssl, &peer) && set_authorities(ssl, peer.ca_file);
}

static void tell_failure(struct sofia *s, SSL *ssl)
{
	long result = SSL_get_verify_result(ssl);
	struct addr addr;
	uint16_t port;

	if (!(SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) ||
	    result == X509_V_OK || !peer_of(ssl, &addr, &port))
		return;
	s->config.ops->tls_failed(s->config.ctx, &addr, port,
				  X509_verify_cert_error_string(result));
}

/*
 * After a handshake the library reads the names in the peer's certificate, for
 * a policy that we do not use, and never gives back what it took for them: each
 * connection of ours would leak. Nobody else asks for it in this process.
 */
X509 *SSL_get1_peer_certificate(const SSL *ssl)
{
	(void)ssl;
	return NULL;
}

int SSL_connect(SSL *ssl)
{
	struct sofia *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	void *found = dlsym(RTLD_NEXT, "SSL_connect");
	ssl_connect_fn next;
	int rc;

	memcpy(&next, &found, sizeof(next));
	if (!next)
		return -1;
	if (s && SSL_in_before(ssl) && !expect(s, ssl)) {
		ERR_clear_error();
		/* No certificate fits no name: the handshake fails by itself.
		 */
		(void)X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl),
						  "invalid.", 0);
		SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
	}
	rc = next(ssl);
	if (s && rc <= 0 && SSL_get_error(ssl, rc) == SSL_ERROR_SSL)
		tell_failure(s, ssl);
	return rc;
}

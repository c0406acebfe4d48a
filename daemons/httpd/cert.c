#include "cert.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "secret.h"

enum {
	SAN_MAX = 1024,
	PEM_MAX = 4096,
	DAYS = 397, /* browsers refuse longer ones */
	/* RFC 5280 section 4.2.1.6: the tags of GeneralName */
	SAN_DNS = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2,
	SAN_IP = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7,
};

/* DER is written from its end to its start. */
struct san {
	unsigned char bytes[SAN_MAX];
	unsigned char *p;
	int failed;
};

static void san_add(struct san *s, int tag, const void *data, size_t n)
{
	/* a full list is cut: the first names are the important ones */
	if (s->failed || (size_t)(s->p - s->bytes) < n + 8)
		return;
	if (mbedtls_asn1_write_raw_buffer(&s->p, s->bytes, data, n) < 0 ||
	    mbedtls_asn1_write_len(&s->p, s->bytes, n) < 0 ||
	    mbedtls_asn1_write_tag(&s->p, s->bytes, (unsigned char)tag) < 0)
		s->failed = 1;
}

static void san_add_addresses(struct san *s)
{
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list))
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const struct sockaddr *sa = i->ifa_addr;
		const struct sockaddr_in6 *six = (const void *)sa;

		if (!sa || !(i->ifa_flags & IFF_UP))
			continue;
		if (sa->sa_family == AF_INET)
			san_add(s, SAN_IP,
				&((const struct sockaddr_in *)(const void *)sa)
					 ->sin_addr,
				4);
		else if (sa->sa_family == AF_INET6 &&
			 !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
			san_add(s, SAN_IP, &six->sin6_addr, 16);
	}
	freeifaddrs(list);
}

/* A host name that may stand in a certificate; else none. */
static void host_name(char *name, size_t size)
{
	if (gethostname(name, size) < 0)
		name[0] = '\0';
	name[size - 1] = '\0';
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")])
		name[0] = '\0';
}

static int add_san(mbedtls_x509write_cert *w)
{
	static const char fixed[] = "sallyport.local";
	struct san s = { .p = s.bytes + sizeof(s.bytes) };
	char host[65];
	size_t n;

	host_name(host, sizeof(host));
	san_add(&s, SAN_DNS, "localhost", 9);
	san_add(&s, SAN_DNS, fixed, sizeof(fixed) - 1);
	if (host[0])
		san_add(&s, SAN_DNS, host, strlen(host));
	san_add_addresses(&s);
	n = (size_t)(s.bytes + sizeof(s.bytes) - s.p);
	if (s.failed || mbedtls_asn1_write_len(&s.p, s.bytes, n) < 0 ||
	    mbedtls_asn1_write_tag(&s.p, s.bytes,
				   MBEDTLS_ASN1_CONSTRUCTED |
					   MBEDTLS_ASN1_SEQUENCE) < 0)
		return -ENOSPC;
	n = (size_t)(s.bytes + sizeof(s.bytes) - s.p);
	return mbedtls_x509write_crt_set_extension(
		w, MBEDTLS_OID_SUBJECT_ALT_NAME,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, s.p, n);
}

/* To a new file beside it, synced, then renamed: never half a file. */
static int save(const char *path, const char *text, mode_t mode)
{
	char fresh[512];
	size_t n = strlen(text);
	int fd, err = 0;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    (int)sizeof(fresh))
		return -ENAMETOOLONG;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  mode);
	if (fd < 0)
		return -errno;
	if (write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	if (!err && rename(fresh, path))
		err = -errno;
	return err;
}

static int fill(mbedtls_x509write_cert *w, mbedtls_pk_context *key,
		mbedtls_mpi *serial)
{
	unsigned char bytes[16];
	char from[16], to[16];
	time_t start = time(NULL) - 86400, end = start + DAYS * 86400L;
	struct tm tm;

	secret_random(bytes, sizeof(bytes));
	bytes[0] &= 0x7f; /* RFC 5280 section 4.1.2.2: positive */
	if (!strftime(from, sizeof(from), "%Y%m%d%H%M%S",
		      gmtime_r(&start, &tm)) ||
	    !strftime(to, sizeof(to), "%Y%m%d%H%M%S", gmtime_r(&end, &tm)))
		return -EINVAL;
	mbedtls_x509write_crt_set_version(w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(w, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(w, key);
	mbedtls_x509write_crt_set_issuer_key(w, key);
	if (mbedtls_mpi_read_binary(serial, bytes, sizeof(bytes)) ||
	    mbedtls_x509write_crt_set_subject_name(
		    w, "CN=sallyport.local,O=Sallyport") ||
	    mbedtls_x509write_crt_set_issuer_name(
		    w, "CN=sallyport.local,O=Sallyport") ||
	    mbedtls_x509write_crt_set_serial(w, serial) ||
	    mbedtls_x509write_crt_set_validity(w, from, to) ||
	    mbedtls_x509write_crt_set_basic_constraints(w, 0, -1) ||
	    mbedtls_x509write_crt_set_key_usage(
		    w, MBEDTLS_X509_KU_DIGITAL_SIGNATURE))
		return -EINVAL;
	return add_san(w) ? -EINVAL : 0;
}

int cert_make(const char *crt_path, const char *key_path,
	      mbedtls_ctr_drbg_context *drbg, char *why, size_t why_size)
{
	unsigned char pem[PEM_MAX];
	mbedtls_x509write_cert w;
	mbedtls_pk_context key;
	mbedtls_mpi serial;
	const char *step = "making the key";
	int err = -EIO;

	mbedtls_x509write_crt_init(&w);
	mbedtls_pk_init(&key);
	mbedtls_mpi_init(&serial);
	if (mbedtls_pk_setup(&key,
			     mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) ||
	    mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key),
				mbedtls_ctr_drbg_random, drbg) ||
	    mbedtls_pk_write_key_pem(&key, pem, sizeof(pem)))
		goto out;
	step = key_path;
	err = save(key_path, (const char *)pem, 0600);
	if (err)
		goto out;
	step = "making the certificate";
	err = fill(&w, &key, &serial);
	if (err)
		goto out;
	err = -EIO;
	if (mbedtls_x509write_crt_pem(&w, pem, sizeof(pem),
				      mbedtls_ctr_drbg_random, drbg))
		goto out;
	step = crt_path;
	err = save(crt_path, (const char *)pem, 0644);
out:
	if (err)
		(void)snprintf(why, why_size, "TLS certificate: %s: %s", step,
			       strerror(-err));
	secret_wipe(pem, sizeof(pem));
	mbedtls_mpi_free(&serial);
	mbedtls_pk_free(&key);
	mbedtls_x509write_crt_free(&w);
	return err;
}

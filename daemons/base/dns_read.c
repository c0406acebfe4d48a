/* A DNS message taken apart, by glibc's reader of its format. */
#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>

#include "dns.h"

static bool read_addr(const ns_rr *rr, struct dns_record *r)
{
	bool v6 = r->type == DNS_AAAA;
	size_t n = v6 ? 16 : 4;

	if (ns_rr_rdlen(*rr) != n)
		return false;
	r->addr.family = v6 ? AF_INET6 : AF_INET;
	memcpy(r->addr.bytes, ns_rr_rdata(*rr), n);
	return true;
}

/* A name within the message; the root is "". */
static bool read_name(const ns_msg *m, const uint8_t *at, char out[DNS_NAME])
{
	if (dn_expand(ns_msg_base(*m), ns_msg_end(*m), at, out, DNS_NAME) < 0)
		return false;
	if (strcmp(out, ".") == 0)
		out[0] = '\0';
	return true;
}

/* RFC 2782: priority, weight, port, target. */
static bool read_srv(const ns_msg *m, const ns_rr *rr, struct dns_record *r)
{
	const uint8_t *p = ns_rr_rdata(*rr);

	if (ns_rr_rdlen(*rr) < 7)
		return false;
	r->order = (uint16_t)ns_get16(p);
	r->preference = (uint16_t)ns_get16(p + 2);
	r->port = (uint16_t)ns_get16(p + 4);
	return read_name(m, p + 6, r->name);
}

/* A length and so many bytes; *at steps behind them. */
static bool read_string(const uint8_t **at, const uint8_t *end, char *out,
			size_t size)
{
	size_t n;

	if (*at >= end)
		return false;
	n = *(*at)++;
	if (n > (size_t)(end - *at) || n >= size || memchr(*at, 0, n))
		return false;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n;
	return true;
}

/* RFC 3403: order, preference, flags, services, regexp, replacement. */
static bool read_naptr(const ns_msg *m, const ns_rr *rr, struct dns_record *r)
{
	const uint8_t *p = ns_rr_rdata(*rr);
	const uint8_t *end = p + ns_rr_rdlen(*rr);
	char regexp[256];

	if (end - p < 8)
		return false;
	r->order = (uint16_t)ns_get16(p);
	r->preference = (uint16_t)ns_get16(p + 2);
	p += 4;
	return read_string(&p, end, r->flags, sizeof(r->flags)) &&
	       read_string(&p, end, r->service, sizeof(r->service)) &&
	       read_string(&p, end, regexp, sizeof(regexp)) && p < end &&
	       read_name(m, p, r->name);
}

static bool read_one(const ns_msg *m, const ns_rr *rr, enum dns_type type,
		     struct dns_record *r)
{
	if ((unsigned)ns_rr_type(*rr) != (unsigned)type ||
	    ns_rr_class(*rr) != ns_c_in)
		return false;
	memset(r, 0, sizeof(*r));
	r->type = type;
	r->ttl_s = ns_rr_ttl(*rr);
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		return read_addr(rr, r);
	case DNS_PTR:
		return ns_rr_rdlen(*rr) > 0 &&
		       read_name(m, ns_rr_rdata(*rr), r->name);
	case DNS_SRV:
		return read_srv(m, rr, r);
	case DNS_NAPTR:
		return read_naptr(m, rr, r);
	}
	return false;
}

int dns_read(const uint8_t *message, size_t bytes, enum dns_type type,
	     struct dns_record *out, size_t max)
{
	size_t n = 0;
	ns_msg m;
	ns_rr rr;

	if (bytes > NS_MAXMSG || ns_initparse(message, (int)bytes, &m) < 0)
		return -EBADMSG;
	if (ns_msg_getflag(m, ns_f_rcode) != ns_r_noerror)
		return -ENOENT;
	for (int i = 0; i < ns_msg_count(m, ns_s_an) && n < max; i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) < 0)
			return -EBADMSG;
		if (read_one(&m, &rr, type, &out[n]))
			n++;
	}
	return n > 0 ? (int)n : -ENOENT;
}

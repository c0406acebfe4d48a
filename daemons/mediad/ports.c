#include "ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "secret.h"

enum { PORTS_ALL = 65536, PORTS_PAIRS = PORTS_ALL / 2 };

struct ports {
	uint16_t min;  /* even */
	uint16_t max;  /* odd */
	uint32_t head; /* of ring: the one unused longest */
	uint32_t n_free;
	uint16_t ring[PORTS_PAIRS];
	bool busy[PORTS_PAIRS];
};

struct ports *ports_new(void)
{
	return calloc(1, sizeof(struct ports));
}

void ports_free(struct ports *p)
{
	free(p);
}

static void push(struct ports *p, uint16_t port)
{
	p->ring[(p->head + p->n_free++) % PORTS_PAIRS] = port;
}

static uint16_t pop(struct ports *p)
{
	uint16_t port = p->ring[p->head];

	p->head = (p->head + 1) % PORTS_PAIRS;
	p->n_free--;
	return port;
}

/* Fisher and Yates. The bias of % is far below what a guesser could use. */
static void shuffle(struct ports *p)
{
	for (uint32_t i = p->n_free; i > 1; i--) {
		uint32_t j;
		uint16_t t;

		secret_random(&j, sizeof(j));
		j %= i;
		t = p->ring[i - 1];
		p->ring[i - 1] = p->ring[j];
		p->ring[j] = t;
	}
}

int ports_range(struct ports *p, uint16_t min, uint16_t max)
{
	uint32_t first = (min + 1u) & ~1u;

	if (!min || first + 1 > max)
		return -EINVAL;
	p->min = (uint16_t)first;
	p->max = (uint16_t)((max - 1u) | 1u);
	p->head = 0;
	p->n_free = 0;
	for (uint32_t port = first; port < p->max; port += 2) {
		if (!p->busy[port / 2])
			push(p, (uint16_t)port);
	}
	shuffle(p);
	return 0;
}

static int bind_any(int family, uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons(port) };
	const struct sockaddr *sa = family == AF_INET6
					    ? (const struct sockaddr *)&six
					    : (const struct sockaddr *)&four;
	socklen_t len = family == AF_INET6 ? sizeof(six) : sizeof(four);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int tos = 0xb8; /* expedited forwarding, RFC 3246 */
	int err, off = 0;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off,
			       sizeof(off)))
			goto out;
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos,
				 sizeof(tos));
	}
	(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	if (!bind(fd, sa, len))
		return fd;
out:
	err = -errno;
	(void)close(fd);
	return err;
}

static int bind_port(uint16_t port)
{
	int fd = bind_any(AF_INET6, port);

	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
		fd = bind_any(AF_INET, port);
	return fd;
}

static int bind_pair(struct port_pair *out, uint16_t port)
{
	int rtp = bind_port(port);
	int rtcp;

	if (rtp < 0)
		return rtp;
	rtcp = bind_port((uint16_t)(port + 1));
	if (rtcp < 0) {
		(void)close(rtp);
		return rtcp;
	}
	*out = (struct port_pair){ .port = port, .rtp = rtp, .rtcp = rtcp };
	return 0;
}

int ports_take(struct ports *p, struct port_pair *out)
{
	uint32_t tries = p->n_free;
	int err = -EBUSY;

	while (tries--) {
		uint16_t port = pop(p);

		err = bind_pair(out, port);
		if (!err) {
			p->busy[port / 2] = true;
			return 0;
		}
		push(p, port);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EBUSY;
}

void ports_give(struct ports *p, uint16_t port)
{
	if (!port || !p->busy[port / 2])
		return;
	p->busy[port / 2] = false;
	if (port >= p->min && port < p->max)
		push(p, port);
}

uint32_t ports_count(const struct ports *p)
{
	return p->max ? (p->max - p->min + 1u) / 2 : 0;
}

uint32_t ports_free_count(const struct ports *p)
{
	return p->n_free;
}

int ports_holds(const struct ports *p, uint16_t port)
{
	return (port >= p->min && port <= p->max) || p->busy[port / 2];
}

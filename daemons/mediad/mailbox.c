#include "mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
	pthread_mutex_t lock;
	struct mail_list letters;
	bool rung;
	int fd;
};

struct mailbox *mailbox_new(void)
{
	struct mailbox *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	STAILQ_INIT(&m->letters);
	m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->fd < 0 || pthread_mutex_init(&m->lock, NULL)) {
		if (m->fd >= 0)
			(void)close(m->fd);
		free(m);
		return NULL;
	}
	return m;
}

void mailbox_free(struct mailbox *m)
{
	if (!m)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	(void)close(m->fd);
	free(m);
}

int mailbox_fd(const struct mailbox *m)
{
	return m->fd;
}

/* Cannot fail: the counter never comes near its end. */
static void ring_bell(struct mailbox *m)
{
	uint64_t one = 1;

	if (write(m->fd, &one, sizeof(one)) < 0)
		return;
}

static void post(struct mailbox *m, struct mail *letter, bool ring)
{
	(void)pthread_mutex_lock(&m->lock);
	ring = ring && !m->rung;
	m->rung |= ring;
	STAILQ_INSERT_TAIL(&m->letters, letter, link);
	(void)pthread_mutex_unlock(&m->lock);
	if (ring)
		ring_bell(m);
}

void mailbox_post(struct mailbox *m, struct mail *letter)
{
	post(m, letter, true);
}

void mailbox_leave(struct mailbox *m, struct mail *letter)
{
	post(m, letter, false);
}

void mailbox_ring(struct mailbox *m)
{
	bool ring;

	(void)pthread_mutex_lock(&m->lock);
	ring = !m->rung && !STAILQ_EMPTY(&m->letters);
	m->rung |= ring;
	(void)pthread_mutex_unlock(&m->lock);
	if (ring)
		ring_bell(m);
}

void mailbox_take(struct mailbox *m, struct mail_list *out)
{
	uint64_t n;

	/* First the bell, then the letters: one that comes between rings
	   again. */
	if (read(m->fd, &n, sizeof(n)) < 0)
		n = 0;
	(void)pthread_mutex_lock(&m->lock);
	m->rung = false;
	STAILQ_CONCAT(out, &m->letters);
	(void)pthread_mutex_unlock(&m->lock);
}

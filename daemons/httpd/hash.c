#include "hash.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>

#include "secret.h"

enum { THREADS = 2 };

struct job {
	STAILQ_ENTRY(job) link;
	hash_done_fn done;
	void *ctx;
	bool verify;
	bool decoy; /* the hash is none: do the work, say no */
	struct hash_result result;
	char secret[HASH_SECRET_MAX];
	char setting[HASH_MAX]; /* salt and cost, or the whole hash */
};

STAILQ_HEAD(job_list, job);

struct hasher {
	pthread_mutex_t lock; /* over todo, ready, stop */
	pthread_cond_t work;
	struct job_list todo;
	struct job_list ready;
	bool stop;

	struct event *event; /* the rest is the loop's */
	pthread_t threads[THREADS];
	size_t n_threads;
	size_t n_jobs;
	uint64_t count;
	int fd;
	char decoy[HASH_MAX];
};

static void job_free(struct job *j)
{
	if (!j)
		return;
	secret_wipe(j, sizeof(*j));
	free(j);
}

static void compute(struct job *j, struct crypt_data *data)
{
	const char *hash = crypt_rn(j->secret, j->setting, data, sizeof(*data));

	if (hash && j->verify)
		j->result.ok = !j->decoy &&
			       secret_equal(hash, strlen(hash), j->setting,
					    strlen(j->setting));
	else if (hash)
		(void)snprintf(j->result.hash, sizeof(j->result.hash), "%s",
			       hash);
	secret_wipe(data, sizeof(*data));
	secret_wipe(j->secret, sizeof(j->secret));
}

static void *work(void *arg)
{
	const uint64_t one = 1;
	struct hasher *h = arg;
	struct crypt_data *data = calloc(1, sizeof(*data));
	struct job *j;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		j = STAILQ_FIRST(&h->todo);
		if (!j) {
			pthread_cond_wait(&h->work, &h->lock);
			continue;
		}
		STAILQ_REMOVE_HEAD(&h->todo, link);
		pthread_mutex_unlock(&h->lock);
		if (data)
			compute(j, data);
		pthread_mutex_lock(&h->lock);
		STAILQ_INSERT_TAIL(&h->ready, j, link);
		if (write(h->fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: it is awake anyway */
	}
	pthread_mutex_unlock(&h->lock);
	free(data);
	return NULL;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct hasher *h = arg;
	struct job_list ready = STAILQ_HEAD_INITIALIZER(ready);
	uint64_t n;
	struct job *j;

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0)
		return;
	pthread_mutex_lock(&h->lock);
	STAILQ_CONCAT(&ready, &h->ready);
	pthread_mutex_unlock(&h->lock);
	while ((j = STAILQ_FIRST(&ready))) {
		STAILQ_REMOVE_HEAD(&ready, link);
		h->n_jobs--;
		h->count++;
		j->done(j->ctx, &j->result);
		job_free(j);
	}
}

struct hasher *hasher_new(struct event_base *base)
{
	struct hasher *h = calloc(1, sizeof(*h));
	sigset_t all, old;

	if (!h)
		return NULL;
	STAILQ_INIT(&h->todo);
	STAILQ_INIT(&h->ready);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	h->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (h->fd < 0 ||
	    !crypt_gensalt_rn("$y$", 0, NULL, 0, h->decoy, sizeof(h->decoy)))
		goto fail;
	h->event = event_new(base, h->fd, EV_READ | EV_PERSIST, on_ready, h);
	if (!h->event || event_add(h->event, NULL))
		goto fail;
	/* signals are the loop's */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	while (h->n_threads < THREADS &&
	       !pthread_create(&h->threads[h->n_threads], NULL, work, h))
		h->n_threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (h->n_threads)
		return h;
fail:
	hasher_free(h);
	return NULL;
}

static void free_all(struct job_list *list)
{
	struct job *j;

	while ((j = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, link);
		job_free(j);
	}
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < h->n_threads; i++)
		pthread_join(h->threads[i], NULL);
	free_all(&h->todo);
	free_all(&h->ready);
	if (h->event)
		event_free(h->event);
	if (h->fd >= 0)
		close(h->fd);
	pthread_cond_destroy(&h->work);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static int submit(struct hasher *h, struct job *j)
{
	pthread_mutex_lock(&h->lock);
	STAILQ_INSERT_TAIL(&h->todo, j, link);
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
	h->n_jobs++;
	return 0;
}

static int new_job(struct hasher *h, const char *secret, hash_done_fn done,
		   void *ctx, struct job **out)
{
	struct job *j;

	if (h->n_jobs >= HASH_QUEUE)
		return -EAGAIN;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	if (snprintf(j->secret, sizeof(j->secret), "%s", secret) >=
	    (int)sizeof(j->secret)) {
		job_free(j);
		return -E2BIG;
	}
	j->done = done;
	j->ctx = ctx;
	*out = j;
	return 0;
}

int hash_verify(struct hasher *h, const char *secret, const char *hash,
		hash_done_fn done, void *ctx)
{
	struct job *j;
	int err = new_job(h, secret, done, ctx, &j);

	if (err)
		return err;
	j->verify = true;
	j->decoy = !hash[0];
	(void)snprintf(j->setting, sizeof(j->setting), "%s",
		       j->decoy ? h->decoy : hash);
	return submit(h, j);
}

int hash_make(struct hasher *h, const char *secret, hash_done_fn done,
	      void *ctx)
{
	struct job *j;
	int err = new_job(h, secret, done, ctx, &j);

	if (err)
		return err;
	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, j->setting,
			      sizeof(j->setting))) {
		job_free(j);
		return -ENOMEM;
	}
	return submit(h, j);
}

size_t hasher_jobs(const struct hasher *h)
{
	return h->n_jobs;
}

uint64_t hasher_count(const struct hasher *h)
{
	return h->count;
}

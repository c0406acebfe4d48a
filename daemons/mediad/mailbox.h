/*
 * Letters from one thread to another, in order. The reader waits on an
 * eventfd, so it fits any event loop; writers hold the lock for a few
 * instructions only, and the reader takes all letters at once.
 */
#pragma once

#include <sys/queue.h>

struct mail {
	STAILQ_ENTRY(mail) link; /* the first member of every letter */
};

STAILQ_HEAD(mail_list, mail);

struct mailbox;

struct mailbox *mailbox_new(void); /* NULL: no memory or no descriptor */
/* Letters still in it are lost: take them out first. */
void mailbox_free(struct mailbox *m);

int mailbox_fd(const struct mailbox *m); /* readable while letters wait */

/* Gives the letter away. */
void mailbox_post(struct mailbox *m, struct mail *letter);

/* The same without the bell: it is found with the next one that rings. */
void mailbox_leave(struct mailbox *m, struct mail *letter);
/* The bell for letters that were left. */
void mailbox_ring(struct mailbox *m);

/* Moves all that wait to the end of `out`. */
void mailbox_take(struct mailbox *m, struct mail_list *out);

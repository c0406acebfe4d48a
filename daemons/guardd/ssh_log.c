#include "ssh_log.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ssh_flows.h"

#include "log.h"
#include "service.h"

struct ssh_log {
	struct guardd *d;
	int fd;
	struct event *readable;
	struct ssh_flows flows;
	char line[SSH_LINE_MAX];
	size_t used;
	bool skip; /* too long: nothing counts until its end */
};

static void nobody_waits(void *ctx, const struct report_verdict *v)
{
	(void)ctx;
	(void)v;
}

static enum report_kind kind_for(enum ssh_what what)
{
	if (what == SSH_KNOCK)
		return REPORT_KIND_SCANNER;
	return what == SSH_LET_IN ? REPORT_KIND_ACCEPTED
				  : REPORT_KIND_CREDENTIAL;
}

static void tell(struct ssh_log *l, const struct ssh_line *line)
{
	struct issue issue;
	struct report r;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "ssh");
	r.kind = kind_for(line->what);
	r.transport = REPORT_TRANSPORT_TCP;
	r.proven = true;
	addr_format(&line->source, r.source);
	snprintf(r.account, sizeof(r.account), "%s", line->user);
	if (line->what != SSH_LET_IN)
		snprintf(r.detail, sizeof(r.detail), "%s",
			 line->what == SSH_KNOCK ? "does not speak SSH"
						 : "refused by sshd");
	if (judge_report(l->d, &r, nobody_waits, NULL, &issue) < 0)
		log_limited(&l->d->log, LOG_WARN, "ssh: %s: %s", issue.field,
			    issue.what);
}

static void on_line(struct ssh_log *l, const char *text, size_t n)
{
	struct ssh_line line;

	ssh_line_parse(&line, text, n);
	if (line.what == SSH_LET_IN)
		tell(l, &line);
	for (uint32_t i = ssh_flows_tries(&l->flows, &line); i > 0; i--)
		tell(l, &line);
}

static void take(struct ssh_log *l, const char *bytes, size_t n)
{
	while (n > 0) {
		const char *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;

		if (part > sizeof(l->line) - l->used)
			l->skip = true;
		if (!l->skip) {
			memcpy(l->line + l->used, bytes, part);
			l->used += part;
		}
		if (!end)
			return;
		if (!l->skip)
			on_line(l, l->line, l->used);
		l->skip = false;
		l->used = 0;
		bytes = end + 1;
		n -= part + 1;
	}
}

/* One piece a turn, so that reports over the bus wait for a few lines only. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ssh_log *l = arg;
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)what;
	if (n > 0)
		take(l, bytes, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		log_limited(&l->d->log, LOG_ERR,
			    "the log of sshd cannot be read: %s",
			    strerror(errno));
}

struct ssh_log *ssh_log_open(struct guardd *d, const char *path, char *why,
			     size_t why_size)
{
	struct ssh_log *l = calloc(1, sizeof(*l));
	struct stat st;

	snprintf(why, why_size, "no memory");
	if (!l)
		return NULL;
	l->d = d;
	l->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (l->fd < 0 || fstat(l->fd, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		snprintf(why, why_size, "--ssh-log %s: %s", path,
			 l->fd < 0 ? strerror(errno) : "is no pipe (mkfifo)");
		ssh_log_close(l);
		return NULL;
	}
	l->readable = event_new(d->service->base, l->fd, EV_READ | EV_PERSIST,
				on_readable, l);
	if (!l->readable || event_add(l->readable, NULL) < 0) {
		ssh_log_close(l);
		return NULL;
	}
	return l;
}

void ssh_log_close(struct ssh_log *l)
{
	if (!l)
		return;
	if (l->readable)
		event_free(l->readable);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

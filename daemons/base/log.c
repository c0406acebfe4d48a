#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { LINE_MAX_BYTES = 1024 };

static const char *const levels[] = { "err", "warn", "info", "debug" };

static char log_name[33] = "sallyport";
static enum log_level log_most = LOG_INFO;

void log_open(const char *name, enum log_level most)
{
	snprintf(log_name, sizeof(log_name), "%s", name);
	log_most = most;
}

/* A control character in a line could pass for another line. */
static void flatten(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void emit(enum log_level level, uint32_t kept_back, const char *fmt,
		 va_list ap) __attribute__((format(printf, 3, 0)));

static void emit(enum log_level level, uint32_t kept_back, const char *fmt,
		 va_list ap)
{
	char line[LINE_MAX_BYTES];
	char tail[48] = "";
	size_t room, used;
	int head, n;

	if (kept_back)
		snprintf(tail, sizeof(tail), " (%u such lines kept back)",
			 kept_back);

	head = snprintf(line, sizeof(line), "%s %s: ", levels[level], log_name);
	room = sizeof(line) - (size_t)head - strlen(tail) - 1;
	n = vsnprintf(line + head, room, fmt, ap);
	if (n < 0)
		return;
	if ((size_t)n >= room)
		memcpy(line + (size_t)head + room - 4, "...", 4);

	used = strlen(line);
	snprintf(line + used, sizeof(line) - used, "%s", tail);
	flatten(line);

	/* One write a line: lines of threads do not mix, and a supervisor that
	   does not read cannot be helped. */
	used = strlen(line);
	line[used++] = '\n';
	n = (int)write(STDERR_FILENO, line, used);
	(void)n;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_most)
		return;
	va_start(ap, fmt);
	emit(level, 0, fmt, ap);
	va_end(ap);
}

void log_limited(struct rate *rate, enum log_level level, const char *fmt, ...)
{
	uint32_t kept_back = rate->refused;
	va_list ap;

	if (level > log_most || !rate_take(rate, clock_mono_ms()))
		return;
	va_start(ap, fmt);
	emit(level, kept_back, fmt, ap);
	va_end(ap);
}

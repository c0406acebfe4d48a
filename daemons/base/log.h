/*
 * One line a fact, to standard error, where the supervisor collects it:
 * "<level> <daemon>: <text>". The level and the name are the only mutable
 * file-scope state of the project.
 *
 * Never pass secrets or raw peer bytes. What an outsider can trigger goes
 * through log_limited(), which lets at most the bucket's rate through and says
 * how many lines it kept back.
 */
#pragma once

#include "rate.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_open(const char *name, enum log_level most);
void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_limited(struct rate *rate, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_err(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

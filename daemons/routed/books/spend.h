/*
 * What each limit has used: the live table `usage`, brought up to date each
 * second that something moved, and the alarm when a limit is used up to its
 * warn_percent, once a period.
 */
#pragma once

struct books;
struct spend;

struct spend *spend_new(struct books *b); /* NULL: no memory */
void spend_free(struct spend *s);

/* Looks once; the timer does it every second. */
void spend_look(struct spend *s);

/*
 * mediad: the only daemon that touches SDP and RTP. One control thread
 * (libevent: bus, calls, prompts, settings) and media threads that own the
 * sockets. No sound is kept; after a restart it knows no call.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rate.h"

enum { MEDIAD_THREADS = 16 };

struct calls;
struct event;
struct mailbox;
struct ports;
struct prompts;
struct relay;
struct service;
struct table;

struct mediad {
	struct service *service;
	struct table *settings;
	struct ports *ports;
	struct prompts *prompts;
	struct mailbox *notices;
	struct event *notices_event;
	struct relay *relays[MEDIAD_THREADS];
	size_t n_relays;
	struct calls *calls;
	struct rate foreign_log;
	struct rate foreign_report;
};

/* For service_main(). `threads`: how many media threads; 0: one. */
int mediad_start(struct service *s, uint32_t threads, char *why,
		 size_t why_size);
void mediad_stop(struct service *s);

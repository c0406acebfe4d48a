/*
 * What the sofia*.c files share. Includes Sofia's headers: for them alone.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NTA_AGENT_MAGIC_T struct sofia
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_addrinfo.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>

#include "sofia.h"
#include "sofia_agent.h"

enum { SOFIA_ADDRESSES = 64, SOFIA_IDENT = 80 };

/* The request line's class with our parser, and the way back to us: a message
   knows its class, and so whose it is, without any global variable. */
struct sofia_class {
	struct msg_hclass_s hclass;
	msg_parse_f *parse; /* Sofia's own */
	struct sofia *sofia;
};

/* The guest loop: Sofia's root inside libevent. */
struct sofia_loop {
	su_root_t *root;
	struct event *readable;
	struct event *timer;
	struct event *lag_timer;
	uint64_t lag_due_ms;
	uint32_t lag_ms;
};

struct sofia_flow; /* a TCP connection, as the sweep last saw it */

struct sofia {
	struct sofia_config config;
	struct sofia_loop loop;
	nta_agent_t *agent;
	msg_mclass_t *mclass;
	struct sofia_class request_class;
	struct addr bound[SOFIA_ADDRESSES];
	size_t n_bound;
	char cert_dir[256];
	int tls_index;            /* of what each TLS context knows of us */
	struct sofia_flow *flows; /* by source */
	struct event *sweep;
};

int sofia_loop_init(struct sofia_loop *l, struct event_base *base);
void sofia_loop_fini(struct sofia_loop *l);
void sofia_loop_kick(struct sofia_loop *l);

/* The message class with our hooks, and the calls from Sofia. */
int sofia_entry_init(struct sofia *s);
void sofia_entry_fini(struct sofia *s);
int sofia_entry_message(struct sofia *s, nta_agent_t *agent, msg_t *msg,
			sip_t *sip);

/* The first header that could not be read, or stands there twice, and whose
   damage changes what the request means; NULL: none. */
const char *sofia_damaged_header(const sip_t *sip);

/* Did it come to a port that is still ours? After a change of ports the old
   ones serve the calls that began there, nothing new. */
bool sofia_in_use(const struct sofia *s, const struct peer *peer);

/* Takes a request apart. r->msg stays its caller's. */
void sofia_request_read(struct sofia *s, struct request *r, msg_t *msg,
			sip_t *sip);

/* Makes dir/agent.pem from `certificate`, or self-made where that is "". */
int sofia_tls_prepare(const char *dir, const char *certificate, char *why,
		      size_t why_size);

/* The way from a TLS connection back to us (sofia_tls_peer.c); before the first
   agent, after the last. */
int sofia_tls_peer_init(struct sofia *s);
void sofia_tls_peer_fini(struct sofia *s);

/* Watches the connections: caps per source, those that never speak. */
int sofia_flow_init(struct sofia *s);
void sofia_flow_fini(struct sofia *s);
void sofia_flow_spoke(struct sofia *s, const struct peer *peer);

/* Links the silent STUN server in; call before the first agent. */
int sofia_stun_silence(void);

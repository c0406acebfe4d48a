#include "mediad.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bus_media.h"
#include "calls.h"
#include "log.h"
#include "mailbox.h"
#include "ports.h"
#include "prompts.h"
#include "records.h"
#include "relay.h"
#include "service.h"
#include "table.h"
#include "watch.h"

static void on_notices(evutil_socket_t fd, short what, void *arg)
{
	struct mediad *m = arg;

	(void)fd;
	(void)what;
	calls_notices(m->calls);
}

/* --- settings --- */

/* A call on the SIP port would keep a sipd that starts again from it. */
static bool holds_sip_port(const struct mediad *m,
			   const struct media_settings *s, uint32_t *port)
{
	struct watch *w = watch_open(NULL, m->service->run_dir,
				     &sip_settings_record, NULL, NULL);
	const struct sip_settings *sip =
		w ? watch_get(w, sip_settings_record.singleton) : NULL;
	bool holds =
		sip && sip->port >= s->port_min && sip->port <= s->port_max;

	*port = sip ? sip->port : 0;
	watch_close(w);
	return holds;
}

static int check_settings(void *ctx, const void *old, void *row, bool force,
			  struct issue *issue)
{
	const struct media_settings *was = old, *s = row;
	uint32_t port;

	(void)force;
	/* An even port and the odd one after it. */
	if (((s->port_min + 1) & ~1u) + 1 > s->port_max)
		return issue_set(issue, "port_max",
				 "must leave room for a pair of ports after "
				 "the first RTP port %u",
				 s->port_min);
	if (was &&
	    (was->port_min != s->port_min || was->port_max != s->port_max) &&
	    holds_sip_port(ctx, s, &port))
		return issue_set(issue, "port_min",
				 "the SIP port %u is in this range: choose "
				 "another",
				 port);
	if (s->prompt_dir[0] != '/')
		return issue_set(issue, "prompt_dir",
				 "must begin with / (the full path)");
	return 0;
}

static void use_prompts(struct mediad *m, const struct media_settings *s)
{
	const struct field *f =
		record_field(&media_settings_record, "language");
	const char *language = f->values[s->language];

	if (!prompts_set(m->prompts, s->prompt_dir, language))
		return;
	log_err("no prompts in %s for language %s: install "
		"asterisk-core-sounds-%s-wav; until then only tones are played",
		s->prompt_dir, language, language);
}

static int use_settings(struct mediad *m, const struct media_settings *s)
{
	int err = ports_range(m->ports, (uint16_t)s->port_min,
			      (uint16_t)s->port_max);

	if (err)
		return err;
	use_prompts(m, s);
	for (size_t i = 0; i < m->n_relays; i++)
		relay_silence(m->relays[i], s->silence_s);
	log_info("RTP ports %u-%u, %u pairs", s->port_min, s->port_max,
		 ports_count(m->ports));
	return 0;
}

static void apply_settings(void *ctx, struct table_change *change,
			   const void *old, const void *row)
{
	(void)old;
	if (row && use_settings(ctx, row))
		table_change_done(change, "the port range holds no pair");
	else
		table_change_done(change, NULL);
}

static int open_settings(struct mediad *m, char *why, size_t why_size)
{
	static const struct table_ops ops = { .check = check_settings,
					      .apply = apply_settings };
	const struct table_config config = {
		.record = &media_settings_record,
		.ops = &ops,
		.ctx = m,
		.bus = m->service->bus,
		.store = m->service->store,
		.seal = m->service->seal,
	};
	const struct media_settings *s;

	m->settings = table_open(&config, why, why_size);
	if (!m->settings)
		return -EINVAL;
	s = table_get(m->settings, "general");
	if (s && !use_settings(m, s))
		return 0;
	snprintf(why, why_size, "media settings: no usable port range");
	return -EINVAL;
}

/* --- start and stop --- */

/* Two descriptors a leg: a wide port range needs more than the usual 1024. */
static void allow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r))
		log_warn("descriptors: the limit stays: %s", strerror(errno));
}

static int make_parts(struct mediad *m, uint32_t threads)
{
	struct calls_config config = {
		.relays = m->relays,
		.event = bus_media_event,
		.fact = bus_media_fact,
		.ctx = m,
	};

	m->ports = ports_new();
	m->prompts = prompts_new();
	m->notices = mailbox_new();
	if (!m->ports || !m->prompts || !m->notices)
		return -ENOMEM;
	while (m->n_relays < threads) {
		m->relays[m->n_relays] = relay_new(m->notices);
		if (!m->relays[m->n_relays])
			return -ENOMEM;
		m->n_relays++;
	}
	config.n_relays = m->n_relays;
	config.notices = m->notices;
	config.ports = m->ports;
	config.prompts = m->prompts;
	m->calls = calls_new(&config);
	m->notices_event = event_new(m->service->base, mailbox_fd(m->notices),
				     EV_READ | EV_PERSIST, on_notices, m);
	if (!m->calls || !m->notices_event)
		return -ENOMEM;
	return event_add(m->notices_event, NULL) ? -ENOMEM : 0;
}

static void mediad_free(struct mediad *m)
{
	table_close(m->settings);
	while (m->n_relays)
		relay_free(m->relays[--m->n_relays]);
	calls_free(m->calls);
	if (m->notices_event)
		event_free(m->notices_event);
	mailbox_free(m->notices);
	prompts_free(m->prompts);
	ports_free(m->ports);
	free(m);
}

int mediad_start(struct service *s, uint32_t threads, char *why,
		 size_t why_size)
{
	struct mediad *m = calloc(1, sizeof(*m));
	int err;

	snprintf(why, why_size, "no memory or descriptors for media threads");
	if (!m)
		return -ENOMEM;
	m->service = s;
	allow_descriptors();
	rate_init(&m->foreign_log, 10, 1);
	rate_init(&m->foreign_report, 10, 1);
	err = make_parts(m, threads ? threads : 1);
	if (!err)
		err = open_settings(m, why, why_size);
	if (!err) {
		err = bus_media_open(m);
		if (err)
			snprintf(why, why_size, "cannot serve on the bus: %s",
				 strerror(-err));
	}
	if (err) {
		mediad_free(m);
		return err;
	}
	s->daemon = m;
	return 0;
}

void mediad_stop(struct service *s)
{
	if (s->daemon)
		mediad_free(s->daemon);
	s->daemon = NULL;
}

/* Session timers of a leg (RFC 4028): the clock around leg_timer.c. */
#include "sofia_leg.h"

#include <event2/event.h>
#include <stdio.h>

#include "secret.h"

static void arm(struct leg *leg, uint32_t ms);

static void expired(struct leg *leg)
{
	/* Section 10: the side that does not refresh sends BYE; that is what
	   the call does when it hears of it. */
	leg_emit_code(leg, LEG_GONE, 408, "session expired");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct leg *leg = arg;

	(void)fd;
	(void)what;
	if (leg->state != LEG_ST_UP || leg->ending)
		return;
	if (leg->session.refresher == REFRESHER_PEER) {
		expired(leg);
		return;
	}
	if (leg->session.refresher != REFRESHER_US)
		return;
	if (!leg_can_offer(leg)) {
		arm(leg, 2000);
		return;
	}
	leg->refresh = true;
	/* Section 7.4: UPDATE is better, it brings no SDP into play. */
	if (leg->peer_update)
		(void)leg_send_offer(leg, true, &(struct leg_blob){ NULL, 0 });
	else
		(void)leg_send_offer(leg, false, &leg->local_sdp);
}

static void arm(struct leg *leg, uint32_t ms)
{
	const struct timeval tv = { ms / 1000, (ms % 1000) * 1000L };

	if (leg->timer == NULL)
		leg->timer =
			event_new(leg->legs->config.base, -1, 0, on_timer, leg);
	if (leg->timer == NULL || event_add(leg->timer, &tv) != 0)
		/* Without it a dead peer is found by the silence of its RTP. */
		return;
}

void leg_session_start(struct leg *leg)
{
	uint32_t due_s = leg_timer_due_s(&leg->session);

	if (leg->ending)
		return;
	if (due_s != 0)
		arm(leg, due_s * 1000);
	else if (leg->timer != NULL)
		event_del(leg->timer);
}

void leg_session_retry(struct leg *leg)
{
	uint16_t r;

	/* RFC 3261 section 14.1, in units of 10 ms: 2.1 to 4 s for the owner
	   of the Call-ID, up to 2 s for the other. */
	secret_random(&r, sizeof(r));
	if (leg->caller)
		arm(leg, (1 + r % 200U) * 10);
	else
		arm(leg, (210 + r % 191U) * 10);
}

void leg_session_header(const struct leg *leg, bool request, char *text,
			size_t size)
{
	bool up = leg->state != LEG_ST_CALLING;
	bool we = leg->session.refresher == REFRESHER_US;

	text[0] = '\0';
	if (request && !up)
		(void)snprintf(text, size,
			       "Session-Expires: %u\r\nMin-SE: %u\r\n",
			       leg->session_s, leg->min_se_s);
	else if (leg->session.interval_s == 0)
		return;
	else if (request)
		(void)snprintf(text, size,
			       "Session-Expires: %u;refresher=%s\r\n",
			       leg->session.interval_s, we ? "uac" : "uas");
	else
		(void)snprintf(text, size,
			       "Session-Expires: %u;refresher=%s\r\n%s",
			       leg->session.interval_s, we ? "uas" : "uac",
			       we ? "" : "Require: timer\r\n");
}

/* The direct connection of a hot pair, and falling back to the bus. */
#include <event2/event.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus.h"
#include "bus_raw.h"
#include "bus_world.h"
#include "check.h"
#include "media_bus.h"
#include "route_bus.h"

struct server {
	struct bus_req *kept;
	int direct; /* calls by way */
	int by_bus;
	int kept_n;
};

struct client {
	struct media_sdp sdp;
	char error[128];
	int done;
	int failed;
	int events;
};

static bool is_direct(const struct bus_req *req)
{
	return !dbus_message_get_sender(bus_req_message(req));
}

static void on_offer(void *ctx, struct bus_req *req, const void *in)
{
	const struct media_offer *offer = in;
	struct server *s = ctx;
	struct media_sdp out;

	if (is_direct(req))
		s->direct++;
	else
		s->by_bus++;
	if (!strcmp(offer->call, "keep")) {
		s->kept = req;
		s->kept_n++;
		return;
	}

	record_init(&media_sdp_record, &out);
	memcpy(out.sdp, offer->sdp, offer->sdp_bytes);
	out.sdp_bytes = offer->sdp_bytes;
	bus_reply(req, &out);
}

static const bus_method_fn fns[MEDIA_N_METHODS] = {
	[MEDIA_OFFER] = on_offer,
};

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct client *c = ctx;

	snprintf(c->error, sizeof(c->error), "%s", error ? error->name : "");
	if (out)
		c->sdp = *(const struct media_sdp *)out;
	if (error)
		c->failed++;
	else
		c->done++;
}

static void on_event(void *ctx, const void *rec)
{
	const struct media_event *event = rec;
	struct client *c = ctx;

	CHECK_STR(event->call, "c1");
	c->events++;
}

static void offer(struct bus_world *w, const char *call, struct client *c)
{
	static struct media_offer in;

	record_init(&media_offer_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call);
	memset(in.sdp, 0, 8000); /* bytes may be any */
	memcpy(in.sdp, "v=0\xff\x00z", 6);
	in.sdp_bytes = 8000;
	CHECK_EQ(bus_call(w->sipd, &media_iface, MEDIA_OFFER, &in, 9000,
			  on_done, c),
		 0);
}

static void one_offer(struct bus_world *w, struct client *c)
{
	int n = c->done + 1;

	offer(w, "c1", c);
	loop_until_count(w->base, &c->done, n);
	CHECK_EQ(c->sdp.sdp_bytes, 8000);
	CHECK(!memcmp(c->sdp.sdp, "v=0\xff\x00z", 6));
}

/* Until a call has gone directly; each one before went over the bus. */
static void until_direct(struct bus_world *w, struct server *s,
			 struct client *c)
{
	int before = s->direct;
	int calls = 0;

	while (s->direct == before) {
		one_offer(w, c);
		CHECK(calls++ < 100000);
	}
}

static void emit(struct bus *bus)
{
	struct media_event event;

	record_init(&media_event_record, &event);
	snprintf(event.call, sizeof(event.call), "c1");
	CHECK_EQ(bus_emit(bus, &media_iface, MEDIA_SIG_EVENT, &event), 0);
}

static struct bus *new_mediad(struct bus_world *w, struct server *s)
{
	struct bus *bus =
		bus_world_open(w, "mediad", "org.sallyport.Media", true);
	char why[200] = "";

	CHECK_EQ(bus_export(bus, &media_iface, fns, s), 0);
	CHECK_EQ(bus_go(bus, why, sizeof(why)), 0);
	return bus;
}

static void test_socket_mode(struct bus_world *w)
{
	char path[BUS_FIXTURE_PATH + 16];
	struct stat st;

	snprintf(path, sizeof(path), "%s/mediad/direct", w->fixture.dir);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0660);
}

/* Strangers on the socket that say nothing keep no place for ever. */
static void test_silent(struct bus_world *w, struct server *s, struct client *c)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fds[20];

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/mediad/direct",
		 w->fixture.dir);
	for (size_t i = 0; i < 20; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(fds[i] >= 0);
		CHECK_EQ(connect(fds[i], (struct sockaddr *)&sa, sizeof(sa)),
			 0);
		/* What is no D-Bus at all ends that connection alone. */
		if (i == 3)
			CHECK_EQ(write(fds[i], "GET / HTTP/1.0\r\n\r\n", 18),
				 18);
		one_offer(w, c);
	}
	until_direct(w, s, c);
	for (size_t i = 0; i < 20; i++)
		close(fds[i]);
}

static void test_lost_in_call(struct bus_world *w, struct server *s,
			      struct client *c, struct bus **mediad)
{
	int failed = c->failed;

	offer(w, "keep", c);
	loop_until_count(w->base, &s->kept_n, 1);
	CHECK(is_direct(s->kept));
	bus_close(*mediad); /* takes the open request with it */
	loop_until_count(w->base, &c->failed, failed + 1);
	CHECK_STR(c->error, "org.sallyport.Error.Gone");

	/* Nobody there: an error at once, by the bus. */
	offer(w, "c1", c);
	loop_until_count(w->base, &c->failed, failed + 2);
	CHECK_STR(c->error, "org.sallyport.Error.Gone");
	*mediad = new_mediad(w, s);
	until_direct(w, s, c);
}

static void test_bus_away(struct bus_world *w, struct server *s,
			  struct client *c, struct bus *mediad)
{
	int by_bus = s->by_bus, direct = s->direct, events = c->events;

	bus_fixture_kill(&w->fixture);
	for (int i = 0; i < 10; i++)
		one_offer(w, c);
	CHECK_EQ(s->direct, direct + 10);
	CHECK_EQ(s->by_bus, by_bus);
	emit(mediad);
	loop_until_count(w->base, &c->events, events + 1);
	bus_fixture_again(&w->fixture);
}

int main(void)
{
	struct bus_world w;
	struct server s = { 0 };
	struct client c = { 0 };
	struct bus *mediad;

	bus_world_start(&w, true);
	mediad = new_mediad(&w, &s);
	CHECK_EQ(bus_watch(w.sipd, &media_iface, MEDIA_SIG_EVENT, on_event, &c),
		 0);

	one_offer(&w, &c); /* it need not wait for the connection */
	until_direct(&w, &s, &c);
	test_socket_mode(&w);

	emit(mediad);
	loop_until(w.base, &c.events);

	test_silent(&w, &s, &c);
	test_lost_in_call(&w, &s, &c, &mediad);
	test_bus_away(&w, &s, &c, mediad);

	bus_close(mediad);
	bus_world_stop(&w);
	return 0;
}

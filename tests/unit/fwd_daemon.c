/*
 * fwd as a whole: on a bus of the test's own, in a network namespace of its
 * own, with a view in the place of guardd's. Needs root; exits 77 otherwise.
 */
#include <event2/event.h>

#include "bus.h"
#include "check.h"
#include "clock.h"
#include "firewall_bus.h"
#include "fwd.h"
#include "fwd_host.h"
#include "store.h"
#include "table.h"

enum { SKIP = 77 };

struct answer {
	int done;
	bool failed;
	char text[200];
	uint32_t count;
	struct wall_entry entries[32];
	struct network networks[32];
	size_t n;
};

struct world {
	struct fwd_host host;
	struct store *guard; /* guardd's */
	int networks_changed;
};

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct answer *a = ctx;
	const struct changed_count *count = out;

	a->failed = error != NULL;
	snprintf(a->text, sizeof(a->text), "%s", error ? error->text : "");
	if (count)
		a->count = count->count;
	a->done = 1;
}

static struct answer ask(struct world *w, size_t method, const void *in)
{
	struct answer a = { 0 };

	CHECK_EQ(bus_call(w->host.asker, &firewall_iface, method, in, 0,
			  on_done, &a),
		 0);
	loop_until(w->host.bus.base, &a.done);
	return a;
}

static struct answer ban(struct world *w, const char *source,
			 const char *service)
{
	struct reject in;

	record_init(&reject_record, &in);
	snprintf(in.source, sizeof(in.source), "%s", source);
	snprintf(in.service, sizeof(in.service), "%s", service);
	in.seconds = 600;
	return ask(w, FIREWALL_BAN, &in);
}

static void on_entry(void *ctx, const void *row)
{
	struct answer *a = ctx;

	CHECK(a->n < 32);
	a->entries[a->n++] = *(const struct wall_entry *)row;
}

static void on_network(void *ctx, const void *row)
{
	struct answer *a = ctx;

	CHECK(a->n < 32);
	a->networks[a->n++] = *(const struct network *)row;
}

static struct answer list(struct world *w, size_t method, bus_row_fn row)
{
	struct answer a = { 0 };

	CHECK_EQ(bus_call_rows(w->host.asker, &firewall_iface, method, NULL, 0,
			       row, on_done, &a),
		 0);
	loop_until(w->host.bus.base, &a.done);
	CHECK(!a.failed);
	return a;
}

static bool has_entry(const struct answer *a, const char *source,
		      const char *service)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->entries[i].source, source) == 0 &&
		    strcmp(a->entries[i].service, service) == 0)
			return true;
	return false;
}

static bool has_network(const struct answer *a, const char *network)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->networks[i].network, network) == 0)
			return true;
	return false;
}

static void on_changed(void *ctx, const void *rec)
{
	(void)rec;
	(*(int *)ctx)++;
}

static void put(struct store *s, const struct record *r, const void *row)
{
	uint8_t buf[2048];
	char key[100];
	int n = record_encode(r, row, buf, sizeof(buf));

	CHECK(n > 0);
	record_key(r, row, key, sizeof(key));
	CHECK_EQ(store_view_put(s, r->name, (struct bytes){ key, strlen(key) },
				(struct bytes){ buf, (size_t)n }),
		 0);
	CHECK_EQ(store_view_publish(s), 0);
}

static void put_rejected(struct store *s, const char *source, int64_t left_s)
{
	struct rejected row;

	record_init(&rejected_record, &row);
	snprintf(row.id, sizeof(row.id), "sip@%.70s", source);
	snprintf(row.source, sizeof(row.source), "%s", source);
	snprintf(row.service, sizeof(row.service), "sip");
	row.until_ms = clock_wall_ms() + (uint64_t)(left_s * 1000);
	put(s, &rejected_record, &row);
}

static void test_refused(struct world *w)
{
	CHECK(ban(w, "203.0.113.0/24", "sip").failed);
	CHECK(ban(w, "nonsense", "sip").failed);
	CHECK(ban(w, "203.0.113.1", "smtp").failed);
	CHECK(ban(w, "2001:db8::/48", "sip").failed);
	CHECK_EQ(list(w, FIREWALL_ENTRIES, on_entry).n, 0);
}

static void test_restore(struct world *w)
{
	struct allowed_address allowed;
	struct answer a, b;
	struct filter in;

	record_init(&filter_record, &in);
	CHECK(!ban(w, "203.0.113.1", "sip").failed);
	CHECK(!ban(w, "2001:db8::7", "https").failed);
	/* There is no view yet: that is no reason to lift what stands. */
	CHECK(ask(w, FIREWALL_RESTORE, &in).failed);
	CHECK_EQ(list(w, FIREWALL_ENTRIES, on_entry).n, 2);
	w->guard = fwd_host_store(&w->host, "guardd");
	put_rejected(w->guard, "203.0.113.2", 600);
	put_rejected(w->guard, "203.0.113.3", -5);
	record_init(&allowed_address_record, &allowed);
	snprintf(allowed.name, sizeof(allowed.name), "office");
	snprintf(allowed.source, sizeof(allowed.source), "198.51.100.0/28");
	snprintf(allowed.services, sizeof(allowed.services), "sip;https");
	put(w->guard, &allowed_address_record, &allowed);
	a = ask(w, FIREWALL_RESTORE, &in);
	CHECK_STR(a.text, "");
	CHECK_EQ(a.count, 3);
	b = list(w, FIREWALL_ENTRIES, on_entry);
	CHECK_EQ(b.n, 3);
	CHECK(has_entry(&b, "203.0.113.2", "sip"));
	CHECK(has_entry(&b, "198.51.100.0/28", "https"));
}

/* The table outlives fwd; the next one takes it over as it is. */
static void test_restart(struct world *w)
{
	struct answer a;

	fwd_ends(&w->host);
	fwd_begins(&w->host);
	bus_world_settle(&w->host.bus, w->host.asker);
	a = list(w, FIREWALL_ENTRIES, on_entry);
	CHECK(has_entry(&a, "203.0.113.2", "sip"));
}

static void test_networks(struct world *w)
{
	struct answer a = list(w, FIREWALL_NETWORKS, on_network);

	CHECK(has_network(&a, "127.0.0.0/8"));
	CHECK(!has_network(&a, "192.168.77.0/24"));
	fwd_host_run(
		"ip link add t0 type veth peer name t1 && "
		"ip address add 192.168.77.1/24 dev t0 && "
		"ip address add 198.51.100.1/24 dev t0 && ip link set t0 up");
	loop_until_count(w->host.bus.base, &w->networks_changed, 1);
	a = list(w, FIREWALL_NETWORKS, on_network);
	CHECK(has_network(&a, "192.168.77.0/24"));
	CHECK(!has_network(&a, "198.51.100.0/24"));
	fwd_host_run("ip link del t0");
	loop_until_count(w->host.bus.base, &w->networks_changed, 2);
	a = list(w, FIREWALL_NETWORKS, on_network);
	CHECK(!has_network(&a, "192.168.77.0/24"));
}

struct put {
	int done;
	struct issue issue;
};

static void on_put(void *ctx, const struct issue *issue)
{
	struct put *p = ctx;

	if (issue)
		p->issue = *issue;
	p->done = 1;
}

static void test_wide_network(struct world *w)
{
	struct fwd *f = w->host.service.daemon;
	struct local_network row;
	struct put p = { 0 };
	struct answer a;

	record_init(&local_network_record, &row);
	snprintf(row.name, sizeof(row.name), "vpn");
	snprintf(row.network, sizeof(row.network), "0.0.0.0/0");
	CHECK_EQ(
		table_put(f->local_network, "test", row.name, &row, on_put, &p),
		0);
	loop_until(w->host.bus.base, &p.done);
	CHECK_STR(p.issue.field, "network");
	snprintf(row.network, sizeof(row.network), "10.99.0.0/16");
	p = (struct put){ 0 };
	CHECK_EQ(
		table_put(f->local_network, "test", row.name, &row, on_put, &p),
		0);
	loop_until(w->host.bus.base, &p.done);
	CHECK_STR(p.issue.what, "");
	a = list(w, FIREWALL_NETWORKS, on_network);
	CHECK(has_network(&a, "10.99.0.0/16"));
}

int main(void)
{
	struct world *w = calloc(1, sizeof(*w));

	CHECK(w);
	if (fwd_host_start(&w->host) < 0)
		return SKIP;
	CHECK_EQ(bus_watch(w->host.asker, &firewall_iface,
			   FIREWALL_SIG_NETWORKS_CHANGED, on_changed,
			   &w->networks_changed),
		 0);
	bus_world_settle(&w->host.bus, w->host.asker);
	test_refused(w);
	test_restore(w);
	test_restart(w);
	test_networks(w);
	test_wide_network(w);
	store_close(w->guard);
	fwd_host_stop(&w->host);
	free(w);
	return 0;
}

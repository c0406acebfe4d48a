#include "fwd_asker.h"

#include <event2/event.h>

#include "bus.h"
#include "check.h"
#include "firewall_bus.h"

struct fwd *fwd_daemon(struct fwd_host *w)
{
	return w->service.daemon;
}

static void on_table(void *ctx, const struct bus_error *error,
		     const struct table_answer *answer)
{
	struct fwd_answer *a = ctx;

	(void)answer;
	snprintf(a->error, sizeof(a->error), "%s",
		 error ? error->name + strlen(BUS_ERR) : "");
	snprintf(a->text, sizeof(a->text), "%s", error ? error->text : "");
	a->done = 1;
}

struct fwd_answer fwd_change(struct fwd_host *w, const struct record *r,
			     const char *actor, bool force,
			     const struct table_op *ops, size_t n)
{
	struct table_context context = { .actor = actor, .force = force };
	struct fwd_answer a = { 0 };

	CHECK_EQ(
		table_client_apply(w->asker, r, &context, ops, n, on_table, &a),
		0);
	loop_until(w->bus.base, &a.done);
	return a;
}

struct fwd_answer fwd_set(struct fwd_host *w, const char *actor,
			  const char *field, const char *text)
{
	struct table_pair pair = { field, text };
	struct table_op op = { TABLE_PUT, "general", &pair, 1 };

	return fwd_change(w, &firewall_record, actor, false, &op, 1);
}

struct fwd_answer fwd_put_rule(struct fwd_host *w, const char *actor,
			       const char *name, const char *source)
{
	struct table_pair pairs[] = { { "action", "accept" },
				      { "protocol", "tcp" },
				      { "port", "https" },
				      { "source", source } };
	struct table_op op = { TABLE_PUT, name, pairs, 4 };

	return fwd_change(w, &common_rule_record, actor, false, &op, 1);
}

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct fwd_answer *a = ctx;

	on_table(a, error, NULL);
	if (out)
		a->trial = *(const struct trial_state *)out;
}

static void on_would(void *ctx, const struct bus_error *error, const void *out)
{
	struct fwd_answer *a = ctx;

	on_table(a, error, NULL);
	if (out)
		a->would = *(const struct would_answer *)out;
}

struct fwd_answer fwd_ask_trial(struct fwd_host *w, size_t method,
				uint32_t generation)
{
	struct fwd_answer a = { 0 };
	struct confirm in;

	record_init(&confirm_record, &in);
	in.generation = generation;
	CHECK_EQ(bus_call(w->asker, &firewall_iface, method,
			  method == FIREWALL_TRIAL ? NULL : &in, 0, on_done,
			  &a),
		 0);
	loop_until(w->bus.base, &a.done);
	return a;
}

struct fwd_answer fwd_set_and_keep(struct fwd_host *w, const char *actor,
				   const char *field, const char *text,
				   struct fwd_answer *kept)
{
	struct table_context context = { .actor = actor };
	struct table_pair pair = { field, text };
	struct table_op op = { TABLE_PUT, "general", &pair, 1 };
	struct fwd_answer a = { 0 };

	CHECK_EQ(table_client_apply(w->asker, &firewall_record, &context, &op,
				    1, on_table, &a),
		 0);
	*kept = fwd_ask_trial(w, FIREWALL_CONFIRM, 0);
	loop_until(w->bus.base, &a.done);
	return a;
}

struct fwd_answer fwd_ask_would(struct fwd_host *w, const char *source,
				uint32_t protocol, uint32_t port)
{
	struct fwd_answer a = { 0 };
	struct would_ask in;

	record_init(&would_ask_record, &in);
	snprintf(in.source, sizeof(in.source), "%s", source);
	in.protocol = protocol;
	in.port = port;
	CHECK_EQ(bus_call(w->asker, &firewall_iface, FIREWALL_WOULD, &in, 0,
			  on_would, &a),
		 0);
	loop_until(w->bus.base, &a.done);
	return a;
}

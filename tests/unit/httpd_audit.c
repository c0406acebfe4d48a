/* The sign-in log: strangers who are refused push out nobody's traces. */
#include <event2/event.h>
#include <stdlib.h>

#include "store.h"

#include "audit.h"

#include "check.h"
#include "temp.h"

/* Log lives: each has a burst of refusals (audit.h). */
enum { LIVES = 520, BURST = 20 };

struct seen {
	size_t n, refused;
	uint64_t last_id;
	char oldest[33];
};

static void on_row(void *ctx, const struct audit *row)
{
	struct seen *s = ctx;

	CHECK(s->n == 0 || row->id < s->last_id);
	s->last_id = row->id;
	s->n++;
	s->refused += row->what == AUDIT_WHAT_REFUSED;
	(void)snprintf(s->oldest, sizeof(s->oldest), "%s", row->account);
}

static struct seen look(struct audit_log *a, uint32_t limit)
{
	struct seen s = { 0 };

	audit_each(a, limit, on_row, &s);
	return s;
}

static void refuse(struct store *store)
{
	struct audit_log *a = audit_new(store);

	CHECK(a);
	for (int i = 0; i < BURST; i++)
		audit_add(a, AUDIT_WHAT_REFUSED, "stranger", "203.0.113.9",
			  "sign-in");
	store_wait(store);
	audit_free(a);
}

int main(void)
{
	struct event_base *base = event_base_new();
	char why[256] = "", dir[TEMP_PATH], view[TEMP_PATH];
	struct store *store;
	struct audit_log *a;
	struct seen s;

	CHECK(base);
	temp_dir(dir);
	temp_dir(view);
	store = store_open(base,
			   &(struct store_config){ .state_dir = dir,
						   .view_dir = view,
						   .truth_max = 64 << 20,
						   .view_max = 16 << 20 },
			   why, sizeof(why));
	CHECK_STR(why, "");
	a = audit_new(store);
	CHECK(a);
	audit_add(a, AUDIT_WHAT_SIGNED_IN, "thief", "203.0.113.9", "");
	audit_add(a, AUDIT_WHAT_DID, "thief", "203.0.113.9", "Unreject");
	store_wait(store);
	audit_free(a);
	for (int i = 0; i < LIVES; i++)
		refuse(store);
	a = audit_new(store);
	CHECK(a);
	audit_add(a, AUDIT_WHAT_SIGNED_OUT, "thief", "203.0.113.9", "");
	store_wait(store);
	s = look(a, AUDIT_ROWS);
	CHECK_STR(s.oldest, "thief");
	CHECK_EQ(s.refused, AUDIT_REFUSED);
	CHECK_EQ(s.n, AUDIT_REFUSED + 3);
	s = look(a, 10);
	CHECK_EQ(s.n, 10);
	CHECK_EQ(s.refused, 9);
	audit_free(a);
	store_close(store);
	event_base_free(base);
	temp_remove(dir);
	temp_remove(view);
	return 0;
}

/* Hidden rules against a plain reference: every number there is, up to a
   length, is dialled, and who never gets one is hidden. */
#include "check.h"
#include "routed_world.h"
#include "shadow.h"

enum { RULES = 24, LONGEST = 4 };

struct seen {
	bool reached[RULES];
	bool hidden[RULES];
	bool gave_up;
};

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static void make_rules(struct world *w, uint64_t *seed)
{
	static const char *const items[] = {
		"X",       "X",       "N", "[0-4]", "[5-9]", "[0-9*#]",
		"[13579]", "[02468]", "1", "2",     "*",
	};
	char row[100], pattern[60];

	for (int i = 0; i < RULES; i++) {
		uint32_t n = next(seed) % LONGEST;

		pattern[0] = '\0';
		while (n--)
			strcat(pattern, items[next(seed) % 11]);
		if (!*pattern || next(seed) % 3 == 0)
			strcat(pattern, next(seed) % 2 ? "." : "!");
		snprintf(row, sizeof(row),
			 "dial_rule name=r%d pattern=%s trunks=a", i, pattern);
		world_add(w, row);
	}
}

static void dial(struct world *w, struct seen *s, const char *number)
{
	struct plan_choice choice;
	struct verdict v;

	world_decide(w, "801", number, &v, &choice);
	if (v.dial_rule[0] == 'r')
		s->reached[strtol(v.dial_rule + 1, NULL, 10)] = true;
}

static void dial_all(struct world *w, struct seen *s, char *number, int n)
{
	for (const char *c = "0123456789*#"; *c; c++) {
		number[n] = *c;
		number[n + 1] = '\0';
		dial(w, s, number);
		if (n + 1 < LONGEST)
			dial_all(w, s, number, n + 1);
	}
}

static void on_shadow(void *ctx, const struct shadow_line *l)
{
	struct seen *s = ctx;

	if (!*l->dial_rule)
		s->gave_up = true;
	else
		s->hidden[strtol(l->dial_rule + 1, NULL, 10)] = true;
	CHECK(!*l->dial_rule || (*l->hidden_by && *l->example));
}

int main(void)
{
	char number[LONGEST + 1];
	unsigned n_hidden = 0;

	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct seen s = { { 0 } };
		uint64_t dice = seed;
		struct world w;

		world_init(&w);
		world_add(&w, "extension number=801");
		world_add(&w, "trunk name=a host=a.example");
		make_rules(&w, &dice);
		dial_all(&w, &s, number, 0);
		dial(&w, &s, "+49");
		CHECK_EQ(shadow_each(world_plan(&w), "default", on_shadow, &s),
			 0);
		CHECK(!s.gave_up);
		/* The example that says hidden is never wrong; these are small
		   enough that nothing is missed, either. */
		for (int i = 0; i < RULES; i++) {
			CHECK(s.hidden[i] == !s.reached[i]);
			n_hidden += s.hidden[i];
		}
		CHECK(shadow_each(world_plan(&w), "gone", on_shadow, &s) < 0);
		world_fini(&w);
	}
	CHECK(n_hidden > 20);
	return 0;
}

#include "shadow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "feature.h"
#include "match_tree.h"

enum {
	NODES_MAX = 64,     /* of the tree at once; more is too tangled */
	RULE_STEPS = 4000,  /* of one rule */
	ALL_STEPS = 400000, /* about 40 ms */
	SYMBOLS = 13,
	PLUS = 1 << 12,
	TAIL = PATTERN_SOME | PATTERN_ANY,
};

/* Where all other rules are, after the same characters as ours. */
struct place {
	uint32_t nodes[NODES_MAX];
	uint32_t n;
};

/* The search for a number that our rule gets. */
struct search {
	const struct rule_set *set;
	const struct matcher *m;
	const struct rule *rule;
	uint32_t rank;
	uint32_t only; /* look at this hider alone; UINT32_MAX: at all */
	char number[PATTERN_ITEMS + 2];
	int steps; /* left */
	bool tangled;
};

static bool hides(const struct search *s, uint32_t rank)
{
	const char *time_rule = s->set->rules[rank]->row.time_rule;

	return rank < s->rank && (s->only == UINT32_MAX || s->only == rank) &&
	       (!*time_rule || !strcmp(time_rule, s->rule->row.time_rule));
}

/* Does a pattern that hides end in this node? */
static bool ends_here(const struct search *s, uint32_t at)
{
	const struct match_node *node = &s->m->nodes[at];
	const uint32_t *ranks = &s->m->ranks[node->first];

	for (uint32_t i = 0; i < node->n_ranks && ranks[i] < s->rank; i++)
		if (hides(s, ranks[i]))
			return true;
	return false;
}

/* Does one of them take all that may follow: `items` of . and !? */
static bool takes_rest(const struct search *s, const struct place *p,
		       uint16_t items)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const struct match_node *node = &s->m->nodes[p->nodes[i]];
		const struct match_edge *e = &s->m->edges[node->first_edge];

		for (uint32_t k = 0; k < node->n_edges; k++)
			if (e[k].set & items && ends_here(s, e[k].node))
				return true;
	}
	return false;
}

static bool takes_end(const struct search *s, const struct place *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (ends_here(s, p->nodes[i]))
			return true;
	return takes_rest(s, p, PATTERN_ANY);
}

/* One character further. */
static void go(struct search *s, const struct place *from, uint16_t symbol,
	       struct place *to)
{
	to->n = 0;
	for (uint32_t i = 0; i < from->n; i++) {
		const struct match_node *node = &s->m->nodes[from->nodes[i]];
		const struct match_edge *e = &s->m->edges[node->first_edge];

		for (uint32_t k = 0; k < node->n_edges; k++) {
			if (e[k].set & TAIL || !(e[k].set & symbol) ||
			    s->m->nodes[e[k].node].best >= s->rank)
				continue;
			if (to->n == NODES_MAX) {
				s->tangled = true;
				return;
			}
			to->nodes[to->n++] = e[k].node;
		}
	}
}

static char char_of(unsigned symbol)
{
	return "0123456789*#+"[symbol];
}

/* Is there a number of ours behind this place that nobody else takes? As deep
   as a number is long. */
static bool find(struct search *s, unsigned item, unsigned depth,
		 const struct place *p)
{
	const struct pattern *ours = &s->rule->pattern;
	uint16_t set = item < ours->n ? ours->items[item] : 0;
	struct place next;

	if (s->tangled || --s->steps < 0 || depth > PATTERN_ITEMS) {
		s->tangled = true;
		return false;
	}
	s->number[depth] = '\0';
	/* Nobody can dial the empty number. */
	if (depth && (!set || set & PATTERN_ANY) && !takes_end(s, p))
		return true;
	if (!set || takes_rest(s, p, TAIL))
		return false;
	if (set & TAIL)
		set = depth ? PLUS - 1 : PLUS * 2 - 1;
	for (unsigned i = 0; i < SYMBOLS; i++) {
		unsigned then = item;

		if (!(set >> i & 1))
			continue;
		go(s, p, (uint16_t)(1u << i), &next);
		s->number[depth] = char_of(i);
		/* Behind the first of `.` any number may follow, as with `!`:
		   the end is looked at one level down. */
		if (!(ours->items[item] & TAIL))
			then++;
		if (!next.n && !s->tangled)
			return true;
		if (ours->items[item] & PATTERN_SOME && !takes_end(s, &next)) {
			s->number[depth + 1] = '\0';
			return true;
		}
		if (find(s, then, depth + 1, &next))
			return true;
	}
	return false;
}

/* A number of the pattern, as short as can be. */
static void example_of(const struct pattern *p, char *number)
{
	const char *begin = number;

	for (uint8_t i = 0; i < p->n; i++) {
		if (p->items[i] & PATTERN_ANY)
			break;
		*number++ =
			p->items[i] & PATTERN_SOME
				? '0'
				: char_of((unsigned)__builtin_ctz(p->items[i]));
	}
	if (number == begin)
		*number++ = '0';
	*number = '\0';
}

static bool is_hidden(struct search *s, int *left)
{
	struct place root = { .nodes = { 0 }, .n = 1 };
	bool found;

	s->steps = RULE_STEPS < *left ? RULE_STEPS : *left;
	*left -= s->steps;
	s->tangled = false;
	found = find(s, 0, 0, &root);
	*left += s->steps > 0 ? s->steps : 0;
	return !found && !s->tangled;
}

/* Who takes the example, and is it he alone? */
static void say_rule(struct search *s, int *left, struct shadow_line *l)
{
	size_t at = 0;
	const struct rule *r;

	while ((r = rule_set_next(s->set, l->example, &at)) &&
	       !hides(s, (uint32_t)at - 1))
		;
	if (!r)
		return;
	s->only = (uint32_t)at - 1;
	l->others = !is_hidden(s, left);
	s->only = UINT32_MAX;
	snprintf(l->hidden_by, sizeof(l->hidden_by), "%s", r->row.name);
	snprintf(l->why, sizeof(l->why), "never reached: hidden by %s%s",
		 r->row.name, l->others ? " together with others" : "");
}

/* A rule for one number, which is not a dial rule's to decide. */
static bool say_number(const struct plan *p, const struct rule *r,
		       struct shadow_line *l)
{
	const char *what = NULL;

	for (uint8_t i = 0; i < r->pattern.n; i++)
		if (__builtin_popcount(r->pattern.items[i]) != 1 ||
		    r->pattern.items[i] & TAIL)
			return false;
	if (emergencies_find(&p->emergencies, l->example))
		what = "emergency number";
	else if (feature_find(l->example))
		what = "feature code";
	else if (lines_find(&p->lines, l->example))
		what = "extension";
	if (!what)
		return false;
	snprintf(l->hidden_by, sizeof(l->hidden_by), "%s %.40s", what,
		 l->example);
	snprintf(l->why, sizeof(l->why), "never reached: the %s %s comes first",
		 what, l->example);
	return true;
}

int shadow_each(const struct plan *p, const char *dial_plan, shadow_fn fn,
		void *ctx)
{
	const struct rule_set *set = rules_set(&p->rules, dial_plan);
	int left = ALL_STEPS;
	struct shadow_line l;

	if (!set)
		return -ENOENT;
	for (size_t i = 0; i < set->n && left > 0; i++) {
		struct search s = { .set = set,
				    .m = set->matcher,
				    .rule = set->rules[i],
				    .rank = (uint32_t)i,
				    .only = UINT32_MAX };

		record_init(&shadow_line_record, &l);
		example_of(&s.rule->pattern, l.example);
		memcpy(l.dial_rule, s.rule->row.name, sizeof(l.dial_rule));
		if (say_number(p, s.rule, &l)) {
			fn(ctx, &l);
		} else if (is_hidden(&s, &left)) {
			say_rule(&s, &left, &l);
			fn(ctx, &l);
		}
	}
	if (left > 0)
		return 0;
	record_init(&shadow_line_record, &l);
	snprintf(l.why, sizeof(l.why),
		 "too many rules are alike: the rest was not looked at");
	fn(ctx, &l);
	return 0;
}

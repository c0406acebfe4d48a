#include "match.h"

#include <stdlib.h>
#include <string.h>

#include "match_tree.h"

/* --- building --- */

/* What is needed of each node while the tree grows. */
struct grown {
	uint32_t end; /* its patterns: ranks[node.first] .. ranks[end - 1] */
	uint8_t depth;
};

struct builder {
	struct matcher *m;
	const struct pattern *const *patterns;
	struct grown *grown;
	uint32_t n_nodes, n_edges;
};

static int by_items(const void *a, const void *b, void *patterns)
{
	const struct pattern *const *p = patterns;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct pattern *x = p[i], *y = p[k];

	for (uint8_t at = 0; at < x->n && at < y->n; at++)
		if (x->items[at] != y->items[at])
			return x->items[at] - y->items[at];
	return x->n != y->n ? x->n - y->n : (i > k) - (i < k);
}

/* Items that b has in common with a, from the front. */
static uint8_t common(const struct pattern *a, const struct pattern *b)
{
	uint8_t n = 0;

	while (n < a->n && n < b->n && a->items[n] == b->items[n])
		n++;
	return n;
}

/* One node for the root, and one for each item that is not shared with the
   neighbour. */
static size_t count_nodes(const struct builder *b)
{
	const uint32_t *ranks = b->m->ranks;
	size_t n = 1;

	for (size_t i = 0; i < b->m->n; i++) {
		const struct pattern *p = b->patterns[ranks[i]];

		n += p->n;
		if (i)
			n -= common(b->patterns[ranks[i - 1]], p);
	}
	return n;
}

/* Gives a node its ranks and its children, which are grown after it. */
static void grow(struct builder *b, uint32_t at)
{
	struct match_node *node = &b->m->nodes[at];
	struct grown g = b->grown[at];
	uint32_t i = node->first;

	while (i < g.end && b->patterns[b->m->ranks[i]]->n == g.depth)
		i++;
	node->n_ranks = i - node->first;
	node->first_edge = b->n_edges;
	while (i < g.end) {
		uint16_t set = b->patterns[b->m->ranks[i]]->items[g.depth];
		uint32_t child = b->n_nodes++;

		b->m->edges[b->n_edges++] = (struct match_edge){ set, child };
		b->m->nodes[child].first = i;
		while (i < g.end &&
		       b->patterns[b->m->ranks[i]]->items[g.depth] == set)
			i++;
		b->grown[child] = (struct grown){ i, (uint8_t)(g.depth + 1) };
		node->n_edges++;
	}
}

static int by_best(const void *a, const void *b, void *nodes)
{
	const struct match_node *n = nodes;
	uint32_t x = n[((const struct match_edge *)a)->node].best;
	uint32_t y = n[((const struct match_edge *)b)->node].best;

	return (x > y) - (x < y);
}

/* The best and the worst rank below each node, children before parents; edges
   with the best first. */
static void rank_nodes(struct matcher *m, uint32_t n_nodes)
{
	for (uint32_t at = n_nodes; at-- > 0;) {
		struct match_node *node = &m->nodes[at];
		struct match_edge *edges = &m->edges[node->first_edge];

		node->best = UINT32_MAX;
		if (node->n_ranks) {
			node->best = m->ranks[node->first];
			node->worst = m->ranks[node->first + node->n_ranks - 1];
		}
		for (uint32_t i = 0; i < node->n_edges; i++) {
			const struct match_node *c = &m->nodes[edges[i].node];

			if (c->best < node->best)
				node->best = c->best;
			if (c->worst > node->worst)
				node->worst = c->worst;
		}
		qsort_r(edges, node->n_edges, sizeof(*edges), by_best,
			m->nodes);
	}
}

static bool build(struct builder *b)
{
	struct matcher *m = b->m;
	size_t n_nodes;

	for (uint32_t i = 0; i < m->n; i++)
		m->ranks[i] = i;
	qsort_r(m->ranks, m->n, sizeof(*m->ranks), by_items,
		(void *)b->patterns);
	n_nodes = count_nodes(b);
	m->nodes = calloc(n_nodes, sizeof(*m->nodes));
	m->edges = calloc(n_nodes, sizeof(*m->edges));
	b->grown = calloc(n_nodes, sizeof(*b->grown));
	if (!m->nodes || !m->edges || !b->grown)
		return false;
	b->n_nodes = 1;
	b->grown[0].end = (uint32_t)m->n;
	for (uint32_t at = 0; at < b->n_nodes; at++)
		grow(b, at);
	rank_nodes(m, b->n_nodes);
	return true;
}

struct matcher *matcher_new(const struct pattern *const *patterns, size_t n)
{
	struct matcher *m = calloc(1, sizeof(*m));
	struct builder b = { .m = m, .patterns = patterns };
	bool ok;

	if (!m)
		return NULL;
	m->n = n;
	m->ranks = calloc(n + 1, sizeof(*m->ranks));
	ok = m->ranks && build(&b);
	free(b.grown);
	if (ok)
		return m;
	matcher_free(m);
	return NULL;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	free(m->nodes);
	free(m->edges);
	free(m->ranks);
	free(m);
}

/* --- asking --- */

struct search {
	const struct matcher *m;
	uint16_t bits[PATTERN_ITEMS + 1]; /* 0 ends it */
	uint32_t from;
	uint32_t best; /* so far */
};

/* The first rank of a node at or behind `from`, if it is better. */
static void take(struct search *s, const struct match_node *node)
{
	const uint32_t *ranks = &s->m->ranks[node->first];
	uint32_t low = 0, high = node->n_ranks;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (ranks[mid] < s->from)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < node->n_ranks && ranks[low] < s->best)
		s->best = ranks[low];
}

/* As deep as a pattern is long. */
static void visit(struct search *s, uint32_t at, const uint16_t *bits)
{
	const struct match_node *node = &s->m->nodes[at];
	const struct match_edge *edge = &s->m->edges[node->first_edge];
	const struct match_edge *end = edge + node->n_edges;

	if (!*bits)
		take(s, node);
	for (; edge < end; edge++) {
		const struct match_node *child = &s->m->nodes[edge->node];

		if (child->best >= s->best)
			break;
		if (child->worst < s->from)
			continue;
		if (edge->set & PATTERN_ANY ||
		    (edge->set & PATTERN_SOME && *bits))
			take(s, child);
		else if (edge->set & *bits)
			visit(s, edge->node, bits + 1);
	}
}

size_t matcher_next(const struct matcher *m, const char *number, size_t from)
{
	struct search s = { .m = m, .best = UINT32_MAX };
	size_t n = 0;

	if (from >= m->n)
		return SIZE_MAX;
	for (; number[n]; n++) {
		if (n == PATTERN_ITEMS || !pattern_bit(number[n]))
			return SIZE_MAX;
		s.bits[n] = pattern_bit(number[n]);
	}
	s.from = (uint32_t)from;
	visit(&s, 0, s.bits);
	return s.best == UINT32_MAX ? SIZE_MAX : s.best;
}

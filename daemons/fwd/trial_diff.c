#include "trial_diff.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int common_rows_copy(struct common_rows *to, const struct common_rows *from)
{
	struct common_rows copy = { .n = from->n };

	copy.list = calloc(from->n + 1, sizeof(*copy.list));
	if (!copy.list)
		return -ENOMEM;
	if (from->n > 0)
		memcpy(copy.list, from->list, from->n * sizeof(*copy.list));
	free(to->list);
	*to = copy;
	return 0;
}

void wall_state_fini(struct wall_state *s)
{
	free(s->common.list);
	s->common = (struct common_rows){ NULL, 0 };
}

static bool same_row(const struct common_rule *a, const struct common_rule *b)
{
	return record_equal(&common_rule_record, a, b, NULL);
}

bool wall_state_equal(const struct wall_state *a, const struct wall_state *b)
{
	if (!record_equal(&firewall_record, &a->settings, &b->settings, NULL) ||
	    a->common.n != b->common.n)
		return false;
	for (size_t i = 0; i < a->common.n; i++)
		if (!same_row(&a->common.list[i], &b->common.list[i]))
			return false;
	return true;
}

/* ---- in words ---- */

struct words {
	char *text;
	size_t size;
	size_t len;
};

static void say(struct words *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct words *w, const char *fmt, ...)
{
	char part[80];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	/* Whole parts only; room for the mark that there are more. */
	if (w->len + strlen(part) + 8 > w->size) {
		if (w->len + 6 <= w->size && w->len > 0 &&
		    w->text[w->len - 1] != '.')
			w->len +=
				(size_t)snprintf(w->text + w->len, 6, "; ...");
		return;
	}
	n = snprintf(w->text + w->len, w->size - w->len, "%s%s",
		     w->len > 0 ? "; " : "", part);
	w->len += (size_t)n;
}

static void say_switch(struct words *w, const char *name, bool old, bool new)
{
	if (old != new)
		say(w, "%s: %s", name, new ? "on" : "off");
}

static const struct common_rule *find(const struct common_rows *rows,
				      const char *name)
{
	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->list[i].name, name) == 0)
			return &rows->list[i];
	return NULL;
}

static void say_port(struct words *w, const char *name, uint32_t old,
		     uint32_t new)
{
	if (old != new)
		say(w, "%s port: %u", name, new);
}

/* Do those that are in both stand in another order? */
static bool moved(const struct common_rows *old, const struct common_rows *new)
{
	size_t k = 0;

	for (size_t i = 0; i < new->n; i++) {
		if (!find(old, new->list[i].name))
			continue;
		while (k < old->n && !find(new, old->list[k].name))
			k++;
		if (k == old->n ||
		    strcmp(old->list[k++].name, new->list[i].name) != 0)
			return true;
	}
	return false;
}

void wall_state_diff(const struct wall_state *old, const struct wall_state *new,
		     char *text, size_t size)
{
	struct words w = { text, size, 0 };

	text[0] = '\0';
	say_switch(&w, "firewall", old->settings.enabled,
		   new->settings.enabled);
	say_switch(&w, "answer ping", old->settings.ping, new->settings.ping);
	say_switch(&w, "drop all", old->settings.drop_all,
		   new->settings.drop_all);
	say_port(&w, "SSH", old->settings.ssh_port, new->settings.ssh_port);
	say_port(&w, "IAX2", old->settings.iax2_port, new->settings.iax2_port);
	say_port(&w, "AMI", old->settings.ami_port, new->settings.ami_port);
	for (size_t i = 0; i < new->common.n; i++) {
		const struct common_rule *row = &new->common.list[i];
		const struct common_rule *was = find(&old->common, row->name);

		if (!was)
			say(&w, "rule %s: new", row->name);
		else if (!same_row(was, row))
			say(&w, "rule %s: changed", row->name);
	}
	for (size_t i = 0; i < old->common.n; i++)
		if (!find(&new->common, old->common.list[i].name))
			say(&w, "rule %s: gone", old->common.list[i].name);
	if (moved(&old->common, &new->common))
		say(&w, "the order of the rules");
}

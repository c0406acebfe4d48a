#include "collect.h"

#include "secret.h"

enum { FIRST_MS = 10000, NEXT_MS = 5000 }; /* SPEC 5, PIN set */

void collect_start(struct collect *c, const struct collect_conf *conf,
		   bool prompting, bool heard, uint64_t now_ms)
{
	collect_wipe(c);
	c->conf = *conf;
	if (!c->conf.max_digits || c->conf.max_digits > COLLECT_MAX)
		c->conf.max_digits = COLLECT_MAX;
	if (!c->conf.first_ms)
		c->conf.first_ms = FIRST_MS;
	if (!c->conf.next_ms)
		c->conf.next_ms = NEXT_MS;
	c->on = true;
	c->prompting = prompting;
	c->heard = heard || !c->conf.silent_ms;
	c->deadline_ms = now_ms + c->conf.first_ms;
	c->silent_at_ms = now_ms + c->conf.silent_ms;
}

void collect_heard(struct collect *c)
{
	c->heard = true;
}

void collect_prompted(struct collect *c, uint64_t now_ms)
{
	if (!c->on || !c->prompting)
		return;
	c->prompting = false;
	c->deadline_ms = now_ms + c->conf.first_ms;
}

enum collect_result collect_key(struct collect *c, enum collect_way way,
				char key, uint64_t now_ms)
{
	if (!c->on || c->n >= c->conf.max_digits)
		return COLLECT_MORE;
	if (c->way != COLLECT_ANY_WAY && c->way != way)
		return COLLECT_MORE;
	c->way = way;
	c->heard = true;
	c->prompting = false;
	c->deadline_ms = now_ms + c->conf.next_ms;
	if (c->conf.end_digit && key == c->conf.end_digit)
		return COLLECT_COMPLETE;
	c->digits[c->n++] = key;
	c->digits[c->n] = '\0';
	return c->n == c->conf.max_digits ? COLLECT_COMPLETE : COLLECT_MORE;
}

enum collect_result collect_tick(struct collect *c, uint64_t now_ms)
{
	if (!c->on)
		return COLLECT_MORE;
	/* Also while a prompt plays: nobody may be there to hear it. */
	if (!c->heard && now_ms >= c->silent_at_ms)
		return COLLECT_SILENT;
	if (c->prompting || now_ms < c->deadline_ms)
		return COLLECT_MORE;
	return COLLECT_TIMEOUT;
}

void collect_wipe(struct collect *c)
{
	secret_wipe(c, sizeof(*c));
}

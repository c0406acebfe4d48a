#include "ssh_flows.h"

static struct ssh_flow *find(struct ssh_flows *f, const struct ssh_line *line)
{
	for (size_t i = 0; i < SSH_FLOWS; i++) {
		struct ssh_flow *flow = &f->ring[i];

		if (flow->source.family != 0 && flow->port == line->port &&
		    addr_equal(&flow->source, &line->source))
			return flow;
	}
	return NULL;
}

static struct ssh_flow *put(struct ssh_flows *f, const struct ssh_line *line)
{
	struct ssh_flow *flow = &f->ring[f->next];

	f->next = (f->next + 1) % SSH_FLOWS;
	*flow = (struct ssh_flow){ line->source, line->port, false };
	return flow;
}

uint32_t ssh_flows_tries(struct ssh_flows *f, const struct ssh_line *line)
{
	struct ssh_flow *flow;
	uint32_t tries = line->times;

	if (line->what == SSH_NOTHING || line->what == SSH_LET_IN)
		return 0;
	flow = find(f, line);
	switch (line->what) {
	case SSH_NOTHING:
	case SSH_LET_IN:
		return 0;
	case SSH_FAILED:
		if (flow && flow->ahead)
			tries--;
		if (!flow)
			flow = put(f, line);
		flow->ahead = false;
		return tries;
	case SSH_UNKNOWN:
		if (flow)
			return 0;
		put(f, line)->ahead = true;
		return 1;
	case SSH_LEFT:
	case SSH_KNOCK:
		if (flow)
			return 0;
		put(f, line);
		return 1;
	}
	return 0;
}

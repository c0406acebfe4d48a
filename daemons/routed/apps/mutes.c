#include "mutes.h"

#include <stdio.h>
#include <string.h>

static bool is(const struct mute *m, const char *extension, const char *source)
{
	return m->met && !strcmp(m->extension, extension) &&
	       !strcmp(m->source, source);
}

bool mutes_knows(const struct mutes *m, const char *extension,
		 const char *source)
{
	for (size_t i = 0; i < MUTES_MAX; i++)
		if (is(&m->all[i], extension, source))
			return true;
	return false;
}

void mutes_meet(struct mutes *m, const char *extension, const char *source)
{
	struct mute *to = &m->all[0];

	for (size_t i = 0; i < MUTES_MAX; i++) {
		if (is(&m->all[i], extension, source)) {
			to = &m->all[i];
			break;
		}
		if (m->all[i].met < to->met)
			to = &m->all[i];
	}
	snprintf(to->extension, sizeof(to->extension), "%s", extension);
	snprintf(to->source, sizeof(to->source), "%s", source);
	to->met = ++m->n;
}

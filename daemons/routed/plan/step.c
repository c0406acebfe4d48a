#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of "word=value ..." if `text` begins with that word. */
static void take(const char *text, const char *word, char value[33])
{
	size_t n = strlen(word);
	size_t len;

	if (strncmp(text, word, n) != 0)
		return;
	len = strcspn(text + n, " ");
	if (len < 33)
		snprintf(value, 33, "%.*s", (int)len, text + n);
}

void step_read(struct plan_step *s, const char *text)
{
	char entry[33] = "";

	*s = (struct plan_step){ 0 };
	while (*text) {
		take(text, "rule=", s->rule);
		take(text, "after=", s->after);
		take(text, "pin=", s->pin);
		take(text, "entry=", entry);
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	s->entry = (uint32_t)strtoul(entry, NULL, 10);
}

static void put(char *text, size_t size, const char *word, const char *value)
{
	size_t n = strlen(text);

	if (*value)
		snprintf(text + n, size - n, "%s%s%s", n ? " " : "", word,
			 value);
}

void step_write(const struct plan_step *s, char *text, size_t size)
{
	char entry[12] = "";

	if (s->entry)
		snprintf(entry, sizeof(entry), "%u", s->entry);
	*text = '\0';
	put(text, size, "rule=", s->rule);
	put(text, size, "after=", s->after);
	put(text, size, "pin=", s->pin);
	put(text, size, "entry=", entry);
}

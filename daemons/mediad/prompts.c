#include "prompts.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "clip.h"
#include "log.h"

enum {
	NAME_MAX_LEN = 64,
	CACHE_SAMPLES = 4 << 20, /* 8 MiB: 500 short prompts */
};

struct prompt {
	TAILQ_ENTRY(prompt) link; /* the last used first */
	char name[NAME_MAX_LEN + 1];
	struct clip *clip;
};

TAILQ_HEAD(prompt_list, prompt);

struct prompts {
	char folder[512]; /* of the voice; "": none */
	struct prompt_list cache;
	size_t samples;
};

struct prompts *prompts_new(void)
{
	struct prompts *p = calloc(1, sizeof(*p));

	if (p)
		TAILQ_INIT(&p->cache);
	return p;
}

static void drop(struct prompts *p, struct prompt *one)
{
	TAILQ_REMOVE(&p->cache, one, link);
	p->samples -= clip_samples(one->clip);
	clip_unref(one->clip);
	free(one);
}

static void forget_all(struct prompts *p)
{
	while (!TAILQ_EMPTY(&p->cache))
		drop(p, TAILQ_FIRST(&p->cache));
}

void prompts_free(struct prompts *p)
{
	if (!p)
		return;
	forget_all(p);
	free(p);
}

/* "en" or "en_US_f_Allison"; of several voices the first by name. */
static void find_voice(const char *dir, const char *language, char *name,
		       size_t size)
{
	size_t n = strlen(language);
	struct dirent *e;
	DIR *d = opendir(dir);

	name[0] = '\0';
	if (!d)
		return;
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, language, n) ||
		    (e->d_name[n] && e->d_name[n] != '_'))
			continue;
		if (!*name || strcmp(e->d_name, name) < 0)
			snprintf(name, size, "%s", e->d_name);
	}
	(void)closedir(d);
}

int prompts_set(struct prompts *p, const char *dir, const char *language)
{
	char voice[256];
	int n;

	forget_all(p);
	p->folder[0] = '\0';
	find_voice(dir, language, voice, sizeof(voice));
	if (!*voice)
		return -ENOENT;
	n = snprintf(p->folder, sizeof(p->folder), "%s/%s", dir, voice);
	if (n < 0 || (size_t)n >= sizeof(p->folder)) {
		p->folder[0] = '\0';
		return -ENOENT;
	}
	return 0;
}

/* Words of letters, digits, - and _, with single '/' between them: no name
   leads out of the folder. */
static bool name_ok(const char *name)
{
	const char *p = name;

	for (;;) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_");

		if (!n)
			return false;
		p += n;
		if (!*p)
			return true;
		if (*p++ != '/')
			return false;
	}
}

static struct prompt *find(struct prompts *p, const char *name)
{
	struct prompt *one;

	TAILQ_FOREACH(one, &p->cache, link)
	{
		if (!strcmp(one->name, name))
			return one;
	}
	return NULL;
}

static int load(struct prompts *p, const char *name, struct clip **clip)
{
	char path[640];
	int err;

	if (!strncmp(name, "tone/", 5))
		return clip_tone(clip, name);
	if (!*p->folder)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/%s.wav", p->folder, name);
	err = clip_load(clip, path);
	if (err && err != -ENOENT)
		log_warn("prompt %s: cannot be played: %s (must be WAV, PCM, "
			 "16 bit, mono, 8000 Hz)",
			 path, strerror(-err));
	return err == -ENOMEM ? err : err ? -ENOENT : 0;
}

static int fetch_one(struct prompts *p, const char *name, struct clip **out)
{
	struct prompt *one = find(p, name);
	int err;

	if (one) {
		TAILQ_REMOVE(&p->cache, one, link);
	} else {
		one = calloc(1, sizeof(*one));
		err = one ? load(p, name, &one->clip) : -ENOMEM;
		if (err) {
			free(one);
			return err;
		}
		snprintf(one->name, sizeof(one->name), "%s", name);
		p->samples += clip_samples(one->clip);
	}
	TAILQ_INSERT_HEAD(&p->cache, one, link);
	*out = clip_ref(one->clip);
	while (p->samples > CACHE_SAMPLES &&
	       TAILQ_LAST(&p->cache, prompt_list) != one)
		drop(p, TAILQ_LAST(&p->cache, prompt_list));
	return 0;
}

static int fetch_next(struct prompts *p, const char **list, struct clip **out,
		      char *bad, size_t bad_size)
{
	char name[NAME_MAX_LEN + 1];
	size_t n = strcspn(*list, ";,");

	if (!n || n >= sizeof(name))
		return -EINVAL;
	memcpy(name, *list, n);
	name[n] = '\0';
	if (!name_ok(name))
		return -EINVAL;
	snprintf(bad, bad_size, "%s", name);
	*list += n;
	*list += **list != '\0';
	return fetch_one(p, name, out);
}

int prompts_fetch(struct prompts *p, const char *list,
		  struct clip *clips[PROMPTS_LIST], char *bad, size_t bad_size)
{
	int n = 0;
	int err = *list ? 0 : -EINVAL;

	snprintf(bad, bad_size, "%s", "");
	while (!err && *list) {
		if (n == PROMPTS_LIST) {
			err = -EINVAL;
			break;
		}
		err = fetch_next(p, &list, &clips[n], bad, bad_size);
		n += !err;
	}
	if (!err)
		return n;
	while (n)
		clip_unref(clips[--n]);
	return err;
}

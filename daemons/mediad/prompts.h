/*
 * Prompts by name: "auth-incorrect", "digits/7", "tone/busy". Names lead to
 * files of Debian's asterisk-core-sounds-*-wav, which lie in one folder a
 * voice (DIR/en_US_f_Allison/digits/7.wav). What was read stays in memory up
 * to a limit. Owned by the control thread.
 */
#pragma once

#include <stddef.h>

struct clip;
struct prompts;

enum { PROMPTS_LIST = 32 }; /* in one Play or Collect */

struct prompts *prompts_new(void);
void prompts_free(struct prompts *p);

/* A folder and a language; forgets what was read. Returns 0, or -ENOENT: no
   voice of this language there (tones still work). */
int prompts_set(struct prompts *p, const char *dir, const char *language);

/*
 * Fetches a list "a;b;c" into clips[] (one reference each for the caller) and
 * returns how many. Negative: -EINVAL (a name that is none, an empty or too
 * long list), -ENOENT (no such prompt), -ENOMEM; then nothing is fetched, and
 * `bad` holds the name, or "" where it is not fit to be shown.
 */
int prompts_fetch(struct prompts *p, const char *list,
		  struct clip *clips[PROMPTS_LIST], char *bad, size_t bad_size);

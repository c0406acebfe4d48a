/*
 * Passwords given and passwords made: signing in, changing one's own, making a
 * one-time one. A refused password is told to guardd, and the browser hears
 * only what guardd lets it hear; so exactly the configured number of tries is
 * answered, here as in sipd.
 *
 * An unknown name, a name without a password, one that is switched off and a
 * wrong password take the same path: one hash, one report, one text.
 */
#pragma once

#include <stddef.h>

struct httpd;
struct login;
struct request;

/* POST /session */
void signin_session(struct httpd *h, struct request *r);
/* POST /password */
void signin_password(struct httpd *h, struct request *r);
/* POST /accounts/NAME/reset */
void signin_reset(struct httpd *h, struct request *r);

/*
 * The same for a script: done comes once, with the password, or with password
 * NULL and what went wrong. 0, -ENOENT, -EAGAIN (busy) or -ENOMEM.
 */
typedef void (*signin_made_fn)(void *ctx, const char *password,
			       const char *error);
int signin_make(struct httpd *h, const char *actor, const char *account,
		signin_made_fn done, void *ctx);

/* Answers with what the page must know of its session. */
void signin_reply(struct httpd *h, struct request *r, const struct login *l,
		  const char *token);

/* Forgets all that is on its way. */
void signin_close(struct httpd *h);

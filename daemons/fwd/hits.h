/*
 * Who met a limit: looked at when a counter of auto defense or of the built-in
 * limits has moved, and told as the signal Exceeded, at most once a second and
 * bounded, whatever comes in.
 */
#pragma once

struct fwd;
struct hits;

/* NULL: no memory. */
struct hits *hits_new(struct fwd *f);
void hits_free(struct hits *h);

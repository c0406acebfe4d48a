/* The bus side of mediad: unpacks, calls calls.h, packs. */
#pragma once

struct mediad;
struct media_event;
struct media_stats;

/* Exports org.sallyport.Media1 and watches sipd. 0 or a negative errno. */
int bus_media_open(struct mediad *m);

/* For struct calls_config; ctx is the struct mediad. */
void bus_media_event(void *ctx, const struct media_event *ev);
void bus_media_fact(void *ctx, const struct media_stats *stats);

/*
 * Rows as comma-separated values (RFC 4180), for people's spreadsheets: the
 * fields that a browser may see, in the schema's order. A moment is in ISO 8601
 * (UTC), empty when there is none. A spreadsheet must not take a text for a
 * formula: one that begins as one gets a ' before it.
 */
#pragma once

struct evbuffer;
struct record;

/* 0 or -ENOMEM; then a part of the line may be there. */
int csv_head(const struct record *r, struct evbuffer *out);
int csv_row(const struct record *r, const void *rec, struct evbuffer *out);

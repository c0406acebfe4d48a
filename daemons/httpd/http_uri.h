/* A request's target (RFC 9112 section 3.2.1, origin form) in its parts. */
#pragma once

struct request;

/*
 * Splits r->uri (as it came) into r->seg and r->args, decoding in place.
 * Refuses what no client of ours sends: other than "/...", bad escapes, control
 * characters, bytes that are no UTF-8, "." and ".." and empty segments. Returns
 * 0 or -EINVAL; then nothing of r may be used.
 */
int http_uri_parse(struct request *r);

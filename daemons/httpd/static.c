#include "static.h"

#include <stdio.h>
#include <string.h>

#include "http.h"

#define FOR_EVER "public, max-age=31536000, immutable"

void static_send(struct request *r, const struct asset *a, const char *cache)
{
	const char *have = http_header_in(r, "If-None-Match");
	const char *coding = http_header_in(r, "Accept-Encoding");

	http_header_out(r, "ETag", "%s", a->etag);
	http_header_out(r, "Cache-Control", "%s", cache);
	http_header_out(r, "Vary", "Accept-Encoding");
	if (have && strstr(have, a->etag)) {
		http_reply_const(r, 304, NULL, "", 0);
		return;
	}
	if (a->gzip && coding && strstr(coding, "gzip") &&
	    !strstr(coding, "gzip;q=0")) {
		http_header_out(r, "Content-Encoding", "gzip");
		http_reply_const(r, 200, a->type, a->gzip, a->n_gzip);
		return;
	}
	http_reply_const(r, 200, a->type, a->bytes, a->n_bytes);
}

static const struct asset *find(const char *name)
{
	for (const struct asset *a = static_assets; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

/* Three portals, one page; its files are found by their exact names, so no
   path leads anywhere else. */
void static_reply(struct request *r)
{
	const struct asset *a = NULL;
	char name[256];

	if (r->method != HTTP_GET) {
		http_header_out(r, "Allow", "GET, HEAD");
		http_reply_error(r, 405, "Method", NULL, "Only GET.");
		return;
	}
	if (!r->n_seg || (r->n_seg == 1 && (!strcmp(r->seg[0], "operator") ||
					    !strcmp(r->seg[0], "me")))) {
		a = find("index.html");
		if (a) {
			static_send(r, a, "no-cache");
			return;
		}
	}
	if (r->n_seg == 2 && !strcmp(r->seg[0], "assets") &&
	    snprintf(name, sizeof(name), "assets/%s", r->seg[1]) <
		    (int)sizeof(name))
		a = find(name);
	if (a)
		static_send(r, a, FOR_EVER);
	else
		http_reply_error(r, 404, "NoSuch", NULL,
				 "There is no such page.");
}

#include "inspect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef bool (*inspect_fn)(const struct request *r, struct finding *f);

static bool found(struct finding *f, unsigned code, const char *phrase,
		  const char *headers)
{
	f->code = code;
	f->phrase = phrase;
	(void)snprintf(f->headers, sizeof(f->headers), "%s", headers);
	return true;
}

static bool damaged(const struct request *r, struct finding *f)
{
	return r->bad_header && found(f, 400, "Bad Request", "");
}

/* RFC 3261 section 8.1.1.5: the method in CSeq is the request's. For methods
   that we do not know it does not matter which of the two is wrong. */
static bool mismatched(const struct request *r, struct finding *f)
{
	return r->method != REQUEST_OTHER &&
	       strcmp(r->method_name, r->cseq_method) != 0 &&
	       found(f, 400, "CSeq Does Not Match", "");
}

static bool unknown_method(const struct request *r, struct finding *f)
{
	return r->method == REQUEST_OTHER &&
	       found(f, 501, "Not Implemented", INSPECT_ALLOW);
}

static bool foreign_scheme(const struct request *r, struct finding *f)
{
	return strcasecmp(r->uri_scheme, "sip") != 0 &&
	       strcasecmp(r->uri_scheme, "sips") != 0 &&
	       found(f, 416, "Unsupported URI Scheme", "");
}

static bool exhausted(const struct request *r, struct finding *f)
{
	return r->max_forwards == 0 && found(f, 483, "Too Many Hops", "");
}

/* Is it a token of RFC 3261 section 25.1, so that it may go into a header? */
static bool is_token(const char *text)
{
	return text[0] &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
			    "XYZ0123456789-.!%*_+`'~") == strlen(text) &&
	       strlen(text) <= 64;
}

static bool bad_extension(const struct request *r, struct finding *f)
{
	if (!r->unsupported)
		return false;
	(void)found(f, 420, "Bad Extension", "");
	if (is_token(r->unsupported))
		(void)snprintf(f->headers, sizeof(f->headers),
			       "Unsupported: %s\r\n", r->unsupported);
	return true;
}

static bool bad_content(const struct request *r, struct finding *f)
{
	if (r->method != REQUEST_INVITE)
		return false;
	if (r->content_encoding[0] &&
	    strcasecmp(r->content_encoding, "identity") != 0)
		return found(f, 415, "Unsupported Media Type",
			     "Accept-Encoding: identity\r\n");
	if (r->content_type[0] &&
	    strcasecmp(r->content_type, "application/sdp") != 0 &&
	    strncasecmp(r->content_type, "multipart/", 10) != 0)
		return found(f, 415, "Unsupported Media Type",
			     "Accept: application/sdp\r\n");
	if (!r->accepts_sdp)
		return found(f, 406, "Not Acceptable", "");
	return false;
}

void inspect(const struct request *r, struct finding *finding)
{
	static const inspect_fn checks[] = {
		unknown_method, mismatched,    damaged,     foreign_scheme,
		exhausted,      bad_extension, bad_content,
	};

	finding->code = 0;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (checks[i](r, finding))
			return;
	}
}

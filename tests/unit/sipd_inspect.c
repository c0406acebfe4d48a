/* What is refused whoever sends it. */
#include "check.h"
#include "inspect.h"
#include "sipd_fake_sofia.h"

static unsigned code_of(const struct request *r, struct finding *f)
{
	inspect(r, f);
	return f->code;
}

int main(void)
{
	struct finding f;
	struct request r;

	fake_request(&r, "192.0.2.1", true);
	CHECK_EQ(code_of(&r, &f), 0);
	r.max_forwards = 0;
	CHECK_EQ(code_of(&r, &f), 483);
	fake_request(&r, "192.0.2.1", true);
	r.uri_scheme = "tel";
	CHECK_EQ(code_of(&r, &f), 416);
	fake_request(&r, "192.0.2.1", true);
	r.unsupported = "gruu";
	CHECK_EQ(code_of(&r, &f), 420);
	CHECK_STR(f.headers, "Unsupported: gruu\r\n");
	r.unsupported = "a\r\nEvil: b";
	CHECK_EQ(code_of(&r, &f), 420);
	CHECK_STR(f.headers, "");
	fake_request(&r, "192.0.2.1", true);
	r.cseq_method = "INVITE";
	CHECK_EQ(code_of(&r, &f), 400);
	r.method = REQUEST_OTHER;
	CHECK_EQ(code_of(&r, &f), 501);
	fake_request(&r, "192.0.2.1", true);
	r.bad_header = "Contact";
	CHECK_EQ(code_of(&r, &f), 400);
	fake_request(&r, "192.0.2.1", true);
	r.method = REQUEST_INVITE;
	r.method_name = r.cseq_method = "INVITE";
	r.content_type = "application/sdp";
	CHECK_EQ(code_of(&r, &f), 0);
	r.content_type = "application/x-other";
	CHECK_EQ(code_of(&r, &f), 415);
	r.content_type = "";
	r.content_encoding = "gzip";
	CHECK_EQ(code_of(&r, &f), 415);
	r.content_encoding = "";
	r.accepts_sdp = false;
	CHECK_EQ(code_of(&r, &f), 406);
	return 0;
}

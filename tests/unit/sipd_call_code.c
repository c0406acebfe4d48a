/* Which answer of several phones counts, and what it is called. */
#include "call_code.h"
#include "check.h"
#include "records.h"

int main(void)
{
	CHECK(call_code_better(486, 0));
	CHECK(call_code_better(603, 486));
	CHECK(call_code_better(486, 480));
	CHECK(call_code_better(480, 408));
	CHECK(call_code_better(404, 503));
	CHECK(!call_code_better(503, 404));
	CHECK(!call_code_better(486, 486));
	CHECK(call_code_better(408, 302));

	CHECK_EQ(call_code_for_caller(486), 486);
	CHECK_EQ(call_code_for_caller(600), 486);
	CHECK_EQ(call_code_for_caller(302), 480);
	CHECK_EQ(call_code_for_caller(401), 480);
	CHECK_EQ(call_code_for_caller(503), 500);
	CHECK_EQ(call_code_for_caller(408), 480);

	CHECK_EQ(call_code_disposition(486), CDR_DISPOSITION_BUSY);
	CHECK_EQ(call_code_disposition(480), CDR_DISPOSITION_NO_ANSWER);
	CHECK_EQ(call_code_disposition(500), CDR_DISPOSITION_FAILED);
	CHECK_STR(call_code_text(486), "busy");
	return 0;
}

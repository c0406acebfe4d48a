/* What a provider's refusal means. */
#include "check.h"
#include "records.h"
#include "trunk_code.h"

int main(void)
{
	struct trunk t;

	record_init(&trunk_record, &t);
	CHECK_STR(t.failover, "408;500;502;503;504");
	CHECK(trunk_code_goes_on(&t, 503, false));
	CHECK(trunk_code_goes_on(&t, 408, false));
	CHECK(!trunk_code_goes_on(&t, 501, false));
	CHECK(!trunk_code_goes_on(&t, 50, false));
	CHECK(!trunk_code_goes_on(&t, 486, false));
	CHECK(!trunk_code_goes_on(&t, 603, false));
	/* Silence always does, whatever the list. */
	t.failover[0] = '\0';
	CHECK(trunk_code_goes_on(&t, 408, true));
	CHECK(!trunk_code_goes_on(&t, 503, false));

	CHECK(trunk_code_fault(&t, 403, false));
	CHECK(trunk_code_fault(&t, 408, true));
	CHECK(!trunk_code_fault(&t, 486, false));
	CHECK(!trunk_code_fault(&t, 404, false));

	CHECK_STR(trunk_code_text(503, true), "the provider does not answer");
	CHECK_STR(trunk_code_text(486, false), "busy");
	CHECK_STR(trunk_code_text(407, false),
		  "the provider does not take our user and password");
	CHECK_STR(trunk_code_text(599, false),
		  "the provider cannot carry the call now");
	CHECK_STR(trunk_code_text(699, false), "the provider refuses");
	return 0;
}

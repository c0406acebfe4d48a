/* The keys of INFO. */
#include "call_key.h"
#include "check.h"

static char key(const char *type, const char *body)
{
	return call_key(type, (const uint8_t *)body, strlen(body));
}

int main(void)
{
	static const char relay[] = "application/dtmf-relay";
	static const char plain[] = "application/dtmf";

	CHECK_EQ(key(relay, "Signal=5\r\nDuration=160\r\n"), '5');
	CHECK_EQ(key(relay, "Duration=160\nsignal = #"), '#');
	CHECK_EQ(key(relay, "Signal=10\r\n"), '*');
	CHECK_EQ(key(relay, "Signal=11\r\n"), '#');
	CHECK_EQ(key(relay, "Signal=a"), 'A');
	CHECK_EQ(key(relay, "Signal=55"), 0);
	CHECK_EQ(key(relay, "Signal="), 0);
	CHECK_EQ(key(relay, "Signals=5"), 0);
	CHECK_EQ(key(relay, "5"), 0);
	CHECK_EQ(key(relay, ""), 0);
	CHECK_EQ(key(relay, "=\n=\n="), 0);
	CHECK_EQ(key(plain, "7"), '7');
	CHECK_EQ(key(plain, " 9\r\n"), '9');
	CHECK_EQ(key(plain, "x"), 0);
	CHECK_EQ(call_key(plain, (const uint8_t *)"\0", 1), 0);
	return 0;
}

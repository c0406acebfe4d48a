/* Ports and ranges of them. */
#include <errno.h>

#include "check.h"
#include "ports.h"

static void good(const char *text, uint16_t first, uint16_t last)
{
	struct ports p;

	CHECK_EQ(ports_parse(&p, text), 0);
	CHECK_EQ(p.first, first);
	CHECK_EQ(p.last, last);
}

int main(void)
{
	static const char *const bad[] = {
		"",
		"0",
		"65536",
		"-1",
		"1-",
		"-",
		"5-4",
		"10000-10500-",
		" 5",
		"5 ",
		"5-65536",
		"0-5",
		"1-2-3",
		"ssh",
		"0x16",
		"99999999999999999999",
		"1-99999999999999999999",
	};
	struct ports p = { 7, 9 };

	good("1", 1, 1);
	good("65535", 65535, 65535);
	good("5038", 5038, 5038);
	good("10000-10500", 10000, 10500);
	good("7-7", 7, 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(ports_parse(&p, bad[i]), -EINVAL);
	CHECK_EQ(p.first, 7);
	CHECK_EQ(p.last, 9);
	return 0;
}

#include "trunk_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

const char *trunk_code_text(uint32_t code, bool silent)
{
	static const struct {
		uint32_t code;
		const char *text;
	} words[] = {
		{ 401, "the provider does not take our user and password" },
		{ 402, "the provider wants to be paid" },
		{ 403, "the provider refuses" },
		{ 404, "the provider knows no such number" },
		{ 407, "the provider does not take our user and password" },
		{ 408, "the provider does not answer" },
		{ 410, "the number is no longer in use" },
		{ 423, "the provider wants longer registrations" },
		{ 480, "not available" },
		{ 484, "the number is not complete" },
		{ 486, "busy" },
		{ 487, "the call was given up" },
		{ 488, "no common way to talk" },
		{ 600, "busy" },
		{ 603, "declined" },
	};

	if (silent)
		return "the provider does not answer";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].code == code)
			return words[i].text;
	}
	if (code >= 300 && code < 400)
		return "the provider names another address, which we do not "
		       "follow";
	if (code >= 500 && code < 600)
		return "the provider cannot carry the call now";
	return "the provider refuses";
}

bool trunk_code_goes_on(const struct trunk *row, uint32_t code, bool silent)
{
	char wanted[8];
	const char *list;

	if (silent || !row)
		return true;
	(void)snprintf(wanted, sizeof(wanted), "%u", code % 1000);
	for (list = row->failover; *list; list += strspn(list, ";")) {
		size_t n = strcspn(list, ";");

		if (n == strlen(wanted) && strncmp(list, wanted, n) == 0)
			return true;
		list += n;
	}
	return false;
}

bool trunk_code_fault(const struct trunk *row, uint32_t code, bool silent)
{
	return trunk_code_goes_on(row, code, silent) || code == 401 ||
	       code == 402 || code == 403 || code == 407;
}

#include "call_code.h"

#include "records.h"

/* Lower is better. Section 16.7 step 6: 6xx beats all, then the lowest class;
   within 4xx what tells the caller most. */
static uint32_t rank(uint32_t code)
{
	if (code >= 600)
		return 0;
	if (code == 486)
		return 1;
	if (code == 488 || code == 415)
		return 2;
	if (code == 480)
		return 3;
	if (code >= 400 && code < 500 && code != 408)
		return 4;
	if (code == 408)
		return 5;
	if (code >= 300 && code < 400)
		return 6;
	return 7;
}

bool call_code_better(uint32_t code, uint32_t than)
{
	return than == 0 || rank(code) < rank(than);
}

uint32_t call_code_for_caller(uint32_t code)
{
	switch (code) {
	case 404:
	case 410:
	case 415:
	case 484:
	case 486:
	case 488:
	case 606:
		return code;
	case 600:
		return 486;
	case 603:
	case 607:
	case 608:
		return 603;
	case 503:
		/* Section 16.7: a 503 would mean that we cannot. */
		return 500;
	default:
		break;
	}
	if (code >= 500 && code < 600)
		return 500;
	/* Redirection, credentials asked of us, no answer: not available. */
	return 480;
}

uint32_t call_code_disposition(uint32_t code)
{
	switch (code) {
	case 486:
	case 600:
	case 603:
		return CDR_DISPOSITION_BUSY;
	case 408:
	case 480:
	case 487:
		return CDR_DISPOSITION_NO_ANSWER;
	default:
		return CDR_DISPOSITION_FAILED;
	}
}

const char *call_code_text(uint32_t code)
{
	switch (code) {
	case 404:
	case 410:
		return "no such number at the phone";
	case 408:
		return "the phone did not respond";
	case 480:
		return "not available";
	case 486:
	case 600:
		return "busy";
	case 487:
		return "the caller hung up";
	case 488:
	case 415:
	case 606:
		return "no common way to talk";
	case 603:
		return "declined";
	default:
		return "the phone refused";
	}
}

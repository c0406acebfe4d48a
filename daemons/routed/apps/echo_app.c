#include "echo_app.h"

#include <stdio.h>

enum { LONGEST_S = 300 };

void echo_app_decide(const struct ask *ask, uint64_t now_ms,
		     struct verdict *out)
{
	(void)ask;
	(void)now_ms;
	out->action = VERDICT_ACTION_ECHO;
	out->answer = true;
	out->longest_s = LONGEST_S;
	snprintf(out->prompts, sizeof(out->prompts), "demo-echotest");
	snprintf(out->sent, sizeof(out->sent), "*43");
}

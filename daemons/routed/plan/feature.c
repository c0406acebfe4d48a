#include "feature.h"

#include <string.h>

#include "clock_app.h"
#include "echo_app.h"

const struct feature *feature_find(const char *number)
{
	static const struct feature features[] = {
		{ "*43", "echo test: you hear yourself", echo_app_decide },
		{ "*60", "speaking clock", clock_app_decide },
	};

	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++)
		if (!strcmp(features[i].code, number))
			return &features[i];
	return NULL;
}

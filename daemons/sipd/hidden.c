#include "hidden.h"

#include <stdio.h>
#include <string.h>

#include "store.h"

enum { ROW_MAX = 4096, DIR_MAX = 256 };

bool hidden_by_emergency(const char *run_dir, const char *number)
{
	char dir[DIR_MAX];
	char row[ROW_MAX];
	size_t size = sizeof(row);
	struct view *v;
	bool found;

	if (!run_dir)
		return false;
	(void)snprintf(dir, sizeof(dir), "%s/routed", run_dir);
	v = view_open(dir);
	found = v && view_exists(v) &&
		view_get(v, "emergency",
			 (struct bytes){ number, strlen(number) }, row,
			 &size) == 0;
	view_close(v);
	return found;
}

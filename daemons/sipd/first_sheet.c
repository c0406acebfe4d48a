#include "first_sheet.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "new_file.h"
#include "secret.h"

enum { PATH = 300, LINE = 256 };

FILE *first_sheet_new(const char *state_dir, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/first-extensions.csv", state_dir);
	return new_file(path);
}

/* How many passwords are left; negative when they could not be written. */
static int copy_others(FILE *from, FILE *to, const char *number)
{
	const size_t n = strlen(number);
	char line[LINE];
	bool head = true;
	int left = 0;

	while (fgets(line, sizeof(line), from)) {
		if (strncmp(line, number, n) != 0 || line[n] != ',') {
			if (fputs(line, to) < 0)
				left = -EIO;
			else if (!head && left >= 0)
				left++;
		}
		head = false;
	}
	secret_wipe(line, sizeof(line));
	return ferror(from) ? -EIO : left;
}

int first_sheet_strike(const char *state_dir, const char *number)
{
	char path[PATH], temp[PATH];
	FILE *from, *to;
	int left, rc = 0;

	(void)snprintf(path, sizeof(path), "%s/first-extensions.csv",
		       state_dir);
	(void)snprintf(temp, sizeof(temp), "%s/first-extensions.new",
		       state_dir);
	from = fopen(path, "re");
	if (!from)
		return errno == ENOENT ? 0 : -errno;
	to = new_file(temp);
	if (!to) {
		rc = -errno;
		(void)fclose(from);
		return rc;
	}
	left = copy_others(from, to, number);
	(void)fclose(from);
	if (fclose(to) != 0 || left < 0)
		rc = -EIO;
	else if (left == 0 ? unlink(path) < 0 : rename(temp, path) < 0)
		rc = -errno;
	if (rc < 0 || left == 0)
		(void)unlink(temp);
	return rc;
}

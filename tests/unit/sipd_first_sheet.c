/* The file with the first passwords: what is no longer so leaves it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "first_sheet.h"

static char path[300];

static void is(const char *want)
{
	char text[256] = "";
	struct stat st;
	FILE *file = fopen(path, "r");

	CHECK(file != NULL);
	CHECK(fread(text, 1, sizeof(text) - 1, file) < sizeof(text) - 1);
	CHECK_EQ(fclose(file), 0);
	CHECK_STR(text, want);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
}

int main(void)
{
	char dir[] = "/tmp/sheet-XXXXXX";
	FILE *file;

	CHECK(mkdtemp(dir) != NULL);
	CHECK_EQ(first_sheet_strike(dir, "800"),
		 0); /* no file: nothing to do */
	file = first_sheet_new(dir, path, sizeof(path));
	CHECK(file != NULL);
	CHECK(fputs("number,password\n800,ab,c\n8001,de\n801,gh\n", file) > 0);
	CHECK_EQ(fclose(file), 0);

	CHECK_EQ(first_sheet_strike(dir, "80"), 0);
	CHECK_EQ(first_sheet_strike(dir, "900"), 0);
	is("number,password\n800,ab,c\n8001,de\n801,gh\n");
	CHECK_EQ(first_sheet_strike(dir, "800"), 0);
	is("number,password\n8001,de\n801,gh\n");
	CHECK_EQ(first_sheet_strike(dir, "801"), 0);
	is("number,password\n8001,de\n");
	CHECK_EQ(first_sheet_strike(dir, "8001"), 0);
	CHECK_EQ(access(path, F_OK), -1);
	CHECK_EQ(errno, ENOENT);
	/* nothing else is left, either */
	CHECK_EQ(rmdir(dir), 0);
	return 0;
}

#include "golden.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	if (!f) {
		fprintf(stderr, "%s cannot be read: run with --write\n", path);
		abort();
	}
	if (getdelim(&text, &room, '\0', f) < 0)
		text[0] = '\0';
	fclose(f);
	return text;
}

static char *play(const char *path, const struct golden_ops *ops)
{
	FILE *in = fopen(path, "r");
	char *text = NULL, line[512];
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	void *ctx;

	CHECK(in && out);
	ctx = ops->begin(out);
	while (fgets(line, sizeof(line), in)) {
		fputs(line, out);
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			ops->line(ctx, line);
	}
	ops->end(ctx);
	fclose(in);
	fclose(out);
	return text;
}

static void one(const char *dir, const char *file, bool write,
		const struct golden_ops *ops)
{
	char in[512], out[512];
	char *got, *want;

	snprintf(in, sizeof(in), "%s/%s", dir, file);
	snprintf(out, sizeof(out), "%s/%.*s.out", dir, (int)strlen(file) - 3,
		 file);
	got = play(in, ops);
	if (write) {
		FILE *f = fopen(out, "w");

		CHECK(f && fputs(got, f) >= 0 && !fclose(f));
	} else {
		want = read_file(out);
		if (strcmp(got, want) != 0) {
			fprintf(stderr, "%s is not what came:\n%s", out, got);
			abort();
		}
		free(want);
	}
	free(got);
}

int golden_main(int argc, char **argv, const struct golden_ops *ops)
{
	bool write = argc > 2 && strcmp(argv[2], "--write") == 0;
	struct dirent *e;
	int n = 0;
	DIR *dir;

	CHECK(argc >= 2);
	dir = opendir(argv[1]);
	CHECK(dir);
	while ((e = readdir(dir))) {
		size_t len = strlen(e->d_name);

		if (len < 4 || strcmp(e->d_name + len - 3, ".in") != 0)
			continue;
		one(argv[1], e->d_name, write, ops);
		n++;
	}
	closedir(dir);
	CHECK(n > 0);
	return 0;
}

/*
 * Runs a fuzzer without libFuzzer: every file of the corpus, every file cut
 * short, and every file with single bytes changed. The changes are the same
 * each time, so that a finding can be found again.
 *
 *	fuzz_record DIR|FILE...
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	INPUT_MAX = 1 << 20,
	CUTS_MAX = 512, /* of one file */
	FLIPS_MAX = 1024,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On the heap, exactly as large as it is: a read beyond is seen by ASan. */
static void run_one(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_changed(uint8_t *data, size_t size)
{
	uint32_t state = 1;

	for (size_t i = 0; i < size && i < CUTS_MAX; i++)
		run_one(data, i);

	for (size_t i = 0; size && i < FLIPS_MAX; i++) {
		uint8_t *byte;
		uint8_t before;

		state = state * 1664525 + 1013904223;
		byte = &data[(state >> 8) % size];
		before = *byte;
		*byte ^= (uint8_t)(1u << (state >> 29));
		run_one(data, size);
		*byte = before;
	}
}

static int run_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	size_t size;

	if (!in || !data) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		if (in)
			(void)fclose(in);
		free(data);
		return 1;
	}
	size = fread(data, 1, INPUT_MAX, in);
	(void)fclose(in);
	run_one(data, size);
	run_changed(data, size);
	free(data);
	return 0;
}

static int run_folder(const char *path, size_t *n)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[4096];
	int failed = 0;

	if (!dir) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		failed |= run_file(file);
		*n += 1;
	}
	(void)closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	size_t n = 0;
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			failed |= run_folder(argv[i], &n);
		} else {
			failed |= run_file(argv[i]);
			n++;
		}
	}
	if (!n) {
		fprintf(stderr, "no corpus: name its folder\n");
		return 1;
	}
	return failed;
}

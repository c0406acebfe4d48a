#include "start.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void print_help(const char *program, const struct start_option *options)
{
	printf("usage: %s [--name VALUE ...]\n", program);
	for (const struct start_option *o = options; o && o->name; o++)
		printf("  %-14s %s\n", o->name, o->help);
}

static const struct start_option *find(const struct start_option *options,
				       const char *name)
{
	for (const struct start_option *o = options; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

void start_options(int argc, char **argv, const struct start_option *options)
{
	const char *program = argc > 0 ? argv[0] : "daemon";

	for (int i = 1; i < argc; i += 2) {
		const struct start_option *o = find(options, argv[i]);

		if (strcmp(argv[i], "--help") == 0) {
			print_help(program, options);
			exit(0);
		}
		if (!o) {
			fprintf(stderr, "%s: unknown option '%s': see --help\n",
				program, argv[i]);
			exit(2);
		}
		if (i + 1 >= argc) {
			fprintf(stderr, "%s: %s needs a value: see --help\n",
				program, argv[i]);
			exit(2);
		}
		*o->value = argv[i + 1];
	}
}

void start_close_inherited(void)
{
	/* Fails on kernels before 5.9 only; then nothing is closed. */
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
}

/* By capset(2) itself: it is all that libcap would add. */
static int keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	uint64_t held;

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	held = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	if (keep & ~held)
		return -EPERM;

	/* Needs CAP_SETPCAP; who lacks it runs nothing privileged either,
	   for no_new_privs is set. */
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(keep >> cap & 1))
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

	for (size_t i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

/* LeakSanitizer reads the process through ptrace(2) when it ends, which only a
   dumpable one lets it do. */
static int close_memory(void)
{
#ifdef __SANITIZE_ADDRESS__
	return 0;
#else
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
#endif
}

int start_drop_rights(bool keep_net_admin)
{
	const struct rlimit none = { 0, 0 };
	uint64_t keep = keep_net_admin ? UINT64_C(1) << CAP_NET_ADMIN : 0;
	int err;

	umask(027);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	err = close_memory();
	if (err)
		return err;
	return keep_capabilities(keep);
}

/*
 * Stands between LMDB and the kernel and writes down, in order, what goes to
 * one file and when it was synced, so that a test can play a power cut at any
 * point. It can also play a full disk. Link it into the test: its functions
 * take the place of libc's for shared libraries. One recording a process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct disk_op {
	bool sync;    /* all writes before it are on the disk */
	bool through; /* this write was on the disk when it returned */
	off_t at;
	size_t size;
	uint8_t *data;
};

/* Begins with the file at path, which exists. */
void disk_record_start(const char *path);
/* How many operations so far: what is known now was known after that many. */
size_t disk_record_count(void);
/* Ends; the operations stay until disk_record_free(). */
size_t disk_record_stop(const struct disk_op **ops);
void disk_record_free(void);

/* Writes to the file fail with ENOSPC. */
void disk_record_full(bool full);

/* libc's, by their names in the object files. */
ssize_t disk_pwrite(int fd, const void *data, size_t n,
		    off_t at) __asm__("pwrite");
ssize_t disk_writev(int fd, const struct iovec *v, int n) __asm__("writev");
int disk_fdatasync(int fd) __asm__("fdatasync");

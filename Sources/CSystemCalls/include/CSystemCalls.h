#ifndef CSYSTEMCALLS_H
#define CSYSTEMCALLS_H
// System calls and macros that Swift cannot import: variadic functions, function-like macros and constants that hide
// behind them. Every function returns 0 or a count on success and the negative errno on failure.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Exchanges two names of one file system in one step (renameat2, RENAME_EXCHANGE).
int csystem_exchange(const char *first, const char *second);
/// Renames, refusing to replace an existing name (renameat2, RENAME_NOREPLACE).
int csystem_rename_exclusively(const char *from, const char *to);
/// Makes `target` share the extents of `source` (FICLONE); -EOPNOTSUPP or -EXDEV where the file system cannot.
int csystem_clone(int source, int target);
/// Reserves `length` bytes from `offset`; the length of the file stays as it is (fallocate, FALLOC_FL_KEEP_SIZE).
int csystem_reserve(int file, int64_t offset, int64_t length);
/// Asks the kernel to begin writing a range back, without waiting (sync_file_range).
int csystem_start_writeback(int file, int64_t offset, int64_t length);
/// Makes all that was written to the file system of `file` durable, and waits for it (syncfs).
int csystem_sync_file_system(int file);
/// Makes this process the parent of every orphan among its descendants, in place of init (prctl,
/// PR_SET_CHILD_SUBREAPER).
int csystem_adopt_orphans(void);

#endif

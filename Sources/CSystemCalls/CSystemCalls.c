#define _GNU_SOURCE
#include "CSystemCalls.h"

#if defined(__linux__)
#include <linux/fs.h>
#include <sys/prctl.h>

static int outcome(long result) { return result < 0 ? -errno : (int)result; }

int csystem_exchange(const char *first, const char *second) {
    return outcome(syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE));
}

int csystem_rename_exclusively(const char *from, const char *to) {
    return outcome(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE));
}

int csystem_clone(int source, int target) { return outcome(ioctl(target, FICLONE, source)); }

int csystem_reserve(int file, int64_t offset, int64_t length) { return outcome(fallocate(file, FALLOC_FL_KEEP_SIZE, offset, length)); }

int csystem_start_writeback(int file, int64_t offset, int64_t length) {
    return outcome(sync_file_range(file, offset, length, SYNC_FILE_RANGE_WRITE));
}
int csystem_sync_file_system(int file) { return outcome(syncfs(file)); }

int csystem_adopt_orphans(void) { return outcome(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }
#endif

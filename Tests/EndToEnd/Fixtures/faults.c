// A disk that fails at a chosen system call: loaded before the C library (LD_PRELOAD), it counts the calls of a process
// that touch files below a folder, in the order of all threads, and strikes at one of them.
//
//   FAULT_UNDER  the folder, without a slash at its end
//   FAULT_CALLS  which calls count: names divided by commas, "fsync,rename"
//   FAULT_AT     the number of the call to strike, from 1; "12+" for that one and all later ones
//   FAULT_DO     kill; cut: the file system forgets what is not on the disk and does nothing any more, as if the power
//                had failed (ext4, XFS; root); or the number of the error that the call returns without being made
//   FAULT_LOG    a file that gets a line for each counted call
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number.
#define SHUTDOWN _IOR('X', 125, uint32_t)
#define WITHOUT_FLUSHING_THE_LOG 2

static atomic_int calls;

static int named(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, name, length) && (at[length] == ',' || !at[length])) return 1;
    return 0;
}

// Whether the call is to fail. errno is set then.
static int strike(const char *name, const char *path) {
    const char *under = getenv("FAULT_UNDER"), *list = getenv("FAULT_CALLS");
    if (!under || !list || !path || !named(list, name)) return 0;
    size_t length = strlen(under);
    if (strncmp(path, under, length) || (path[length] && path[length] != '/')) return 0;
    int number = atomic_fetch_add(&calls, 1) + 1;
    const char *log = getenv("FAULT_LOG");
    if (log) {
        char line[PATH_MAX + 64];
        int count = snprintf(line, sizeof line, "%d %s %s\n", number, name, path + length);
        int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        syscall(SYS_write, file, line, count);
        syscall(SYS_close, file);
    }
    const char *at = getenv("FAULT_AT"), *what = getenv("FAULT_DO");
    if (!at || !what || number < atoi(at) || (number > atoi(at) && !strchr(at, '+'))) return 0;
    if (!strcmp(what, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(what, "cut")) {
        uint32_t how = WITHOUT_FLUSHING_THE_LOG;
        int file = syscall(SYS_openat, AT_FDCWD, under, O_RDONLY | O_CLOEXEC);
        if (ioctl(file, SHUTDOWN, &how)) abort();
        syscall(SYS_close, file);
        return 0;
    }
    errno = atoi(what);
    return 1;
}

static int strike_file(const char *name, int file) {
    char link[64], path[PATH_MAX];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = saved;
    if (count < 0) return 0;
    path[count] = 0;
    return strike(name, path);
}

#define REAL(name) static typeof(name) *real; if (!real) real = (typeof(name) *)dlsym(RTLD_NEXT, #name)

#define ON_FILE(name, type, parameters, file, arguments) \
    type name parameters { REAL(name); return strike_file(#name, file) ? -1 : real arguments; }
#define ON_PATH(name, type, parameters, path, arguments) \
    type name parameters { REAL(name); return strike(#name, path) ? -1 : real arguments; }

ON_FILE(fsync, int, (int file), file, (file))
ON_FILE(fdatasync, int, (int file), file, (file))
ON_FILE(syncfs, int, (int file), file, (file))
ON_FILE(read, ssize_t, (int file, void *to, size_t count), file, (file, to, count))
ON_FILE(pread, ssize_t, (int file, void *to, size_t count, off_t at), file, (file, to, count, at))
ON_FILE(pread64, ssize_t, (int file, void *to, size_t count, off64_t at), file, (file, to, count, at))
ON_FILE(write, ssize_t, (int file, const void *from, size_t count), file, (file, from, count))
ON_FILE(pwrite, ssize_t, (int file, const void *from, size_t count, off_t at), file, (file, from, count, at))
ON_FILE(pwrite64, ssize_t, (int file, const void *from, size_t count, off64_t at), file, (file, from, count, at))
ON_FILE(fallocate, int, (int file, int mode, off_t at, off_t count), file, (file, mode, at, count))
ON_FILE(ftruncate, int, (int file, off_t length), file, (file, length))
ON_FILE(ftruncate64, int, (int file, off64_t length), file, (file, length))
ON_FILE(fchmod, int, (int file, mode_t mode), file, (file, mode))
ON_PATH(rename, int, (const char *from, const char *to), to, (from, to))
ON_PATH(link, int, (const char *from, const char *to), to, (from, to))
ON_PATH(unlink, int, (const char *path), path, (path))
ON_PATH(rmdir, int, (const char *path), path, (path))
ON_PATH(mkdir, int, (const char *path, mode_t mode), path, (path, mode))

// Names below an open folder count as that folder.
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    int fails = path[0] == '/' ? strike("unlinkat", path) : strike_file("unlinkat", folder);
    return fails ? -1 : real(folder, path, flags);
}

#define OPENING(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return strike(#name, path) ? -1 : real(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)

// Renames with flags, and whatever else has no wrapper.
long syscall(long number, ...) {
    REAL(syscall);
    va_list rest;
    va_start(rest, number);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_renameat2 && strike("renameat2", (const char *)d)) return -1;
    return real(number, a, b, c, d, e, f);
}

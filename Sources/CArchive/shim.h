#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

/// Makes UTF-8 the character set of this thread and returns the locale to give back, or 0 where there is no such locale.
/// Without it libarchive turns what it cannot spell in the "C" locale into question marks.
static inline locale_t carchive_enter_utf8(void) {
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8) utf8 = newlocale(LC_CTYPE_MASK, "en_US.UTF-8", (locale_t)0);
    return utf8 ? uselocale(utf8) : (locale_t)0;
}

/// Undoes `carchive_enter_utf8`; does nothing for 0.
static inline void carchive_leave_utf8(locale_t previous) {
    if (!previous) return;
    locale_t utf8 = uselocale(previous);
    if (utf8 && utf8 != previous) freelocale(utf8);
}

/// Sets both times of an open file to `seconds` after the epoch; returns 0 or the errno.
static inline int32_t carchive_set_times(int file, int64_t seconds) {
    struct timespec times[2] = {{.tv_sec = (time_t)seconds}, {.tv_sec = (time_t)seconds}};
    return futimens(file, times) == 0 ? 0 : errno;
}

/// Seconds since the epoch.
static inline int64_t carchive_now(void) { return (int64_t)time(NULL); }

#pragma once
#include <git2.h>
#include <git2/errors.h>
#include <git2/odb_backend.h>

/* git_libgit2_opts is variadic, which Swift cannot call. */

/* Objects are checked when made and when read; what was written is flushed to the disk; packs are bounded. */
static inline int rbee_git2_be_strict(size_t most_objects, size_t largest_object) {
    int code = git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1);
    if (code >= 0) code = git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
    if (code >= 0) code = git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    if (code >= 0) code = git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, most_objects);
    if (code >= 0) code = git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, largest_object);
    return code;
}

/* Records what a process writes below one folder, in the order in which it happens; preloaded by the tests only.

   LWFAST_RECORD_LOG names the log and LWFAST_RECORD_ROOT the folder. A record is an operation (one byte), the
   numbers a, b and the lengths of two pieces of bytes (each eight bytes), and then these pieces:

       'o' a file was made            first: path            a: inode
       'w' bytes were written         first: bytes           a: inode  b: offset
       't' a file was cut or grown    a: inode               b: size
       's' a file was forced          a: inode
       'd' a folder was forced        first: path
       'r' a name was changed         first: old path        second: new path
       'u' a name was removed         first: path
       'm' a folder was made          first: path

   One lock, of threads and of processes, is held around each call and its record, so that the log has the order of
   the calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -2;
static const char *root;

#define REAL(type, name, ...)                                                                                     \
    static type (*real)(__VA_ARGS__);                                                                             \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static ssize_t plain_write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return real(fd, data, size);
}

static void begin(void) {
    pthread_mutex_lock(&lock);
    if (log_file == -2) {
        int (*opening)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
        const char *name = getenv("LWFAST_RECORD_LOG");
        root = getenv("LWFAST_RECORD_ROOT");
        log_file = name && root ? opening(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }
    if (log_file >= 0) flock(log_file, LOCK_EX);
}

static void end(void) {
    int kept = errno;
    if (log_file >= 0) flock(log_file, LOCK_UN);
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static void all(const void *data, size_t size) {
    const char *at = data;
    while (size) {
        ssize_t done = plain_write(log_file, at, size);
        if (done <= 0) abort(); /* a record with a hole would be worse than none */
        at += done;
        size -= (size_t)done;
    }
}

static void put(char op, uint64_t a, uint64_t b, const void *first, size_t n, const void *second, size_t m) {
    if (log_file < 0) return;
    int kept = errno;
    char head[33];
    uint64_t sizes[4] = {a, b, n, m};
    head[0] = op;
    memcpy(head + 1, sizes, sizeof sizes);
    all(head, sizeof head);
    all(first, n);
    all(second, m);
    errno = kept;
}

/* Whether a path lies below the folder; `out` gets it in full. */
static int below(int at, const char *path, char out[8192]) {
    if (log_file < 0) return 0;
    if (path[0] == '/') {
        snprintf(out, 8192, "%s", path);
    } else {
        char link[64], base[4096];
        if (at == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t size = readlink(link, base, sizeof base - 1);
            if (size < 0) return 0;
            base[size] = 0;
        }
        snprintf(out, 8192, "%s/%s", base, path);
    }
    size_t size = strlen(root);
    return !strncmp(out, root, size) && (out[size] == '/' || !out[size]);
}

static int is_ours(int fd, struct stat *facts, char out[8192]) {
    char link[64];
    if (log_file < 0 || fd == log_file || fstat(fd, facts)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, out, 8191);
    if (size < 0) return 0;
    out[size] = 0;
    size_t length = strlen(root);
    return !strncmp(out, root, length) && (out[length] == '/' || !out[length]);
}

static int opened(const char *name, int at, const char *path, int flags, mode_t mode) {
    int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, name);
    char full[8192];
    begin();
    int ours = below(at, path, full);
    int is_new = ours && (flags & O_CREAT) && faccessat(at, path, F_OK, AT_SYMLINK_NOFOLLOW);
    int fd = real(at, path, flags, mode);
    struct stat facts;
    if (fd >= 0 && ours && !fstat(fd, &facts)) {
        if (is_new) put('o', facts.st_ino, 0, full, strlen(full), "", 0);
        else if ((flags & O_TRUNC) && S_ISREG(facts.st_mode)) put('t', facts.st_ino, 0, "", 0, "", 0);
    }
    end();
    return fd;
}

#define MODE                                                                                                      \
    mode_t mode = 0;                                                                                              \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                          \
        va_list rest;                                                                                             \
        va_start(rest, flags);                                                                                    \
        mode = va_arg(rest, mode_t);                                                                              \
        va_end(rest);                                                                                             \
    }

int open(const char *path, int flags, ...) { MODE return opened("openat", AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened("openat64", AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return opened("openat", at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return opened("openat64", at, path, flags, mode); }

ssize_t write(int fd, const void *data, size_t size) {
    char full[8192];
    struct stat facts;
    begin();
    int ours = is_ours(fd, &facts, full) && S_ISREG(facts.st_mode);
    off_t offset = ours ? (fcntl(fd, F_GETFL) & O_APPEND ? facts.st_size : lseek(fd, 0, SEEK_CUR)) : 0;
    ssize_t done = plain_write(fd, data, size);
    if (ours && done > 0) put('w', facts.st_ino, (uint64_t)offset, data, (size_t)done, "", 0);
    end();
    return done;
}

static ssize_t written_at(const char *name, int fd, const void *data, size_t size, off_t offset) {
    REAL(ssize_t, name, int, const void *, size_t, off_t);
    char full[8192];
    struct stat facts;
    begin();
    int ours = is_ours(fd, &facts, full) && S_ISREG(facts.st_mode);
    ssize_t done = real(fd, data, size, offset);
    if (ours && done > 0) put('w', facts.st_ino, (uint64_t)offset, data, (size_t)done, "", 0);
    end();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    return written_at("pwrite", fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) {
    return written_at("pwrite64", fd, data, size, offset);
}

/* Ways of writing that nothing here uses: a record without them would be wrong, so they end the test. */
#define NEVER(type, name, ...)                                                                                    \
    type name(__VA_ARGS__) {                                                                                      \
        char full[8192];                                                                                          \
        struct stat facts;                                                                                        \
        begin();                                                                                                  \
        if (is_ours(fd, &facts, full) && S_ISREG(facts.st_mode)) abort();                                         \
        end();
NEVER(ssize_t, pwritev, int fd, const struct iovec *pieces, int count, off_t offset)
    REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
    return real(fd, pieces, count, offset);
}
NEVER(ssize_t, writev, int fd, const struct iovec *pieces, int count)
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    return real(fd, pieces, count);
}
NEVER(int, fallocate, int fd, int mode, off_t offset, off_t size)
    REAL(int, "fallocate", int, int, off_t, off_t);
    return real(fd, mode, offset, size);
}
NEVER(int, posix_fallocate, int fd, off_t offset, off_t size)
    REAL(int, "posix_fallocate", int, off_t, off_t);
    return real(fd, offset, size);
}

static int cut(const char *name, int fd, off_t size) {
    REAL(int, name, int, off_t);
    char full[8192];
    struct stat facts;
    begin();
    int ours = is_ours(fd, &facts, full);
    int failed = real(fd, size);
    if (ours && !failed) put('t', facts.st_ino, (uint64_t)size, "", 0, "", 0);
    end();
    return failed;
}

int ftruncate(int fd, off_t size) { return cut("ftruncate", fd, size); }
int ftruncate64(int fd, off_t size) { return cut("ftruncate64", fd, size); }

static int forced(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    char full[8192];
    struct stat facts;
    begin();
    int ours = is_ours(fd, &facts, full);
    int failed = real(fd);
    if (ours && !failed) {
        if (S_ISDIR(facts.st_mode)) put('d', 0, 0, full, strlen(full), "", 0);
        else put('s', facts.st_ino, 0, "", 0, "", 0);
    }
    end();
    return failed;
}

int fsync(int fd) { return forced("fsync", fd); }
int fdatasync(int fd) { return forced("fdatasync", fd); }

static int renamed(int at, const char *old, int to, const char *new) {
    REAL(int, "renameat", int, const char *, int, const char *);
    char from[8192], into[8192];
    begin();
    int ours = below(at, old, from) & below(to, new, into);
    int failed = real(at, old, to, new);
    if (ours && !failed) put('r', 0, 0, from, strlen(from), into, strlen(into));
    end();
    return failed;
}

int rename(const char *old, const char *new) { return renamed(AT_FDCWD, old, AT_FDCWD, new); }
int renameat(int at, const char *old, int to, const char *new) { return renamed(at, old, to, new); }

static int removed(int at, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    char full[8192];
    begin();
    int ours = below(at, path, full);
    int failed = real(at, path, flags);
    if (ours && !failed) put('u', 0, 0, full, strlen(full), "", 0);
    end();
    return failed;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return removed(at, path, flags); }

static int made(int at, const char *path, mode_t mode) {
    REAL(int, "mkdirat", int, const char *, mode_t);
    char full[8192];
    begin();
    int ours = below(at, path, full);
    int failed = real(at, path, mode);
    if (ours && !failed) put('m', 0, 0, full, strlen(full), "", 0);
    end();
    return failed;
}

int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return made(at, path, mode); }

/* Stands before libc: makes calls that change a disk fail or writes them down, puts the clock: see faults.py.
 *
 * Only calls on files below one folder count. Without being armed it passes everything on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char under[PATH_MAX];
static size_t length;
static long first, last; /* calls, counting from 1, that fail; none where first is 0 */
static int error;
static int record = -1;
static long own;
static long *count = &own; /* of calls so far; shared by processes where FAULTS_COUNT names a file */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

void faults_arm(const char *folder, long from, long until, int number)
{
    length = strlen(folder);
    memcpy(under, folder, length + 1);
    first = from;
    last = until;
    error = number;
    *count = 0;
}

void faults_disarm(void) { length = 0; record = -1; }

long faults_count(void) { return *count; }

void faults_record(const char *folder, int fd)
{
    faults_arm(folder, 0, 0, 0);
    record = fd;
}

__attribute__((constructor)) static void from_environment(void)
{
    const char *folder = getenv("FAULTS_UNDER"), *file = getenv("FAULTS_COUNT");
    if (!folder) return;
    int fd = file ? open(file, O_RDWR) : -1;
    if (fd >= 0) {
        void *shared = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared != MAP_FAILED) count = shared;
        close(fd);
    }
    long before = *count;
    faults_arm(folder, atol(getenv("FAULTS_FIRST")), atol(getenv("FAULTS_LAST")), atoi(getenv("FAULTS_ERROR")));
    *count = before; /* of the processes that came before this one */
}

static long ahead; /* seconds by which the clock of the wall is wrong */

void faults_clock(long seconds) { ahead = seconds; }

int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(clock_gettime);
    int done = real(clock, now);
    if (!done && clock == CLOCK_REALTIME) now->tv_sec += ahead;
    return done;
}

static int is_ours(const char *path)
{
    return length && path && !strncmp(path, under, length) && (path[length] == '/' || !path[length]);
}

static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
    return is_ours(path);
}

static int absolute(int folder, const char *path, char *whole)
{
    if (!length || !path) return 0;
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX];
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            path_of(folder, base);
        }
        if (snprintf(whole, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    return is_ours(whole);
}

static void (*watch)(const char *call);
static char failed[PATH_MAX + 16]; /* the first call that did */

void faults_watch(void (*told)(const char *)) { watch = told; }

const char *faults_failed(void) { return failed; }

/* Whether this call, which counts, is one that fails. */
static int fails(const char *call, const char *path)
{
    long number = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    if (watch || (first && number == first)) {
        char told[sizeof failed];
        snprintf(told, sizeof told, "%s %s", call, path);
        if (watch) watch(told);
        if (number == first) memcpy(failed, told, sizeof failed);
    }
    if (first && number >= first && number <= last) {
        errno = error;
        return 1;
    }
    return 0;
}

static ssize_t (*plain_write)(int, const void *, size_t);

static void put(const void *data, size_t size)
{
    while (size) {
        ssize_t done = plain_write(record, data, size);
        if (done <= 0) abort();
        data = (const char *)data + done;
        size -= done;
    }
}

/* One line of what was done: kind, offset, sizes, path, other path or data. */
static void note(char kind, const char *path, const void *data, size_t size, int64_t offset)
{
    if (record < 0) return;
    int kept = errno;
    if (!plain_write) plain_write = dlsym(RTLD_NEXT, "write");
    uint32_t sizes[2] = {strlen(path), size};
    pthread_mutex_lock(&lock);
    put(&kind, 1);
    put(&offset, sizeof offset);
    put(sizes, sizeof sizes);
    put(path, sizes[0]);
    put(data, size);
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static int64_t end_of(int fd)
{
    if (fcntl(fd, F_GETFL) & O_APPEND) {
        struct stat now;
        return fstat(fd, &now) ? 0 : now.st_size;
    }
    return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd, data, size);
    if (fails("write", path)) return -1;
    int64_t offset = end_of(fd);
    ssize_t done = real(fd, data, size);
    if (done > 0) note('w', path, data, done, offset);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    REAL(pwrite64);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd, data, size, offset);
    if (fails("pwrite", path)) return -1;
    ssize_t done = real(fd, data, size, offset);
    if (done > 0) note('w', path, data, done, offset);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return pwrite64(fd, data, size, offset); }

ssize_t writev(int fd, const struct iovec *parts, int number)
{
    REAL(writev);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd, parts, number);
    if (fails("writev", path)) return -1;
    return real(fd, parts, number);
}

int fsync(int fd)
{
    REAL(fsync);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd);
    if (fails("fsync", path)) return -1;
    note('s', path, "", 0, 0);
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd);
    if (fails("fdatasync", path)) return -1;
    note('s', path, "", 0, 0);
    return real(fd);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd, size);
    if (fails("ftruncate", path)) return -1;
    note('t', path, "", 0, size);
    return real(fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int renameat(int from, const char *old, int to, const char *new)
{
    REAL(renameat);
    char before[PATH_MAX], after[PATH_MAX];
    int ours = absolute(to, new, after) | absolute(from, old, before);
    if (!ours) return real(from, old, to, new);
    if (fails("renameat", after)) return -1;
    int done = real(from, old, to, new);
    if (!done) note('r', before, after, strlen(after), 0);
    return done;
}

int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }

int unlinkat(int folder, const char *name, int flags)
{
    REAL(unlinkat);
    char path[PATH_MAX];
    if (!absolute(folder, name, path)) return real(folder, name, flags);
    if (fails("unlinkat", path)) return -1;
    int done = real(folder, name, flags);
    if (!done) note('u', path, "", 0, 0);
    return done;
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }

int rmdir(const char *name)
{
    REAL(rmdir);
    char path[PATH_MAX];
    if (!absolute(AT_FDCWD, name, path)) return real(name);
    return fails("rmdir", path) ? -1 : real(name);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
    REAL(linkat);
    char path[PATH_MAX];
    if (!absolute(to, new, path)) return real(from, old, to, new, flags);
    return fails("linkat", path) ? -1 : real(from, old, to, new, flags);
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int mkdirat(int folder, const char *name, mode_t mode)
{
    REAL(mkdirat);
    char path[PATH_MAX];
    if (!absolute(folder, name, path)) return real(folder, name, mode);
    return fails("mkdirat", path) ? -1 : real(folder, name, mode);
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

int utimensat(int folder, const char *name, const struct timespec times[2], int flags)
{
    REAL(utimensat);
    char path[PATH_MAX];
    if (!absolute(folder, name, path)) return real(folder, name, times, flags);
    return fails("utimensat", path) ? -1 : real(folder, name, times, flags);
}

int fchown(int fd, uid_t user, gid_t group)
{
    REAL(fchown);
    char path[PATH_MAX];
    if (!length || !path_of(fd, path)) return real(fd, user, group);
    return fails("fchown", path) ? -1 : real(fd, user, group);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t size)
{
    static ssize_t (*real)(int, int, off64_t *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "sendfile64");
    char path[PATH_MAX];
    if (!length || !path_of(to, path)) return real(to, from, offset, size);
    return fails("sendfile", path) ? -1 : real(to, from, offset, size);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t size) { return sendfile64(to, from, offset, size); }

#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int openat64(int folder, const char *name, int flags, ...)
{
    REAL(openat64);
    MODE(flags)
    char path[PATH_MAX];
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (!writes || !absolute(folder, name, path)) return real(folder, name, flags, mode);
    if (fails("openat", path)) return -1;
    struct stat before;
    int is_new = record >= 0 && fstatat(folder, name, &before, 0);
    int fd = real(folder, name, flags, mode);
    if (fd >= 0 && is_new) note('c', path, "", 0, 0);
    if (fd >= 0 && !is_new && flags & O_TRUNC) note('t', path, "", 0, 0);
    return fd;
}

int openat(int folder, const char *name, int flags, ...) { MODE(flags) return openat64(folder, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return openat64(AT_FDCWD, name, flags, mode); }
int open(const char *name, int flags, ...) { MODE(flags) return openat64(AT_FDCWD, name, flags, mode); }
int creat(const char *name, mode_t mode) { return openat64(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

FILE *fopen64(const char *name, const char *how)
{
    REAL(fopen64);
    char path[PATH_MAX];
    if (!strpbrk(how, "wa+") || !absolute(AT_FDCWD, name, path)) return real(name, how);
    return fails("fopen", path) ? NULL : real(name, how);
}

FILE *fopen(const char *name, const char *how) { return fopen64(name, how); }

size_t fwrite(const void *data, size_t size, size_t number, FILE *file)
{
    REAL(fwrite);
    char path[PATH_MAX];
    if (!length || !path_of(fileno(file), path)) return real(data, size, number, file);
    return fails("fwrite", path) ? 0 : real(data, size, number, file);
}

/*
 * Makes the n-th write, sync or truncation of a database file fail, in a process that is started with
 * LD_PRELOAD=<this>. It counts from the moment when a file named "armed" is written.
 *
 *   FAULT_AT     which call fails, from 1
 *   FAULT_ERRNO  with which errno
 *   FAULT_STAYS  when set, every call after it fails as well
 *   FAULT_NOTE   a file that is made when the first call fails
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int armed;
static long calls;

static int ends_with(const char *text, size_t length, const char *end) {
    size_t tail = strlen(end);
    return length >= tail && memcmp(text + length - tail, end, tail) == 0;
}

static int path_of(int fd, char *path, size_t size) {
    char link[32] = "/proc/self/fd/";
    char digits[12];
    int at = 0, n = fd;
    if (fd < 0) return -1;
    do { digits[at++] = (char)('0' + n % 10); n /= 10; } while (n > 0);
    char *to = link + strlen(link);
    while (at > 0) *to++ = digits[--at];
    *to = 0;
    return (int)syscall(SYS_readlinkat, AT_FDCWD, link, path, size);
}

static int fails(int fd) {
    const char *at = getenv("FAULT_AT");
    char path[4096];
    int length;
    long call;
    if (at == NULL || (length = path_of(fd, path, sizeof path)) < 0) return 0;
    if (ends_with(path, (size_t)length, "/armed")) { armed = 1; return 0; }
    if (!armed) return 0;
    if (!ends_with(path, (size_t)length, ".db") && !ends_with(path, (size_t)length, "-wal") &&
        !ends_with(path, (size_t)length, "-shm")) return 0;
    call = __sync_add_and_fetch(&calls, 1);
    if (call != atol(at) && !(getenv("FAULT_STAYS") != NULL && call > atol(at))) return 0;
    if (call == atol(at)) {
        int note = (int)syscall(SYS_openat, AT_FDCWD, getenv("FAULT_NOTE"), O_CREAT | O_WRONLY, 0600);
        if (note >= 0) syscall(SYS_close, note);
    }
    errno = atoi(getenv("FAULT_ERRNO"));
    return 1;
}

ssize_t write(int fd, const void *from, size_t size) {
    return fails(fd) ? -1 : syscall(SYS_write, fd, from, size);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, from, size, at);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, from, size, at);
}

int fsync(int fd) { return fails(fd) ? -1 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }

int ftruncate(int fd, off_t length) { return fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length); }

int ftruncate64(int fd, off64_t length) { return fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length); }

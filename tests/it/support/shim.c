/* Faults that a test cannot cause from outside: a wrong clock, random numbers that fail or repeat,
 * a disk that cannot sync, a file that is replaced between the check and the open.
 *
 * Preloaded into drfctl. Environment variables select the faults:
 *   SHIM_LOG=PATH           append a line for each fault
 *   SHIM_CLOCK=SECONDS      set the wall clock to a fixed time
 *   SHIM_RANDOM=fail|zero   reading 20 random bytes (a key) fails, or returns zeros
 *   SHIM_RANDOM=repeat:N    the first N reads return 01 02 .. 14 (hexadecimal)
 *   SHIM_FSYNC=eio:N        fsync number N fails; abort:N: the process aborts there;
 *                           stop:N: SIGTSTP (Ctrl-Z) arrives; go:N: SIGTSTP, then SIGCONT;
 *                           ttou:N: SIGTTOU, for writing to the terminal, arrives
 *   SHIM_STATFS=MAGIC       every file system has this type (hexadecimal)
 *   SHIM_WRITE=eio:N        change number N of a file's content or name fails; enospc:N likewise;
 *                           kill:N: the process is killed there
 *   SHIM_THREADS=N          only N threads can be started
 *   SHIM_OPENS=1            append "opens PATH" for each file that is opened for writing
 *   SHIM_SWAP=N:FROM:TO     rename FROM to TO before TO is opened for the N-th time
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static char *log_path, *random_mode, *fsync_mode, *write_mode, *swap_from, *swap_to;
static long clock_set, clock_at, random_left, fsync_at, write_at, swap_at;
static long file_system, log_opens;
static long fsync_calls, write_calls, open_calls, threads_set, threads_left;

__attribute__((constructor)) static void read_environment(void) {
  char *value = getenv("SHIM_LOG");
  log_path = value ? strdup(value) : NULL;
  if ((value = getenv("SHIM_CLOCK"))) {
    clock_set = 1;
    clock_at = atol(value);
  }
  if ((value = getenv("SHIM_RANDOM"))) {
    random_mode = strdup(value);
    if (strncmp(value, "repeat:", 7) == 0) random_left = atol(value + 7);
  }
  if ((value = getenv("SHIM_FSYNC"))) {
    fsync_mode = strdup(value);
    char *colon = strchr(fsync_mode, ':');
    fsync_at = colon ? atol(colon + 1) : 0;
  }
  if ((value = getenv("SHIM_WRITE"))) {
    write_mode = strdup(value);
    char *colon = strchr(write_mode, ':');
    write_at = colon ? atol(colon + 1) : 0;
  }
  if ((value = getenv("SHIM_THREADS"))) {
    threads_set = 1;
    threads_left = atol(value);
  }
  log_opens = getenv("SHIM_OPENS") != NULL;
  if ((value = getenv("SHIM_STATFS"))) file_system = strtol(value, NULL, 16);
  if ((value = getenv("SHIM_SWAP"))) {
    swap_at = atol(value);
    swap_from = strdup(strchr(value, ':') + 1);
    swap_to = strchr(swap_from, ':');
    *swap_to++ = 0;
  }
}

/* Uses only system calls, because this file may replace the functions of libc. */
static void note(const char *what) {
  if (!log_path) return;
  int saved = errno;
  long fd = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd >= 0) {
    if (syscall(SYS_write, fd, what, strlen(what)) < 0) abort();
    syscall(SYS_close, fd);
  }
  errno = saved;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  if (clock_set && id == CLOCK_REALTIME) {
    at->tv_sec = clock_at;
    at->tv_nsec = 0;
    note("clock\n");
    return 0;
  }
  return (int)syscall(SYS_clock_gettime, id, at);
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
  if (random_mode && length == 20) {
    if (strcmp(random_mode, "fail") == 0) {
      note("random\n");
      errno = EIO;
      return -1;
    }
    if (strcmp(random_mode, "zero") == 0) {
      note("random\n");
      memset(buffer, 0, length);
      return (ssize_t)length;
    }
    if (random_left > 0) {
      note("random\n");
      random_left--;
      for (size_t i = 0; i < length; i++) ((unsigned char *)buffer)[i] = (unsigned char)(i + 1);
      return (ssize_t)length;
    }
  }
  return syscall(SYS_getrandom, buffer, length, flags);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (threads_set && threads_left-- <= 0) {
    note("threads\n");
    return EAGAIN;
  }
  if (!create) *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, start, argument);
}

static int sync_or_fail(long call, int fd) {
  if (fsync_mode && ++fsync_calls == fsync_at) {
    if (strncmp(fsync_mode, "ttou", 4) == 0) {
      kill(getpid(), SIGTTOU);
      note("fsync\n");
      return (int)syscall(call, fd);
    }
    int is_go = strncmp(fsync_mode, "go", 2) == 0;
    if (is_go || strncmp(fsync_mode, "stop", 4) == 0) {
      kill(getpid(), SIGTSTP);
      if (is_go) kill(getpid(), SIGCONT);
      note("fsync\n");
      return (int)syscall(call, fd);
    }
    note("fsync\n");
    if (strncmp(fsync_mode, "abort", 5) == 0) abort();
    errno = EIO;
    return -1;
  }
  return (int)syscall(call, fd);
}

int fsync(int fd) { return sync_or_fail(SYS_fsync, fd); }

int fdatasync(int fd) { return sync_or_fail(SYS_fdatasync, fd); }

int statfs(const char *path, struct statfs *found) {
  int failed = (int)syscall(SYS_statfs, path, found);
  if (file_system) found->f_type = file_system;
  return failed;
}

int statfs64(const char *path, struct statfs64 *found) { return statfs(path, (struct statfs *)found); }

static int change_fails(void) {
  if (!write_mode || ++write_calls != write_at) return 0;
  note("write\n");
  if (strncmp(write_mode, "kill", 4) == 0) kill(getpid(), SIGKILL);
  errno = strncmp(write_mode, "enospc", 6) == 0 ? ENOSPC : EIO;
  return 1;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  return change_fails() ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  return change_fails() ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}

int ftruncate(int fd, off_t length) { return change_fails() ? -1 : (int)syscall(SYS_ftruncate, fd, length); }

int ftruncate64(int fd, off64_t length) { return change_fails() ? -1 : (int)syscall(SYS_ftruncate, fd, length); }

int unlink(const char *path) { return change_fails() ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0); }

static void before_open(const char *path, int flags) {
  if (log_opens && (flags & (O_WRONLY | O_RDWR | O_CREAT))) {
    char line[4096];
    snprintf(line, sizeof line, "opens %s\n", path);
    note(line);
  }
  if (swap_to && strcmp(path, swap_to) == 0 && ++open_calls == swap_at) {
    if (rename(swap_from, swap_to) != 0) abort();
    note("swap\n");
  }
}

#define MODE(flags)                                      \
  mode_t mode = 0;                                       \
  if ((flags) & (O_CREAT | O_TMPFILE)) {                 \
    va_list arguments;                                   \
    va_start(arguments, flags);                          \
    mode = va_arg(arguments, mode_t);                    \
    va_end(arguments);                                   \
  }                                                      \
  before_open(path, flags)

int open(const char *path, int flags, ...) {
  MODE(flags);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
  MODE(flags);
  return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...) {
  MODE(flags);
  return (int)syscall(SYS_openat, dir, path, flags, mode);
}

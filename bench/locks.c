// The least that a list of kernel locks with their holders and files has to do: /proc/locks is read once, then the fdinfo of each descriptor of
// the processes that it names, and the path of each descriptor that holds a lock. Prints one line for each lock that a descriptor shows.
//   locks
// It finds no holder of an OFD lock or of an inherited flock, no waiter, and does not check whether a path still leads to its file.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry { uint64_t inode; int64_t next; uint16_t length; uint8_t kind; char name[]; };

static char entries[64 * 1024], info[64 * 1024];
static unsigned long rows, found;

static char *whole(const char *path, size_t *length)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t room = 1 << 16, used = 0;
    char *text = malloc(room);
    ssize_t got;
    if (file < 0 || text == NULL)
        exit(1);
    while ((got = read(file, text + used, room - used - 1)) > 0) {
        used += got;
        if (room - used < 8192 && (text = realloc(text, room *= 2)) == NULL)
            exit(1);
    }
    close(file);
    text[used] = 0;
    *length = used;
    return text;
}

static int ascending(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static void look(int pid)
{
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/%d/fdinfo", pid);
    int details = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(name, sizeof name, "/proc/%d/fd", pid);
    int descriptors = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long filled;
    while (details >= 0 && descriptors >= 0 && (filled = syscall(SYS_getdents64, details, entries, sizeof entries)) > 0) {
        for (long at = 0; at < filled;) {
            struct entry *entry = (struct entry *)(entries + at);
            at += entry->length;
            if (entry->name[0] == '.')
                continue;
            int file = openat(details, entry->name, O_RDONLY | O_CLOEXEC);
            if (file < 0)
                continue;
            ssize_t got = read(file, info, sizeof info - 1);
            close(file);
            if (got <= 0)
                continue;
            info[got] = 0;
            ssize_t length = -1;
            for (char *line = strstr(info, "lock:\t"); line != NULL; line = strstr(line, "lock:\t")) {
                char *end = strchr(line, '\n');
                if (end == NULL)
                    break;
                if (length < 0 && (length = readlinkat(descriptors, entry->name, path, sizeof path)) < 0)
                    break;
                printf("%d %s %.*s %.*s\n", pid, entry->name, (int)(end - line - 6), line + 6, (int)length, path);
                found++;
                line = end;
            }
        }
    }
    if (details >= 0)
        close(details);
    if (descriptors >= 0)
        close(descriptors);
}

/* The number in the fifth column, behind "->" in the sixth; 0 for a line that is none. Not with sscanf: that counts the length of all that follows, for each line. */
static int pid_of(const char *at, const char *end)
{
    for (int skip = 4; skip > 0; skip--) {
        while (at < end && *at == ' ')
            at++;
        if (end - at > 2 && at[0] == '-' && at[1] == '>')
            skip++;
        while (at < end && *at != ' ')
            at++;
    }
    return at < end ? atoi(at) : 0;
}

int main(void)
{
    size_t length, room = 1024, count = 0;
    char *text = whole("/proc/locks", &length);
    int *pids = malloc(room * sizeof *pids);
    for (char *line = text; pids != NULL && *line != 0;) {
        char *end = memchr(line, '\n', text + length - line);
        int pid = pid_of(line, end != NULL ? end : text + length);
        if (pid != 0) {
            rows++;
            if (pid > 0 && (count < room || (pids = realloc(pids, (room *= 2) * sizeof *pids)) != NULL))
                pids[count++] = pid;
        }
        if (end == NULL)
            break;
        line = end + 1;
    }
    if (pids == NULL)
        return 1;
    qsort(pids, count, sizeof *pids, ascending);
    for (size_t at = 0; at < count; at++) {
        if (at == 0 || pids[at] != pids[at - 1])
            look(pids[at]);
    }
    fprintf(stderr, "%lu rows, %lu locks of a descriptor\n", rows, found);
    return 0;
}

// The least that a search by name has to do: each directory is opened once and listed with getdents64, d_type says what to enter,
// and names are compared as bytes. Prints the paths that end in ".lock", and at the end how much was seen.
//   names DIRECTORY
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry { uint64_t inode; int64_t next; uint16_t length; uint8_t kind; char name[]; };

static char buffer[64 * 1024], path[64 * 1024];
static unsigned long names, directories, failures;

static int enter(int parent, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int directory = openat(parent, name, flags | O_NOATIME);
    return directory < 0 && errno == EPERM ? openat(parent, name, flags) : directory;
}

static void list(int directory, size_t end)
{
    char *inner = NULL;
    size_t used = 0, room = 0;
    long filled;
    directories++;
    while ((filled = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < filled;) {
            struct entry *entry = (struct entry *)(buffer + at);
            const char *name = entry->name;
            at += entry->length;
            if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)))
                continue;
            names++;
            size_t length = strlen(name);
            if (length > 5 && memcmp(name + length - 5, ".lock", 5) == 0)
                printf("%.*s/%s\n", (int)end, path, name);
            unsigned char kind = entry->kind;
            struct stat status;
            if (kind == DT_UNKNOWN && fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
                kind = DT_DIR;
            if (kind != DT_DIR)
                continue;
            if (used + length + 1 > room && (inner = realloc(inner, room = 2 * room + length + 256)) == NULL)
                exit(1);
            memcpy(inner + used, name, length + 1);
            used += length + 1;
        }
    }
    failures += filled < 0;
    for (size_t at = 0; at < used;) {
        size_t length = strlen(inner + at);
        int next = end + length + 2 < sizeof path ? enter(directory, inner + at) : -1;
        if (next < 0) {
            failures += errno != ENOENT;
        } else {
            path[end] = '/';
            memcpy(path + end + 1, inner + at, length);
            list(next, end + 1 + length);
            close(next);
        }
        at += length + 1;
    }
    free(inner);
}

int main(int count, char **arguments)
{
    if (count != 2 || strlen(arguments[1]) >= sizeof path) {
        fprintf(stderr, "usage: names DIRECTORY\n");
        return 64;
    }
    int root = enter(AT_FDCWD, arguments[1]);
    if (root < 0) {
        perror(arguments[1]);
        return 1;
    }
    size_t end = strlen(arguments[1]);
    memcpy(path, arguments[1], end);
    list(root, end);
    fprintf(stderr, "%lu names in %lu directories, %lu could not be read\n", names, directories, failures);
    return failures > 0;
}

// SPDX-License-Identifier: Apache-2.0
// Reads the figures of the process from /proc: see process_metrics.h.
#include "kamd/process_metrics.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, START_TIME_FIELD = 22 };

static void write_metric(FILE *out, const char *name, const char *type, const char *help, double value)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

static unsigned count_open_files(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count > 0 ? count - 1 : 0; // without the one that lists them
}

// The first line of a file that begins with the word, or "" when there is none.
static void read_line(const char *path, const char *word, char line_r[LINE_BYTES])
{
    FILE *file = fopen(path, "re");
    bool is_found = false;
    while (file != NULL && !is_found && fgets(line_r, LINE_BYTES, file) != NULL)
        is_found = strncmp(line_r, word, strlen(word)) == 0;
    if (!is_found)
        line_r[0] = '\0';
    if (file != NULL)
        fclose(file);
}

// The number after so many spaces; 0 where the text is shorter.
static double read_number(const char *text, unsigned spaces)
{
    for (; spaces > 0 && text != NULL; spaces--) {
        text = strchr(text, ' ');
        text = text != NULL ? text + 1 : NULL;
    }
    return text != NULL ? (double)strtoull(text, NULL, 10) : 0;
}

// Seconds since 1970 at which the process began: field 22 of /proc/self/stat counts ticks since the system's start. The
// second field is a name in parentheses that may hold spaces.
static double read_start_time(void)
{
    char line[LINE_BYTES];
    read_line("/proc/self/stat", "", line);
    const char *name_end = strrchr(line, ')');
    double ticks = name_end != NULL ? read_number(name_end, START_TIME_FIELD - 2) : 0;
    read_line("/proc/stat", "btime ", line);
    return read_number(line, 1) + ticks / (double)sysconf(_SC_CLK_TCK);
}

void process_metrics_write(FILE *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    double system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    char pages[LINE_BYTES];
    read_line("/proc/self/statm", "", pages);
    struct rlimit files = {.rlim_cur = 0};
    getrlimit(RLIMIT_NOFILE, &files);
    double page = (double)sysconf(_SC_PAGESIZE);

    write_metric(out, "process_cpu_seconds_total", "counter", "Processor time of user and system in seconds.",
                 user + system);
    write_metric(out, "process_cpu_system_seconds_total", "counter", "Processor time of the system alone in seconds.",
                 system);
    write_metric(out, "process_open_fds", "gauge", "Open file descriptors.", count_open_files());
    write_metric(out, "process_max_fds", "gauge", "Most file descriptors the process may open.",
                 (double)files.rlim_cur);
    write_metric(out, "process_virtual_memory_bytes", "gauge", "Virtual memory in bytes.",
                 read_number(pages, 0) * page);
    write_metric(out, "process_resident_memory_bytes", "gauge", "Resident memory in bytes.",
                 read_number(pages, 1) * page);
    write_metric(out, "process_start_time_seconds", "gauge", "Start of the process in seconds since 1970.",
                 read_start_time());
}

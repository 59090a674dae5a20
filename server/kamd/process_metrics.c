// SPDX-License-Identifier: Apache-2.0
// Reads the figures of the process from /proc: see process_metrics.h.
#include "kamd/process_metrics.h"

#include <dirent.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

// Seconds since 1970 at which the process began: field 22 of /proc/self/stat counts ticks since the system's start.
static double read_start_time(void)
{
    unsigned long long ticks = 0;
    unsigned long long boot = 0;
    char line[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *at = strrchr(line, ')');
        if (at != NULL)
            (void)sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                         &ticks);
    }
    if (file != NULL)
        fclose(file);
    file = fopen("/proc/stat", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "btime %llu", &boot) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return (double)boot + (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

void process_metrics_write(FILE *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    double system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    unsigned long long virtual_pages = 0;
    unsigned long long resident_pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        if (fscanf(file, "%llu %llu", &virtual_pages, &resident_pages) != 2)
            virtual_pages = resident_pages = 0;
        fclose(file);
    }
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
                 (double)virtual_pages * page);
    write_metric(out, "process_resident_memory_bytes", "gauge", "Resident memory in bytes.",
                 (double)resident_pages * page);
    write_metric(out, "process_start_time_seconds", "gauge", "Start of the process in seconds since 1970.",
                 read_start_time());
}

// SPDX-License-Identifier: Apache-2.0
#include "map_dot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export_file.h"
#include "message.h"
#include "text.h"
#include "value.h"

extern char **environ;

enum { SMALLEST_TEXT = 10, LARGEST_TEXT = 22 };

// A quoted text. Graphviz reads escapes (\n, \G) and entities of HTML (&lt;) within quotes.
static void write_text(FILE *out, struct arena *arena, const char *text)
{
    for (const char *at = text_clean(arena, text, false); *at != '\0'; at++)
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at == '&')
            fputs("&amp;", out);
        else
            fputc(*at, out);
}

static const char *stance_colour(Kam__V1__Stance stance)
{
    switch (stance) {
    case KAM__V1__STANCE__STANCE_ALLY:
        return "#c8e6c9";
    case KAM__V1__STANCE__STANCE_NEUTRAL:
        return "#eceff1";
    case KAM__V1__STANCE__STANCE_OPPONENT:
        return "#ffcdd2";
    default:
        return "#ffffff";
    }
}

static void write_person(FILE *out, struct arena *arena, const Kam__V1__MapPerson *person, size_t number)
{
    const ProtobufCFieldDescriptor *roles = message_find_field(person->base.descriptor, "buying_roles");
    bool is_decider = false;
    fprintf(out, "  n%zu [label=\"", number);
    write_text(out, arena, person->name);
    fputs(person->is_insider ? " *" : "", out);
    if (*person->title != '\0') {
        fputs("\\n", out);
        write_text(out, arena, person->title);
    }
    for (size_t at = 0; at < person->n_buying_roles; at++) {
        is_decider = is_decider || person->buying_roles[at] == KAM__V1__BUYING_ROLE__BUYING_ROLE_DECIDER;
        fputs(at == 0 ? "\\n" : ", ", out);
        write_text(out, arena, value_format(arena, &person->base, roles, at));
    }
    int influence = person->influence < 0 ? 0 : person->influence > 100 ? 100 : person->influence;
    int size = SMALLEST_TEXT + influence * (LARGEST_TEXT - SMALLEST_TEXT) / 100;
    fprintf(out, "\", fillcolor=\"%s\", fontsize=%d, penwidth=%d, peripheries=%d, style=\"filled,rounded%s\"];\n",
            stance_colour(person->stance), size, person->relationship > 1 ? person->relationship : 1,
            is_decider ? 2 : 1, person->last_touch_time == NULL ? ",dashed" : "");
}

static size_t find_number(const Kam__V1__PowerMap *map, const char *id)
{
    size_t at = 0;
    while (at < map->n_people && strcmp(map->people[at]->contact_id, id) != 0)
        at++;
    return at;
}

static void write_edge(FILE *out, const Kam__V1__PowerMap *map, const char *from, const char *to, const char *look)
{
    size_t start = find_number(map, from), end = find_number(map, to);
    if (*from != '\0' && start < map->n_people && end < map->n_people)
        fprintf(out, "  n%zu -> n%zu [%s];\n", start, end, look);
}

static const char *tie_look(Kam__V1__TieKind kind)
{
    switch (kind) {
    case KAM__V1__TIE_KIND__TIE_KIND_INFLUENCE:
        return "color=\"#1565c0\", style=dashed, constraint=false";
    case KAM__V1__TIE_KIND__TIE_KIND_KINSHIP:
        return "color=\"#6a1b9a\", style=bold, dir=none, constraint=false";
    default:
        return "color=\"#2e7d32\", style=dotted, dir=none, constraint=false";
    }
}

const char *map_dot(struct arena *arena, const Kam__V1__PowerMap *map)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    fputs("digraph {\n  charset=\"utf-8\";\n  rankdir=TB;\n  labelloc=t;\n  fontname=\"sans-serif\";\n  label=\"", out);
    write_text(out, arena, map->account_name);
    if (*map->opportunity_name != '\0') {
        fputs(" \xc2\xb7 ", out);
        write_text(out, arena, map->opportunity_name);
    }
    fputs("\";\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n", out);
    for (size_t at = 0; at < map->n_people; at++)
        write_person(out, arena, map->people[at], at);
    for (size_t at = 0; at < map->n_people; at++)
        write_edge(out, map, map->people[at]->reports_to_id, map->people[at]->contact_id, "dir=none");
    for (size_t at = 0; at < map->n_ties; at++)
        write_edge(out, map, map->ties[at]->from_contact_id, map->ties[at]->to_contact_id,
                   tie_look(map->ties[at]->kind));
    fputs("}\n", out);
    fclose(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

// ---- the picture

// dot, reading one file and writing another: no shell, and no names of ours among its arguments.
static enum exit_code run_dot(struct app *app, int input, int output)
{
    char *const words[] = {(char *)(uintptr_t) "dot", (char *)(uintptr_t) "-q", (char *)(uintptr_t) "-Tsvg", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    pid_t child;
    int failure = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure == ENOENT) {
        app_refuse(app, EXIT_REFUSED, "%s",
                   _("the picture is drawn by Graphviz, whose program 'dot' is not installed here"));
        app_hint(
            app, "%s",
            _("Install it (Debian: apt-get install graphviz), or write the graph with --dot and draw it elsewhere."));
        return EXIT_REFUSED;
    }
    if (failure != 0)
        return app_refuse(app, EXIT_REFUSED, "dot: %s", strerror(failure));
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return app_refuse(app, EXIT_REFUSED, "%s", _("Graphviz's program 'dot' did not draw the picture"));
    return EXIT_OK;
}

enum exit_code map_write_svg(struct app *app, const char *dot, const char *path)
{
    struct export_file file;
    FILE *graph = tmpfile();
    bool is_written =
        graph != NULL && fputs(dot, graph) != EOF && fflush(graph) == 0 && lseek(fileno(graph), 0, SEEK_SET) == 0;
    enum exit_code code = is_written ? EXIT_OK : app_refuse(app, EXIT_REFUSED, "%s", strerror(errno));
    if (code == EXIT_OK)
        code = export_file_open(app, path, "utf-8", &file);
    if (code == EXIT_OK)
        code = export_file_close(&file, run_dot(app, fileno(graph), fileno(file.out)));
    if (graph != NULL)
        fclose(graph);
    if (code == EXIT_OK && strcmp(path, "-") != 0)
        fprintf(app->out, _("The map was written to %s\n"), app_clean(app, path));
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// kam map
#include "map_commands.h"

#include "map_dot.h"
#include "map_draw.h"
#include "message.h"
#include "output.h"
#include "text.h"

#define GET_POWER_MAP "/kam.v1.MapService/GetPowerMap"

static enum exit_code show_map(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    const char *svg = invocation_flag(invocation, "svg");
    bool is_dot = invocation_flag(invocation, "dot") != NULL;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    if (*message_text(request, "account_id") == '\0' && *message_text(request, "opportunity_id") == '\0') {
        app_refuse(app, EXIT_USAGE, _("%s is missing"), _("ACCOUNT"));
        app_hint(app, _("See: kam help %s"), invocation->command->name);
        return EXIT_USAGE;
    }
    failure = app_call(app, GET_POWER_MAP, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__PowerMap *map = (const Kam__V1__PowerMap *)response;
    if (svg != NULL)
        return map_write_svg(app, map_dot(app->arena, map), svg);
    if (is_dot) {
        fputs(map_dot(app->arena, map), app->out);
        return EXIT_OK;
    }
    if (app->settings.json)
        return output_record(app, response);
    if (app->settings.csv || app->settings.columns != NULL)
        return output_rows(app, &kam__v1__map_person__descriptor, (const ProtobufCMessage *const *)map->people,
                           map->n_people, "people",
                           "name title reports_to_name buying_roles stance is_insider influence relationship "
                           "last_touch_time counterpart_name");
    map_draw(app, map);
    return EXIT_OK;
}

static const struct flag map_flags[] = {
    {"dot", NULL, N_("Write the graph for Graphviz instead."), false},
    {"svg", N_("FILE"), N_("Have Graphviz draw it into an SVG file, for a slide."), false},
    {NULL, NULL, NULL, false},
};

const struct command map_commands[] = {
    {
        .name = "map",
        .summary = N_("Draw who decides at an account, who is for us, whom nobody talks to"),
        .method = GET_POWER_MAP,
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .flags = map_flags,
        .run = show_map,
        .examples = {"kam map K-000123", "kam map --opportunity O-000123", "kam map K-000123 --svg map.svg",
                     "kam map K-000123 --dot | neato -Tpng -o map.png"},
    },
};
const size_t map_command_count = sizeof map_commands / sizeof map_commands[0];

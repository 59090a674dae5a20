// SPDX-License-Identifier: Apache-2.0
// A pipeline as a YAML file that people write, and the places in it:
//
//   pipeline: development
//   name: {en: Development, zh: 客户开发}
//   group_threshold: CNY 1,000,000.00      from which amount the key account group is asked; may be left out
//   stages:                                in the order in which they are passed
//     - key: target
//       name: {en: Target, zh: 确定开发对象}
//       meaning: {en: ..., zh: ...}        may be left out
//       allowed_days: 30                   may be left out
//       probability: 10
//       approvals: [team_manager]          team_manager, key_account_group; may be left out
//       next: close                        the stage that follows, where it is not the next one; "won" for none
//       criteria:
//         - key: first-contact
//           name: {en: First contact logged, zh: 已记录首次接触}
//           kind: activity_done
//           parameters: {kinds: [call, visit]}
#ifndef KAM_CLI_PIPELINE_FILE_H
#define KAM_CLI_PIPELINE_FILE_H

#include <time.h>

#include "kam/v1/pipeline.pb-c.h"
#include "yaml_read.h"

enum { PIPELINE_FILE_MOST_MISTAKES = 50 };

// Where a field of the request stands in the file: "pipeline.criteria[2].parameters.kinds".
struct pipeline_place {
    const char *field;
    const struct yaml_value *value;
};

struct pipeline_file {
    struct arena *arena;
    time_t now;
    Kam__V1__Pipeline *pipeline; // borrowed
    struct pipeline_place *places;
    size_t place_count, place_room;
    struct yaml_mistake mistakes[PIPELINE_FILE_MOST_MISTAKES]; // in the order of the file's fields
    size_t mistake_count;
};

// Fills an empty pipeline from the file. What is wrong with it goes into file_r: true when nothing is, as far as it can
// be told without the server.
bool pipeline_file_read(struct arena *arena, const char *bytes, size_t length, time_t now, Kam__V1__Pipeline *pipeline,
                        struct pipeline_file *file_r);

// Where the field stands, or what holds it; *rest_r is what of the field's path is not in the file, as it is written
// there: "name.zh". "" when all of it is.
const struct yaml_value *pipeline_file_find(const struct pipeline_file *file, const char *field, const char **rest_r);

// The pipeline as such a file. Parameters that say what is so anyhow are left out; kinds says what that is.
const char *pipeline_file_write(struct arena *arena, const Kam__V1__Pipeline *pipeline,
                                const Kam__V1__ListCriterionKindsResponse *kinds);

#endif

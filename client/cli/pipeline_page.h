// SPDX-License-Identifier: Apache-2.0
// A pipeline for people: its stages, what each is for, what must be shown before it is left, and who says yes.
#ifndef KAM_CLI_PIPELINE_PAGE_H
#define KAM_CLI_PIPELINE_PAGE_H

#include "app.h"
#include "kam/v1/pipeline.pb-c.h"

void pipeline_page_print(struct app *app, const Kam__V1__Pipeline *pipeline,
                         const Kam__V1__ListCriterionKindsResponse *kinds);

// What a criterion may ask for, kind by kind.
void pipeline_page_print_kinds(struct app *app, const Kam__V1__ListCriterionKindsResponse *kinds);

#endif

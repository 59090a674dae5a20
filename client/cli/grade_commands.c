// SPDX-License-Identifier: Apache-2.0
// kam grade ...
#include "grade_commands.h"

#define SERVICE "/kam.v1.GradeService/"

const struct command grade_commands[] = {
    {
        .name = "grade list",
        .summary = N_("List the suggested grades that wait for a manager, or all grades of an account"),
        .method = SERVICE "ListGrades",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ANY_ACCOUNT, .is_optional = true}},
        .columns = "id account_code account_name kind grade present_grade total credit_limit terms_days state suggested_by reason",
        .empty = N_("Grades are suggested by assessments: kam assess OPPORTUNITY"),
        .examples = {"kam grade list", "kam grade list K-000123", "kam grade list --kind credit"},
    },
    {
        .name = "grade show",
        .summary = N_("Show a suggested grade and what became of it"),
        .method = SERVICE "GetGrade",
        .arguments = {{.name = N_("GRADE"), .field = "id", .kind = RECORD_ANY}},
        .examples = {"kam grade show 8f3a2c10"},
    },
    {
        .name = "grade suggest",
        .summary = N_("Suggest a grade of an account; without --grade, that of the latest assessment"),
        .method = SERVICE "SuggestGrade",
        .arguments = {{.name = N_("ACCOUNT"), .field = "grade.account_id", .kind = RECORD_ACCOUNT},
                      {.name = N_("KIND"), .field = "grade.kind"}},
        .examples = {"kam grade suggest K-000123 potential --grade B --reason \"New plant from May on\"",
                     "kam grade suggest K-000123 credit --credit-limit \"CNY 200000\" --terms-days 45 --reason \"Bank guarantee\""},
    },
    {
        .name = "grade confirm",
        .summary = N_("Confirm a suggested grade, which holds from then on (managers)"),
        .method = SERVICE "ConfirmGrade",
        .arguments = {{.name = N_("GRADE"), .field = "id", .kind = RECORD_ANY}},
        .version_method = SERVICE "GetGrade",
        .examples = {"kam grade confirm 8f3a2c10", "kam grade confirm 8f3a2c10 --review-on 2027-06-30"},
    },
    {
        .name = "grade return",
        .summary = N_("Return a suggested grade with a reason (managers)"),
        .method = SERVICE "ReturnGrade",
        .arguments = {{.name = N_("GRADE"), .field = "id", .kind = RECORD_ANY}},
        .version_method = SERVICE "GetGrade",
        .examples = {"kam grade return 8f3a2c10 --reason \"The share is a hope\""},
    },
    {
        .name = "grade reviews",
        .summary = N_("List the accounts whose grade is due for review"),
        .method = SERVICE "ListGradeReviews",
        .columns = "account_code account_name review_on potential_grade contribution_grade credit_grade",
        .examples = {"kam grade reviews", "kam grade reviews --until 2027-01-31 --owner wangli"},
    },
};
const size_t grade_command_count = sizeof grade_commands / sizeof grade_commands[0];

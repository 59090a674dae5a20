// SPDX-License-Identifier: Apache-2.0
// kam import accounts: looks at what is there, creates what is not, then links subsidiaries to their parents.
#include <string.h>
#include <strings.h>

#include "import.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/search.pb-c.h"
#include "message.h"
#include "resolve.h"
#include "text.h"

#define SERVICE "/kam.v1.AccountService/"

static const struct import_synonym synonyms[] = {
    {"account", "name"},
    {"accountname", "name"},
    {"company", "name"},
    {"companyname", "name"},
    {"customer", "name"},
    {"customername", "name"},
    {"客户", "name"},
    {"客户名称", "name"},
    {"公司", "name"},
    {"公司名称", "name"},
    {"企业名称", "name"},
    {"名称", "name"},
    {"单位名称", "name"},
    {"othername", "other-name"},
    {"shortname", "other-name"},
    {"简称", "other-name"},
    {"别名", "other-name"},
    {"sector", "industry"},
    {"行业", "industry"},
    {"所属行业", "industry"},
    {"yearestablished", "founded-on"},
    {"founded", "founded-on"},
    {"established", "founded-on"},
    {"成立时间", "founded-on"},
    {"成立日期", "founded-on"},
    {"立期", "founded-on"},
    {"revenue", "annual-revenue"},
    {"turnover", "annual-revenue"},
    {"年营业额", "annual-revenue"},
    {"年收入", "annual-revenue"},
    {"营业额", "annual-revenue"},
    {"staff", "employees"},
    {"headcount", "employees"},
    {"员工", "employees"},
    {"员工人数", "employees"},
    {"员工数", "employees"},
    {"人数", "employees"},
    {"officelocation", "region"},
    {"location", "region"},
    {"country", "region"},
    {"地区", "region"},
    {"区域", "region"},
    {"所在地", "region"},
    {"subsidiaryof", "parent"},
    {"parentcompany", "parent"},
    {"parentaccount", "parent"},
    {"母公司", "parent"},
    {"上级公司", "parent"},
    {"总公司", "parent"},
    {"telephone", "phone"},
    {"电话", "phone"},
    {"联系电话", "phone"},
    {"公司电话", "phone"},
    {"web", "website"},
    {"url", "website"},
    {"网址", "website"},
    {"网站", "website"},
    {"address", "registered-address"},
    {"地址", "registered-address"},
    {"注册地址", "registered-address"},
    {"收货地址", "delivery-address"},
    {"vatnumber", "registration-number"},
    {"companynumber", "registration-number"},
    {"统一社会信用代码", "registration-number"},
    {"信用代码", "registration-number"},
    {"税号", "registration-number"},
    {"法人", "legal-representative"},
    {"法人代表", "legal-representative"},
    {"法定代表人", "legal-representative"},
    {"企业性质", "ownership"},
    {"注册资本", "registered-capital"},
    {"纳税资质", "tax-status"},
    {"开户银行", "bank"},
    {"开户行", "bank"},
    {"products", "main-products"},
    {"主要产品", "main-products"},
    {"主营产品", "main-products"},
    {"salesagent", "owner"},
    {"salesrep", "owner"},
    {"rep", "owner"},
    {"accountowner", "owner"},
    {"accountmanager", "owner"},
    {"负责人", "owner"},
    {"业务员", "owner"},
    {"客户经理", "owner"},
    {"状态", "status"},
    {"客户状态", "status"},
    {"来源", "source"},
    {"客户来源", "source"},
    {"notes", "note"},
    {"remark", "note"},
    {"remarks", "note"},
    {"comment", "note"},
    {"备注", "note"},
    {NULL, NULL},
};
static const char *const own_targets[] = {"owner", "parent", NULL};

// ---- Before anything is sent: every row a request of its own

struct owner {
    const char *text;
    struct reference reference;
    enum exit_code failure;
};

// Each owner is looked up once.
static enum exit_code find_owner(struct import *import, const char *text, struct owner *known, size_t *known_count,
                                 const char **id_r)
{
    for (size_t at = 0; at < *known_count; at++)
        if (strcmp(known[at].text, text) == 0) {
            *id_r = known[at].reference.id;
            return known[at].failure;
        }
    struct owner *fresh = &known[(*known_count)++];
    fresh->text = text;
    fresh->failure = resolve_record(import->app, RECORD_USER, text, NULL, &fresh->reference);
    *id_r = fresh->reference.id;
    return fresh->failure;
}

static void mark_twins(struct import *import)
{
    for (size_t at = 0; at < import->row_count; at++)
        for (size_t before = 0; before < at && import->rows[at].outcome == IMPORT_PENDING; before++)
            if (import->rows[before].outcome == IMPORT_PENDING &&
                strcmp(import->rows[before].id, import->rows[at].id) == 0)
                import_fail(import, &import->rows[at], _("is the same as line %zu"), import->rows[before].line);
}

static enum exit_code prepare(struct import *import)
{
    struct app *app = import->app;
    const char *common_owner = invocation_flag(import->invocation, "owner");
    struct owner *owners = arena_alloc(app->arena, (import->row_count + 1) * sizeof *owners);
    size_t owner_count = 0;
    for (size_t at = 0; at < import->row_count; at++) {
        struct import_row *row = &import->rows[at];
        if (row->outcome != IMPORT_PENDING)
            continue;
        row->key = import_cell(import, row, "name");
        if (*row->key == '\0') {
            import_fail(import, row, _("has no name"));
            continue;
        }
        import_make_id(import, "account", row->key, row->id);
        row->request = app_new_request(app, SERVICE "CreateAccount");
        if (!import_fill(import, row))
            continue;
        ProtobufCMessage *account = message_sub(row->request, message_find_field(row->request->descriptor, "account"));
        message_set_text(account, "id", row->id);
        const char *owner = import_cell(import, row, "owner"), *id;
        if (*owner == '\0')
            owner = common_owner == NULL ? "" : common_owner;
        if (*owner == '\0')
            continue;
        enum exit_code failure = find_owner(import, owner, owners, &owner_count, &id);
        if (failure == EXIT_OK)
            message_set_text(account, "owner_id", id);
        else if (failure == EXIT_NOT_FOUND || failure == EXIT_USAGE)
            import_fail(import, row, _("there is no one user called '%s'"), owner);
        else
            return failure;
    }
    mark_twins(import);
    return EXIT_OK;
}

// ---- Create

static struct kam_call *begin_create(struct import *import, struct import_row *row)
{
    if (row->outcome != IMPORT_PENDING)
        return NULL;
    return kam_call_begin(import->app->client, SERVICE "CreateAccount", row->request, &kam__v1__account__descriptor,
                          NULL);
}

static const char *describe_resources(struct import *import)
{
    const struct kam_error *error = &import->app->error;
    const char *all = "";
    for (size_t at = 0; at < error->resource_count; at++)
        all = arena_printf(import->app->arena, "%s%s%s (%s)", all, at == 0 ? "" : "; ", error->resources[at].name,
                           error->resources[at].owner);
    return all;
}

static void end_create(struct import *import, struct import_row *row, enum kam_code code,
                       const ProtobufCMessage *response)
{
    struct app *app = import->app;
    if (code == KAM_OK) {
        row->outcome = IMPORT_ADDED;
        row->handle = arena_strdup(app->arena, message_text(response, "code"));
        row->version = message_integer(response, "version");
    } else if (code == KAM_ALREADY_EXISTS) {
        row->outcome = IMPORT_DUPLICATE; // until the next pass finds it to be the row itself
        row->detail = describe_resources(import);
    } else {
        import_fail_with_error(import, row);
    }
}

// ---- Look: is it there, from an earlier run?

static struct kam_call *begin_look(struct import *import, struct import_row *row)
{
    if (row->outcome != (import->is_dry ? IMPORT_PENDING : IMPORT_DUPLICATE))
        return NULL;
    Kam__V1__GetAccountRequest request = KAM__V1__GET_ACCOUNT_REQUEST__INIT;
    request.id = row->id;
    return kam_call_begin(import->app->client, SERVICE "GetAccount", &request.base, &kam__v1__account__descriptor,
                          NULL);
}

static void end_look(struct import *import, struct import_row *row, enum kam_code code,
                     const ProtobufCMessage *response)
{
    if (code == KAM_OK) {
        row->outcome = IMPORT_PRESENT;
        row->handle = arena_strdup(import->app->arena, message_text(response, "code"));
        row->version = message_integer(response, "version");
        row->has_parent = *message_text(response, "parent_id") != '\0';
        row->detail = "";
    } else if (code != KAM_NOT_FOUND) {
        import_fail_with_error(import, row);
    }
}

// ---- A dry run asks for duplicates instead of creating

static struct kam_call *begin_compare(struct import *import, struct import_row *row)
{
    if (row->outcome != IMPORT_PENDING)
        return NULL;
    Kam__V1__FindDuplicateAccountsRequest request = KAM__V1__FIND_DUPLICATE_ACCOUNTS_REQUEST__INIT;
    const ProtobufCMessage *account = message_get_sub(row->request, "account");
    request.name = arena_strdup(import->app->arena, message_text(account, "name"));
    request.registration_number = arena_strdup(import->app->arena, message_text(account, "registration_number"));
    return kam_call_begin(import->app->client, SERVICE "FindDuplicateAccounts", &request.base,
                          &kam__v1__find_duplicate_accounts_response__descriptor, NULL);
}

static void end_compare(struct import *import, struct import_row *row, enum kam_code code,
                        const ProtobufCMessage *response)
{
    if (code != KAM_OK) {
        import_fail_with_error(import, row);
        return;
    }
    const Kam__V1__FindDuplicateAccountsResponse *found = (const Kam__V1__FindDuplicateAccountsResponse *)response;
    bool has_reason = *message_text(row->request, "duplicate_reason") != '\0';
    row->outcome = found->n_matches > 0 && !has_reason ? IMPORT_DUPLICATE : IMPORT_WOULD_ADD;
    for (size_t at = 0; at < found->n_matches; at++)
        row->detail = arena_printf(import->app->arena, "%s%s%s %s (%s)", row->detail, at == 0 ? "" : "; ",
                                   found->matches[at]->code, found->matches[at]->name, found->matches[at]->owner_name);
}

// ---- Subsidiaries

// The id of the parent: a row of the file, else an account that has this very name.
static const char *find_parent(struct import *import, const char *name)
{
    struct app *app = import->app;
    const char *wanted = text_fold(app->arena, name);
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        if ((row->outcome == IMPORT_ADDED || row->outcome == IMPORT_PRESENT) &&
            strcmp(text_fold(app->arena, row->key), wanted) == 0)
            return row->id;
    }
    static const char method[] = "/kam.v1.SearchService/Search";
    ProtobufCMessage *response;
    Kam__V1__SearchRequest *request = (Kam__V1__SearchRequest *)app_new_request(app, method);
    message_set_text(&request->base, "text", name);
    request->kind = KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT;
    if (app_try_call(app, method, &request->base, &response) != KAM_OK)
        return NULL;
    const Kam__V1__SearchResponse *found = (const Kam__V1__SearchResponse *)response;
    const char *id = NULL;
    for (size_t at = 0; at < found->n_results; at++)
        if (strcmp(text_fold(app->arena, found->results[at]->title), wanted) == 0) {
            if (id != NULL)
                return NULL; // two of that name: no guess
            id = found->results[at]->id;
        }
    return id;
}

static struct kam_call *begin_link(struct import *import, struct import_row *row)
{
    const char *parent = import_cell(import, row, "parent");
    bool is_there = row->outcome == IMPORT_ADDED || row->outcome == IMPORT_PRESENT;
    if (!is_there || row->has_parent || *parent == '\0')
        return NULL;
    const char *id = find_parent(import, parent);
    if (id == NULL || strcmp(id, row->id) == 0) {
        row->detail = arena_printf(import->app->arena, _("its parent '%s' was not found"), parent);
        return NULL;
    }
    ProtobufCMessage *request = app_new_request(import->app, SERVICE "UpdateAccount");
    Kam__V1__UpdateAccountRequest *update = (Kam__V1__UpdateAccountRequest *)request;
    ProtobufCMessage *account = message_sub(request, message_find_field(request->descriptor, "account"));
    message_set_text(account, "id", row->id);
    message_set_text(account, "parent_id", id);
    update->account->version = row->version;
    ProtobufCMessage *mask = message_sub(request, message_find_field(request->descriptor, "update_mask"));
    message_add_text(mask, message_find_field(mask->descriptor, "paths"), "parent_id");
    return kam_call_begin(import->app->client, SERVICE "UpdateAccount", request, &kam__v1__account__descriptor, NULL);
}

static void end_link(struct import *import, struct import_row *row, enum kam_code code,
                     const ProtobufCMessage *response)
{
    (void)response;
    if (code != KAM_OK)
        row->detail = arena_printf(import->app->arena, _("its parent could not be set: %s"),
                                   language_text(import->app->error.message));
}

enum exit_code import_accounts(struct app *app, struct invocation *invocation)
{
    struct import *import = arena_alloc(app->arena, sizeof *import);
    *import = (struct import){.app = app, .invocation = invocation, .kind = "account"};
    enum exit_code failure = import_open(import, synonyms, own_targets);
    if (failure == EXIT_OK && import_column(import, "name") == SIZE_MAX) {
        app_refuse(app, EXIT_USAGE, _("no column holds the name of the account"));
        app_hint(app, _("Say which: --map \"COLUMN=name\""));
        failure = EXIT_USAGE;
    }
    if (failure == EXIT_OK)
        failure = import_find_company(import);
    if (failure == EXIT_OK)
        failure = prepare(import);
    if (failure != EXIT_OK)
        return failure;
    if (import->is_dry) {
        import_run(import, _("looking"), begin_look, end_look);
        import_run(import, _("comparing"), begin_compare, end_compare);
        return import_finish(import);
    }
    import_run(import, _("adding"), begin_create, end_create);
    import_run(import, _("looking"), begin_look, end_look);
    import_run(import, _("linking"), begin_link, end_link);
    return import_finish(import);
}

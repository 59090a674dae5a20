// SPDX-License-Identifier: Apache-2.0
// Finding what the tables name: see method.h.
#include "methods/method.h"

#include <string.h>

#include "base/require.h"
#include "methods/handler.h"
#include "methods/value.h"

// A handler's statement whose columns are all paths in the response can be filled into it; others the handler reads
// itself.
static bool fits_response(const struct table_statement *table, const ProtobufCMessageDescriptor *response)
{
    struct fill_column column;
    for (size_t at = 0; at < table->column_count; at++)
        if (!fill_resolve(response, &table->columns[at], &column))
            return false;
    return true;
}

static void resolve_columns(struct method_statement *statement, struct arena *arena)
{
    const struct table_statement *table = statement->table;
    struct fill_column *columns = arena_alloc(arena, (table->column_count + 1) * sizeof *columns);
    for (size_t at = 0; at < table->column_count; at++) {
        REQUIRE(fill_resolve(statement->row, &table->columns[at], &columns[at]));
        unsigned key = columns[at].page_key;
        if (key == 0)
            continue;
        REQUIRE(key <= BIND_PAGE_KEYS_MAX);
        statement->key_columns[key - 1] = at;
        statement->key_types[key - 1] = columns[at].oid;
        if (statement->key_count < key)
            statement->key_count = key;
    }
    statement->columns = columns;
}

static void resolve_rows(struct method_statement *statement, const struct contract_method *contract,
                         struct arena *arena)
{
    const struct table_statement *table = statement->table;
    bool is_nothing = table->part == TABLE_INTO && strcmp(table->argument, "nothing") == 0;
    statement->row = contract->response;
    if (table->part == TABLE_STATEMENT && fits_response(table, contract->response))
        resolve_columns(statement, arena);
    if (table->part == TABLE_DO || table->part == TABLE_STATEMENT || is_nothing)
        return;
    statement->rows = METHOD_ROWS_RESPONSE;
    if (table->part == TABLE_INTO && strcmp(table->argument, ".") != 0) {
        statement->field = protobuf_c_message_descriptor_get_field_by_name(contract->response, table->argument);
        REQUIRE(statement->field != NULL && statement->field->type == PROTOBUF_C_TYPE_MESSAGE);
        statement->rows = statement->field->label == PROTOBUF_C_LABEL_REPEATED ? METHOD_ROWS_LIST : METHOD_ROWS_MESSAGE;
        statement->row = statement->field->descriptor;
    }
    resolve_columns(statement, arena);
}

static void resolve_statement(struct method *method, struct method_statement *statement, struct arena *arena)
{
    const struct table_statement *table = statement->table;
    size_t count = table->statement.parameter_count;
    struct bind_parameter *parameters = arena_alloc(arena, (count + 1) * sizeof *parameters);
    for (size_t at = 0; at < count; at++) {
        REQUIRE(bind_resolve(method->contract->request, &table->parameters[at], table->statement.parameter_types[at],
                             &parameters[at]));
        if (parameters[at].source == TABLE_PAGE_LIMIT)
            statement->is_page = true;
        if (parameters[at].source == TABLE_NEW_ID)
            statement->uses_new_id = true;
        if (parameters[at].is_password) {
            method->has_password = true;
            method->password = parameters[at].path;
        }
    }
    statement->parameters = parameters;
    resolve_rows(statement, method->contract, arena);
}

static const struct method_variant *resolve_variant(struct method *method, const struct table_variant *table,
                                                    struct arena *arena)
{
    struct method_variant *variant = arena_alloc(arena, sizeof *variant);
    struct method_statement *statements = arena_alloc(arena, (table->statement_count + 1) * sizeof *statements);
    variant->table = table;
    variant->statements = statements;
    variant->statement_count = table->statement_count;
    for (size_t at = 0; at < table->statement_count; at++) {
        statements[at].table = &table->statements[at];
        resolve_statement(method, &statements[at], arena);
        variant->uses_new_id = variant->uses_new_id || statements[at].uses_new_id;
        if (statements[at].is_page)
            variant->page = &statements[at];
    }
    if (method->has_mask && method->has_record && method->record.depth == 2)
        variant->mask = (struct validate_mask){.resource = method->record.fields[0]->name,
                                               .id = method->record.fields[1]->name,
                                               .paths = table->mask,
                                               .path_count = table->mask_count};
    return variant;
}

const struct method *method_resolve(const struct table_method *table, struct validate_cache *cache, struct arena *arena)
{
    struct method *method = arena_alloc(arena, sizeof *method);
    method->table = table;
    method->contract = contract_find_method(table->path);
    REQUIRE(method->contract != NULL);
    const ProtobufCMessageDescriptor *request = method->contract->request;
    method->rules = validate_compile(cache, request);
    method->has_mask = protobuf_c_message_descriptor_get_field_by_name(request, "update_mask") != NULL;
    method->has_record = table->record != NULL;
    method->has_version = table->version != NULL;
    REQUIRE(!method->has_record || path_resolve(request, table->record, &method->record));
    REQUIRE(!method->has_version || path_resolve(request, table->version, &method->version));
    method->answer_version = protobuf_c_message_descriptor_get_field_by_name(method->contract->response, "version");
    if (method->answer_version != NULL && method->answer_version->type != PROTOBUF_C_TYPE_INT64)
        method->answer_version = NULL;
    if (table->handler != NULL) {
        method->handler = handler_find(table->handler);
        REQUIRE(method->handler != NULL);
    }
    for (int role = 0; role < TABLE_ROLE_COUNT; role++) {
        const struct table_variant *variant = table->variants[role];
        for (int before = 0; before < role && variant != NULL; before++)
            if (table->variants[before] == variant)
                method->variants[role] = method->variants[before];
        if (variant != NULL && method->variants[role] == NULL)
            method->variants[role] = resolve_variant(method, variant, arena);
        if (method->variants[role] != NULL && method->variants[role]->page != NULL)
            REQUIRE(page_find_fields(request, method->contract->response, &method->page));
    }
    return method;
}

const struct method_statement *method_find_statement(const struct method_variant *variant, const char *name)
{
    for (size_t at = 0; at < variant->statement_count; at++) {
        const struct table_statement *table = variant->statements[at].table;
        if (table->part == TABLE_STATEMENT && strcmp(table->argument, name) == 0)
            return &variant->statements[at];
    }
    require_failed("a statement of the handler's file", __FILE__, __LINE__);
}

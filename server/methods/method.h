// SPDX-License-Identifier: Apache-2.0
// A method with everything found that the tables only name: paths, columns, rules. Made once, constant afterwards.
#ifndef KAM_METHODS_METHOD_H
#define KAM_METHODS_METHOD_H

#include <stdbool.h>

#include "contract.h"
#include "methods/bind.h"
#include "methods/fill.h"
#include "methods/page.h"
#include "methods/table.h"
#include "methods/validate.h"

struct method_handler;

enum method_rows {
    METHOD_ROWS_IGNORED,
    METHOD_ROWS_RESPONSE, // the first row is the response
    METHOD_ROWS_MESSAGE,  // the first row is a message of the response; without a row it stays unset
    METHOD_ROWS_LIST,     // each row is an element of a list of the response
};

struct method_statement {
    const struct table_statement *table;
    const struct bind_parameter *parameters;
    enum method_rows rows;
    const ProtobufCFieldDescriptor *field; // of METHOD_ROWS_MESSAGE and METHOD_ROWS_LIST
    const ProtobufCMessageDescriptor *row; // what a row becomes
    const struct fill_column *columns;     // NULL where rows are ignored or read by a handler
    bool uses_new_id;
    bool is_page; // uses :page.limit
    size_t key_count;
    size_t key_columns[BIND_PAGE_KEYS_MAX];
    uint32_t key_types[BIND_PAGE_KEYS_MAX];
};

struct method_variant {
    const struct table_variant *table;
    const struct method_statement *statements;
    size_t statement_count;
    const struct method_statement *page; // the one with :page.limit, or NULL
    bool uses_new_id;                    // has a parameter :new.id
    struct validate_mask mask;
};

struct method {
    const struct table_method *table;
    const struct contract_method *contract;
    const struct validate_rules *rules;
    const struct method_handler *handler; // NULL: statements alone
    const struct method_variant *variants[TABLE_ROLE_COUNT];
    bool has_mask; // the request has an update_mask
    bool has_record, has_version, has_password;
    struct path record, version, password;
    struct page_fields page;
    const ProtobufCFieldDescriptor *answer_version; // the response's version, NULL when it has none
};

// The method of a table row; memory in the arena. Ends the process when table and contract do not fit.
const struct method *method_resolve(const struct table_method *table, struct validate_cache *cache,
                                    struct arena *arena);

// The statement of a handler's variant by name. Never NULL.
const struct method_statement *method_find_statement(const struct method_variant *variant, const char *name);

#endif

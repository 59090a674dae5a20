// SPDX-License-Identifier: Apache-2.0
// Commands are table entries. What an entry does not say is taken from the contract: the options of a command are the
// fields of its method's request, so that a new method needs one entry.
#ifndef KAM_CLI_COMMAND_H
#define KAM_CLI_COMMAND_H

#include "app.h"
#include "contract.h"

// What a word on the command line names.
enum record_kind {
    RECORD_NONE, // itself
    RECORD_ACCOUNT,
    RECORD_CONTACT,
    RECORD_POSITION, // named by its contact; --at ACCOUNT where there are several
    RECORD_ACTIVITY,
    RECORD_USER,
    RECORD_TEAM,
    RECORD_SESSION,
    RECORD_ANY,
    RECORD_ANY_ACCOUNT, // retired ones as well
    RECORD_LISTED,      // known by the short id that a list showed, and by nothing else; needs a version_method
    RECORD_TARGET_LIST,
    RECORD_PLAN,
    RECORD_ROUTE,
    RECORD_OPPORTUNITY,
    RECORD_ENGAGEMENT,     // an engagement plan; its account where that has one
    RECORD_MERGED_ACCOUNT, // itself, and not what it was merged into
};

enum { MOST_ARGUMENTS = 3, MOST_EXAMPLES = 4, MOST_DEPTH = 4 };

struct argument {
    const char *name;  // "ACCOUNT", as help shows it
    const char *field; // path in the request: "id", "account.name"; NULL: the command's own affair
    enum record_kind kind;
    bool is_optional;
    bool takes_rest; // all words that follow
};

// An option that is not a field of the request.
struct flag {
    const char *name;
    const char *parameter; // NULL: it is on or off
    const char *help;
    bool is_repeated;
};

struct invocation;

struct command {
    const char *name;    // "account member add"
    const char *summary; // one line
    const char *method;  // NULL: run does everything
    struct argument arguments[MOST_ARGUMENTS];
    const struct flag *flags;   // ends with name NULL; NULL for none
    const char *required;       // options that must be given, beside what the contract requires
    const char *optional;       // options that the contract requires and run fills in
    const char *hidden;         // fields not offered as options
    const char *columns;        // of a list: paths in the row
    const char *done;           // "Added %s."; NULL shows the record
    const char *version_method; // where the present version comes from when none is given
    // Of a part of a record that is set by what it is about: the list of the record in which such parts stand, and the
    // part's field that says what it is about. There may be none yet, and nothing else need be said of it.
    const char *part_list, *part_key;
    const char *empty; // what to do when a list is empty
    const char *examples[MOST_EXAMPLES];
    enum exit_code (*run)(struct app *app, struct invocation *invocation);
    // After the response was printed (not with --json or --csv).
    enum exit_code (*more)(struct app *app, struct invocation *invocation, const ProtobufCMessage *response);
};

// An option made from a field.
struct option {
    const char *name;
    const char *parameter; // NULL: on or off
    const ProtobufCFieldDescriptor *path[MOST_DEPTH];
    size_t depth;
    const struct contract_field *contract; // of the last field
    enum record_kind reference;
    bool is_required;
};

struct given {
    const struct option *option; // or
    const struct flag *flag;
    const char *value; // NULL for a flag that is on
};

enum { MOST_WORDS = 64, MOST_GIVEN = 128 };

struct invocation {
    const struct command *command;
    const char *words[MOST_WORDS];
    size_t word_count;
    struct given given[MOST_GIVEN];
    size_t given_count;
    const struct option *options;
    size_t option_count;
};

// Tables of the nouns, in the order help shows them.
struct command_group {
    const char *title;
    const struct command *commands;
    const size_t *count;
};
extern const struct command_group command_groups[];
extern const size_t command_group_count;

// The flags that a command has beside its own: --if-version, --clear, --at.
const struct flag *command_find_flag(const struct command *command, const char *name);

// True for a method that answers with a list.
bool command_is_list(const struct command *command);
bool command_is_update(const struct command *command);

// The value of a flag ("" when it takes none), NULL when it was not given.
const char *invocation_flag(const struct invocation *invocation, const char *name);

// The options a command takes from its method's request.
void options_of_command(struct arena *arena, const struct command *command, const struct option **options_r,
                        size_t *count_r);

// The same of any message; command says which fields are hidden.
void options_of_message(struct arena *arena, const struct command *command, const ProtobufCMessageDescriptor *message,
                        const struct option **options_r, size_t *count_r);

// The name under which a field is typed: "founded-on"; a reference without "_id", a list in the singular.
const char *option_name_of_field(struct arena *arena, const ProtobufCFieldDescriptor *field);
enum record_kind option_reference_of_field(const ProtobufCMessageDescriptor *message,
                                           const ProtobufCFieldDescriptor *field);

// The sub-message of a field, the first one of a list, made where it is missing: what options and arguments fill.
ProtobufCMessage *option_step_into(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// The message that holds the option's last field, made where it is missing.
ProtobufCMessage *option_holder(ProtobufCMessage *request, const struct option *option);

// "edit account" -> the entry whose name begins the words; *used_r words belong to the name. NULL when there is none.
const struct command *command_find(const char *const words[], size_t count, size_t *used_r);

// True when some command's name begins with these words.
bool command_is_prefix(const char *const words[], size_t count);

// Runs a command that has a method: binds, asks, calls, prints.
enum exit_code command_run_method(struct app *app, struct invocation *invocation);

// The steps of it, for commands that do more. Binding resolves names and so may call the server.
enum exit_code command_bind(struct app *app, struct invocation *invocation, ProtobufCMessage **request_r);
enum exit_code command_call(struct app *app, struct invocation *invocation, ProtobufCMessage *request);

#endif

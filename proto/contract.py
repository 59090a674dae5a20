#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the descriptor set of all .proto files into contract.c, the tables that contract.h declares.

usage: contract.py DESCRIPTOR_SET OUTPUT.c
"""
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FORMATS = ["TEXT", "LONG_TEXT", "UUID", "EMAIL", "URL", "PHONE", "LOGIN", "PASSWORD", "CURRENCY", "PERCENT"]
DEFAULT_MAX_BYTES = {"LONG_TEXT": 4000, "UUID": 36, "PASSWORD": 200}
DEFAULT_MAX_ITEMS = 50


def c_string(text):
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        out.append("\\" + char if char in '"\\?' else char if 32 <= byte < 127 else "\\%03o" % byte)
    return '"' + "".join(out) + '"'


def c_bytes(data):
    return "".join("%d," % byte for byte in data)


def c_name(full_name):
    """protobuf-c's C name of a message: kam.v1.UserX -> kam__v1__user_x."""
    parts = []
    for part in full_name.split("."):
        snake = ""
        was_upper = True
        for char in part:
            if char.isupper():
                snake += ("" if was_upper else "_") + char.lower()
                was_upper = True
            else:
                snake += char
                was_upper = False
        parts.append(snake)
    return "__".join(parts)


class Contract:
    def __init__(self, data):
        self.files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
        pool = descriptor_pool.DescriptorPool()
        for file in self.files:
            pool.Add(file)
        self.options_with_rules = message_factory.MessageFactory(pool).GetPrototype(
            pool.FindMessageTypeByName("google.protobuf.FieldOptions"))
        self.rules_extension = pool.FindExtensionByName("kam.v1.rules")

    def rules(self, field):
        options = self.options_with_rules.FromString(field.options.SerializeToString())
        return options.Extensions[self.rules_extension]

    def messages(self):
        """(full name, DescriptorProto, comments of fields by index, comment, file name), outer before inner."""
        for file in self.files:
            comments = {tuple(l.path): l.leading_comments.strip() for l in file.source_code_info.location}
            stack = [((4, i), m, file.package) for i, m in reversed(list(enumerate(file.message_type)))]
            while stack:
                path, message, scope = stack.pop()
                if message.options.map_entry:
                    continue
                name = scope + "." + message.name
                fields = [comments.get(path + (2, i), "") for i in range(len(message.field))]
                yield name, message, fields, comments.get(path, ""), file.name
                stack += [(path + (3, i), m, name) for i, m in reversed(list(enumerate(message.nested_type)))]

    def methods(self):
        for file in self.files:
            comments = {tuple(l.path): l.leading_comments.strip() for l in file.source_code_info.location}
            for s, service in enumerate(file.service):
                for m, method in enumerate(service.method):
                    yield file.package + "." + service.name, method, comments.get((6, s, 2, m), "")

    def symbols(self):
        for number, file in enumerate(self.files):
            for service in file.service:
                yield file.package + "." + service.name, number
                for method in service.method:
                    yield file.package + "." + service.name + "." + method.name, number
            for enum in file.enum_type:
                yield file.package + "." + enum.name, number
            for extension in file.extension:
                yield file.package + "." + extension.name, number
        by_name = {file.name: i for i, file in enumerate(self.files)}
        for name, message, _, _, file in self.messages():
            yield name, by_name[file]
            for field in message.field:
                yield name + "." + field.name, by_name[file]
            for enum in message.enum_type:
                yield name + "." + enum.name, by_name[file]


def clean(comment):
    return "\n".join(line.strip() for line in comment.split("\n"))


def label_of(field, rules):
    if rules.label:
        return rules.label
    words = field.name
    for suffix in ("_id",):
        if words.endswith(suffix) and words != suffix:
            words = words[: -len(suffix)]
    if words.startswith("is_"):
        words = words[3:]
    return words.replace("_", " ").capitalize()


def field_row(contract, field, comment):
    rules = contract.rules(field)
    form = FORMATS[rules.format]
    return "{%s, %s, %s, %s, CONTRACT_FORMAT_%s, %d, %d, %d, %d, %d, %d, %d, %d}," % (
        c_string(field.name), c_string(clean(comment)), c_string(label_of(field, rules)),
        "true" if rules.required else "false", form, rules.max_bytes or DEFAULT_MAX_BYTES.get(form, 200),
        rules.max_items or DEFAULT_MAX_ITEMS, rules.HasField("min"), rules.HasField("max"), rules.min, rules.max,
        rules.output_only, rules.guarded)


def main():
    with open(sys.argv[1], "rb") as source:
        contract = Contract(source.read())
    contract.files.sort(key=lambda file: file.name)
    out = ["// Generated by proto/contract.py from the .proto files. Do not edit.", '#include "contract.h"',
           "#include <string.h>"]
    messages = sorted(contract.messages(), key=lambda row: row[0])
    out += ['#include "%s"' % file.name.replace(".proto", ".pb-c.h") for file in contract.files]

    # Rows stand in the order of protobuf-c's descriptor->fields, which is by field number.
    for name, message, comments, _, _ in messages:
        rows = sorted(zip(message.field, comments), key=lambda row: row[0].number)
        if rows:
            out.append("static const struct contract_field fields_of_%s[] = {" % c_name(name))
            out += [field_row(contract, field, comment) for field, comment in rows]
            out.append("};")
    out.append("const struct contract_message contract_messages[] = {")
    for name, message, _, comment, _ in messages:
        fields = "fields_of_" + c_name(name) if message.field else "NULL"
        out.append("{&%s__descriptor, %s, %s}," % (c_name(name), c_string(clean(comment)), fields))
    out += ["};", "const size_t contract_message_count = %d;" % len(messages)]

    methods = []
    for service, method, comment in contract.methods():
        path = "/%s/%s" % (service, method.name)
        methods.append((path.encode(), "{%s, %s, %s, %s, &%s__descriptor, &%s__descriptor, %s, %s}," % (
            c_string(path), c_string(service), c_string(method.name), c_string(clean(comment)),
            c_name(method.input_type[1:]), c_name(method.output_type[1:]),
            "true" if method.client_streaming else "false", "true" if method.server_streaming else "false")))
    methods.sort()
    out += ["const struct contract_method contract_methods[] = {"] + [row for _, row in methods]
    out += ["};", "const size_t contract_method_count = %d;" % len(methods)]

    numbers = {file.name: i for i, file in enumerate(contract.files)}
    for i, file in enumerate(contract.files):
        slim = descriptor_pb2.FileDescriptorProto()
        slim.CopyFrom(file)
        slim.ClearField("source_code_info")
        out.append("static const uint8_t file_%d[] = {%s};" % (i, c_bytes(slim.SerializeToString())))
        out.append("static const size_t dependencies_%d[] = {%s};" % (
            i, ",".join(str(numbers[d]) for d in file.dependency) or "0"))
    out.append("const struct contract_file contract_files[] = {")
    for i, file in enumerate(contract.files):
        out.append("{%s, file_%d, sizeof file_%d, dependencies_%d, %d}," % (
            c_string(file.name), i, i, i, len(file.dependency)))
    out += ["};", "const size_t contract_file_count = %d;" % len(contract.files)]

    symbols = sorted(set(contract.symbols()), key=lambda row: row[0].encode())
    out.append("const struct contract_symbol contract_symbols[] = {")
    out += ["{%s, %d}," % (c_string(name), number) for name, number in symbols]
    out += ["};", "const size_t contract_symbol_count = %d;" % len(symbols)]
    services = sorted({service for service, _, _ in contract.methods()})
    out.append("const char *const contract_services[] = {%s};" % ", ".join(c_string(s) for s in services))
    out.append("const size_t contract_service_count = %d;" % len(services))
    out.append("""
const struct contract_message *contract_find_message(const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t at = 0; at < contract_message_count; at++)
        if (contract_messages[at].descriptor == descriptor)
            return &contract_messages[at];
    return NULL;
}

const struct contract_method *contract_find_method(const char *path)
{
    for (size_t at = 0; at < contract_method_count; at++)
        if (strcmp(contract_methods[at].path, path) == 0)
            return &contract_methods[at];
    return NULL;
}
""")
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write("\n".join(out))


if __name__ == "__main__":
    main()

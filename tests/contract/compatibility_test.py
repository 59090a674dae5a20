#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""The contract may grow, but what an older client knows must stay: compares it with tests/contract/released.txt.

One line there per fact a client depends on. With a release, bring it up to date: compatibility_test.py --release DESCRIPTOR_SET
"""
import os
import pathlib
import sys
import unittest

from google.protobuf import descriptor_pb2

RELEASED = pathlib.Path(__file__).resolve().parent / "released.txt"
TYPES = {value: name.removeprefix("TYPE_").lower() for name, value in descriptor_pb2.FieldDescriptorProto.Type.items()}
LABELS = {1: "optional", 2: "required", 3: "repeated"}


def message_facts(scope, message):
    name = f"{scope}.{message.name}"
    yield f"message {name}"
    for field in message.field:
        kind = field.type_name.lstrip(".") or TYPES[field.type]
        yield f"field {name} {field.number} {field.name} {LABELS[field.label]} {kind}"
    for nested in message.nested_type:
        yield from message_facts(name, nested)
    for enum in message.enum_type:
        yield from enum_facts(name, enum)


def enum_facts(scope, enum):
    for value in enum.value:
        yield f"value {scope}.{enum.name} {value.number} {value.name}"


def facts(path):
    """Every name, number and type of kam.v1 that a client may have compiled in."""
    for file in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(path).read_bytes()).file:
        if file.package != "kam.v1":
            continue
        for message in file.message_type:
            yield from message_facts(file.package, message)
        for enum in file.enum_type:
            yield from enum_facts(file.package, enum)
        for service in file.service:
            for method in service.method:
                streams = f"{'stream ' if method.client_streaming else ''}{method.input_type.lstrip('.')}"
                answers = f"{'stream ' if method.server_streaming else ''}{method.output_type.lstrip('.')}"
                yield f"method {file.package}.{service.name}/{method.name} ({streams}) returns ({answers})"


def broken(released, present):
    """What a released client relies on and would no longer find."""
    return sorted(set(released) - set(present))


class CompatibilityTest(unittest.TestCase):
    def test_nothing_released_has_changed(self):
        present = set(facts(pathlib.Path(os.environ["KAM_BUILD"]) / "proto" / "kam.pb"))
        self.assertEqual(broken(RELEASED.read_text(encoding="utf-8").splitlines(), present), [])

    def test_a_changed_number_type_or_name_is_seen(self):
        field = "field kam.v1.Account 3 name optional string"
        for other in ("field kam.v1.Account 4 name optional string", "field kam.v1.Account 3 name optional bytes",
                      "field kam.v1.Account 3 title optional string"):
            self.assertEqual(broken([field], [other]), [field])
        self.assertEqual(broken([field], [field, "field kam.v1.Account 99 motto optional string"]), [])


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--release":
        RELEASED.write_text("".join(f"{fact}\n" for fact in sorted(set(facts(sys.argv[2])))), encoding="utf-8")
    else:
        unittest.main()

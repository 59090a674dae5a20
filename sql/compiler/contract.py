# SPDX-License-Identifier: Apache-2.0
"""The contract as the compiler needs it: messages, methods, paths into messages and the PostgreSQL types of their ends."""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .problems import Slip, choices

PACKAGE = "kam.v1"
Field = descriptor_pb2.FieldDescriptorProto

# Names are PostgreSQL's, numbers its type oids (pg_type.dat).
OIDS = {"bool": 16, "bytea": 17, "int8": 20, "int2": 21, "int4": 23, "text": 25, "float8": 701, "date": 1082,
        "timestamptz": 1184, "uuid": 2950,
        "bool[]": 1000, "bytea[]": 1001, "int2[]": 1005, "int4[]": 1007, "text[]": 1009, "int8[]": 1016, "float8[]": 1022,
        "date[]": 1182, "timestamptz[]": 1185, "uuid[]": 2951}
NAMES = {oid: name for name, oid in OIDS.items()}

SCALARS = {Field.TYPE_INT32: "int32", Field.TYPE_SINT32: "int32", Field.TYPE_SFIXED32: "int32",
           Field.TYPE_INT64: "int64", Field.TYPE_SINT64: "int64", Field.TYPE_SFIXED64: "int64",
           Field.TYPE_UINT32: "uint32", Field.TYPE_FIXED32: "uint32",
           Field.TYPE_BOOL: "bool", Field.TYPE_DOUBLE: "double", Field.TYPE_BYTES: "bytes", Field.TYPE_ENUM: "enum"}
MESSAGES = {".google.protobuf.Timestamp": "timestamp", ".google.type.Date": "date", ".google.protobuf.FieldMask": "mask"}

PARAMETER_TYPES = {"string": "text", "uuid": "uuid", "enum": "text", "int32": "int4", "int64": "int8", "uint32": "int8",
                   "bool": "bool", "double": "float8", "bytes": "bytea", "timestamp": "timestamptz", "date": "date",
                   "mask": "text[]"}
COLUMN_TYPES = {"string": ("text", "uuid"), "uuid": ("uuid", "text"), "enum": ("text",), "int32": ("int4", "int2"),
                "int64": ("int8", "int4", "int2"), "uint32": ("int8", "int4", "int2"), "bool": ("bool",),
                "double": ("float8",), "bytes": ("bytea",), "timestamp": ("timestamptz",), "date": ("date",)}
# A list inside an element of a list travels as one text per element, its items joined by commas, those of texts by line breaks.
JOINED = ("enum", "uuid", "int32", "int64", "string")
LONG_TEXT = 1  # kam.v1.FORMAT_LONG_TEXT


class Path:
    """A way from a message to one of its ends: "registered_capital.minor_units", "members[].user_id"."""

    def __init__(self, fields, each, kind):
        self.fields = fields
        self.each = each  # goes through the elements of a repeated message
        self.kind = kind
        self.is_repeated = fields[-1].label == Field.LABEL_REPEATED
        self.is_joined = each and self.is_repeated

    def parameter_type(self):
        if self.is_joined:
            return "text[]"
        base = PARAMETER_TYPES[self.kind]
        return base + "[]" if self.each or self.is_repeated else base

    def column_types(self):
        if self.is_joined:
            return ("text[]",) if self.kind != "string" else ()
        suffix = "[]" if self.each or self.is_repeated else ""
        return tuple(base + suffix for base in COLUMN_TYPES[self.kind])


class Contract:
    def __init__(self, data):
        files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
        pool = descriptor_pool.DescriptorPool()
        for file in files:
            pool.Add(file)
        self.options_with_rules = message_factory.MessageFactory(pool).GetPrototype(
            pool.FindMessageTypeByName("google.protobuf.FieldOptions"))
        self.rules_extension = pool.FindExtensionByName("kam.v1.rules")
        self.messages = {}
        self.methods = {}
        self.places = {}  # method -> (file, line) of its rpc
        for file in files:
            for message in file.message_type:
                self.add_message("." + file.package, message)
            if file.package == PACKAGE:
                lines = {tuple(place.path): place.span[0] + 1 for place in file.source_code_info.location}
                for s, service in enumerate(file.service):
                    for m, method in enumerate(service.method):
                        name = "%s.%s/%s" % (PACKAGE, service.name, method.name)
                        self.methods[name] = method
                        self.places[name] = ("proto/" + file.name, lines.get((6, s, 2, m), 1))

    def add_message(self, scope, message):
        name = scope + "." + message.name
        self.messages[name] = message
        for nested in message.nested_type:
            self.add_message(name, nested)

    def rules(self, field):
        options = self.options_with_rules.FromString(field.options.SerializeToString())
        return options.Extensions[self.rules_extension]

    def kind_of(self, field):
        if field.type == Field.TYPE_STRING:
            return "uuid" if self.rules(field).format == 2 else "string"
        if field.type == Field.TYPE_MESSAGE:
            return MESSAGES.get(field.type_name)
        return SCALARS.get(field.type)

    def find_field(self, message, name):
        for field in message.field:
            if field.name == name:
                return field
        raise Slip("%s has no field '%s'; %s" % (message.name, name, choices(name, [f.name for f in message.field])))

    def has_field(self, message, name):
        return any(field.name == name for field in message.field)

    def is_submessage(self, field):
        return field.type == Field.TYPE_MESSAGE and field.type_name not in MESSAGES

    def resolve(self, message, text):
        """The path of the text from the message on. Raises Slip."""
        fields = []
        each = False
        steps = text.split(".")
        for number, step in enumerate(steps):
            name = step[:-2] if step.endswith("[]") else step
            field = self.find_field(message, name)
            fields.append(field)
            is_last = number == len(steps) - 1
            if is_last:
                if step.endswith("[]"):
                    raise Slip("'%s' ends in []; write '%s' for the whole list, or '%s.FIELD' for a field of each element" % (
                        text, text[:-2], text))
                break
            if not self.is_submessage(field):
                raise Slip("'%s' of '%s' has no fields of its own; end the path there" % (step, text))
            if field.label == Field.LABEL_REPEATED:
                if not step.endswith("[]"):
                    raise Slip("%s.%s is repeated; write '%s[]' to go through its elements" % (message.name, name, name))
                if each:
                    raise Slip("'%s' goes through two lists; only one is possible" % text)
                each = True
            elif step.endswith("[]"):
                raise Slip("%s.%s is not repeated; write it without []" % (message.name, name))
            message = self.messages[field.type_name]
        kind = self.kind_of(fields[-1])
        if kind is None:
            if self.is_submessage(fields[-1]):
                inner = [f.name for f in self.messages[fields[-1].type_name].field]
                raise Slip("'%s' is a whole %s; name a field of it, such as '%s%s.%s'" % (
                    text, fields[-1].type_name.split(".")[-1], text,
                    "[]" if fields[-1].label == Field.LABEL_REPEATED else "", inner[0] if inner else "..."))
            raise Slip("'%s' has a type that statements do not know" % text)
        path = Path(fields, each, kind)
        if path.is_joined and (kind not in JOINED or kind == "string" and self.rules(fields[-1]).format == LONG_TEXT):
            raise Slip("'%s' is a list inside a list of what may hold line breaks, or has no text form; only lists of enums, ids, numbers and texts of one line are possible" % text)
        if kind == "mask" and (each or path.is_repeated):
            raise Slip("'%s': a field mask inside a list is not possible" % text)
        return path

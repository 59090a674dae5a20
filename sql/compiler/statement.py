# SPDX-License-Identifier: Apache-2.0
"""From a statement as written to one with $1, $2, ...: comments out, @set and @mask expanded, parameters numbered."""
import re

from .contract import OIDS
from .problems import Slip
from .source import Text

TOKEN = re.compile(r"""
    (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<quoted>[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
  | (?P<cast>::|:=)
  | @(?P<macro>set|mask)\s*\((?P<arguments>[^()]*)\)
  | :(?P<parameter>[a-z_][a-z0-9_]*(?:\[\])?(?:\.(?:[a-z_][a-z0-9_]*|[0-9]+)(?:\[\])?)*)
  | (?P<space>\s+)
""", re.X | re.S)


class Parameter:
    def __init__(self, source, name, key, oid, place):
        self.source = source  # FIELD, RECORD_ID, NEW_ID, PAGE_LIMIT, PAGE_KEY, ARGUMENT
        self.name = name
        self.key = key
        self.oid = oid        # 0: PostgreSQL infers it
        self.place = place


class Binder:
    """What the parameters of one statement may be."""

    def __init__(self, contract, method, statement, request):
        self.contract = contract
        self.method = method
        self.statement = statement
        self.request = request
        self.numbers = {}

    def number_of(self, name, place):
        if name not in self.numbers:
            self.statement.parameters.append(self.parameter(name, place))
            self.numbers[name] = len(self.statement.parameters)
        return self.numbers[name]

    def parameter(self, name, place):
        statement, is_list = self.statement, is_list_statement(self.statement)
        if name == "record.id":
            if not self.method.is_write():
                raise Slip(":record.id is for writes; a read names a field of the request")
            return Parameter("RECORD_ID", name, 0, OIDS["uuid"], place)
        if name == "new.id":
            if statement.part == "answer":
                raise Slip(":new.id is another one when the answer is given again; use :record.id")
            return Parameter("NEW_ID", name, 0, OIDS["uuid"], place)
        if name.startswith("page."):
            if not is_list:
                raise Slip(":%s is for the statement of a list ('-- into: FIELD')" % name)
            if name == "page.limit":
                return Parameter("PAGE_LIMIT", name, 0, OIDS["int4"], place)
            key = name[5:]
            if not key.isdigit() or not 1 <= int(key) <= 8:
                raise Slip("no parameter ':%s'; there are :page.limit and :page.1 to :page.8" % name)
            return Parameter("PAGE_KEY", name, int(key), 0, place)
        if name.startswith("arg."):
            if not self.method.is_handler():
                raise Slip(":%s is a value that a handler gives; this method has none" % name)
            return Parameter("ARGUMENT", name[4:], 0, 0, place)
        path = self.contract.resolve(self.request, name)
        if self.contract.rules(path.fields[-1]).output_only:
            raise Slip("'%s' is set by the server (output_only), so a request never holds it" % name)
        return Parameter("FIELD", name, 0, OIDS[path.parameter_type()], place)


def is_list_statement(statement):
    return statement.part == "into" and statement.argument not in (".", "nothing")


def resource_of(contract, method, request):
    """(name, message) of the field of the request that the update mask speaks of. Raises Slip."""
    record = method.value("record")
    if not record or "." not in record:
        raise Slip("a method with an update mask needs '-- record: RESOURCE.id', so that the mask's paths have a message")
    name = record.rsplit(".", 1)[0]
    field = contract.find_field(request, name)
    return name, contract.messages[field.type_name]


def mask_names(contract, message, names):
    for name in names:
        field = contract.find_field(message, name)
        if contract.rules(field).output_only:
            raise Slip("%s.%s is set by the server (output_only), so no mask may name it" % (message.name, name))
        yield field


def expand_set(contract, method, request, arguments):
    """The text of @set(resource: fields) and the names."""
    if ":" not in arguments:
        raise Slip("@set needs a resource and its fields: @set(account: name, phone)")
    resource, names = arguments.split(":", 1)
    resource = resource.strip()
    names = [name.strip() for name in names.split(",")]
    wanted, message = resource_of(contract, method, request)
    if resource != wanted:
        raise Slip("@set speaks of '%s', but the record is in '%s'; write @set(%s: ...)" % (resource, wanted, wanted))
    parts = []
    for field in mask_names(contract, message, names):
        columns = [("", "")]
        if field.type_name == ".kam.v1.Money":
            columns = [("_currency_code", ".currency_code"), ("_minor_units", ".minor_units")]
        for column, path in columns:
            parts.append("%s%s = case when '%s' = any(:update_mask) then :%s.%s%s else %s%s end" % (
                field.name, column, field.name, resource, field.name, path, field.name, column))
    return ", ".join(parts), names


def compile_statement(contract, method, variant, statement, request, text, problems):
    """Sets statement.sql (a Text) and its parameters; adds to the variant's mask."""
    out = Text()
    binder = Binder(contract, method, statement, request)

    def emit(source, places):
        at = 0
        while at < len(source):
            place = places[at]
            found = TOKEN.match(source, at)
            if not found:
                out.add(source[at], place)
                at += 1
                continue
            if found.group("comment") or found.group("space"):
                if out.chars and out.chars[-1] != " ":
                    out.add(" ", place)
            elif found.group("quoted") or found.group("cast"):
                for offset, char in enumerate(found.group(0)):
                    out.add(char, places[at + offset])
            elif found.group("parameter"):
                try:
                    out.add("$%d" % binder.number_of(found.group("parameter"), place), place)
                except Slip as slip:
                    problems.add(*place, str(slip))
                    out.add("NULL", place)
            else:
                try:
                    emit_macro(found, place)
                except Slip as slip:
                    problems.add(*place, str(slip))
            at = found.end()

    def emit_macro(found, place):
        if not contract.has_field(request, "update_mask"):
            raise Slip("@%s is for methods whose request has an update_mask; %s has none" % (found.group("macro"), request.name))
        if statement.part == "answer":
            raise Slip("@%s belongs into a '-- do:' statement" % found.group("macro"))
        arguments = found.group("arguments")
        if found.group("macro") == "set":
            expansion, names = expand_set(contract, method, request, arguments)
            emit(expansion, [place] * len(expansion))
        else:
            names = [name.strip() for name in arguments.split(",")]
            list(mask_names(contract, resource_of(contract, method, request)[1], names))
        for name in names:
            if name not in variant.mask:
                variant.mask.append(name)

    emit(str(text), text.places)
    while out.chars and out.chars[-1] in " ;":
        out.chars.pop()
        out.places.pop()
    while out.chars and out.chars[0] == " ":
        out.chars.pop(0)
        out.places.pop(0)
    statement.sql = out
    if not out.chars:
        problems.add(method.file, statement.line, "'-- %s:' without a statement" % statement.part)
        statement.sql = None

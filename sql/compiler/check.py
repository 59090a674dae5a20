# SPDX-License-Identifier: Apache-2.0
"""The checks that need no database: files against the contract."""
import os

from .contract import Field
from .problems import Slip, choices
from .source import assemble, read_fragments, read_method
from .statement import compile_statement, is_list_statement

ROLE_NEEDS = "say for which: rep, manager, service"


def read_methods(contract, root, problems, is_partial):
    """All methods of the folder sql/, checked and compiled, sorted by name."""
    methods = {}
    fragments = read_fragments(root)
    folder = os.path.join(root, "methods")
    for path in sorted(os.path.join(base, name) for base, _, names in os.walk(folder) for name in names):
        if not path.endswith(".sql"):
            continue
        shown = os.path.join("sql", os.path.relpath(path, root))
        method = read_method(path, shown, problems)
        name = method.value("method")
        if not name:
            problems.add(shown, 1, "no '-- method: kam.v1.SERVICE/METHOD'; say which method this file is")
        elif name not in contract.methods:
            problems.add(shown, method.line("method"), "the contract has no method '%s'; %s" % (name, choices(name, contract.methods)))
        elif name in methods:
            problems.add(shown, method.line("method"), "'%s' has a file already: %s" % (name, methods[name].file))
        else:
            methods[name] = method
            Checker(contract, method, fragments, problems).check()
    if not is_partial:
        for name in contract.methods:
            if name not in methods:
                problems.add(*contract.places[name], "the method has no statement; write sql/methods/<noun>/<verb>.sql with '-- method: %s'" % name)
    return [methods[name] for name in sorted(methods)]


class Checker:
    def __init__(self, contract, method, fragments, problems):
        self.contract = contract
        self.method = method
        self.fragments = fragments
        self.problems = problems
        descriptor = contract.methods[method.value("method")]
        self.descriptor = descriptor
        self.request = contract.messages[descriptor.input_type]
        self.response = contract.messages[descriptor.output_type]
        self.is_paged = contract.has_field(self.request, "page_token")

    def slip(self, line, text):
        self.problems.add(self.method.file, line, text)

    def check(self):
        method = self.method
        if method.value("kind") not in ("read", "write"):
            self.slip(method.line("kind"), "kind is '%s'; it must be 'read' or 'write'" % (method.value("kind") or ""))
        if (self.descriptor.client_streaming or self.descriptor.server_streaming) and not method.is_handler():
            self.slip(method.line("method"), "a streaming method needs '-- handler: NAME'; statements alone give one answer")
        self.check_record()
        self.check_page_directive()
        self.check_roles()
        stem = method.file[len("sql/methods/"):-len(".sql")]
        for v, variant in enumerate(method.variants, 1):
            self.check_parts(variant)
            for s, statement in enumerate(variant.statements, 1):
                statement.name = "%s.%d.%d" % (stem, v, s)
                if len(statement.name) > 63:
                    self.slip(statement.line, "the name '%s' is too long for PostgreSQL (63 bytes); shorten the file's name" % statement.name)
                self.check_into(statement)
                text = assemble(statement, method.file, self.fragments, self.problems)
                compile_statement(self.contract, method, variant, statement, self.request, text, self.problems)
                self.check_page(statement)
            if self.contract.has_field(self.request, "update_mask") and not variant.mask and "auth" not in variant.roles:
                self.slip(variant.line, "%s has an update_mask, but no statement allows a path; use @set or @mask" % self.request.name)

    def check_record(self):
        method = self.method
        for word, wanted in (("record", "uuid"), ("version", "int64")):
            path = method.value(word)
            if path is None:
                continue
            if not method.is_write():
                self.slip(method.line(word), "'%s' is for writes" % word)
                continue
            try:
                resolved = self.contract.resolve(self.request, path)
                if resolved.kind != wanted or resolved.each or resolved.is_repeated:
                    self.slip(method.line(word), "'%s' is not %s" % (
                        path, "a string with format UUID" if wanted == "uuid" else "an int64"))
            except Slip as slip:
                self.slip(method.line(word), str(slip))
        record = method.value("record")
        if record and not method.value("version"):
            version = record.rsplit(".", 1)[0] + ".version" if "." in record else "version"
            try:
                if self.contract.resolve(self.request, version).kind == "int64":
                    method.directives["version"] = (version, method.line("record"))
            except Slip:
                pass

    def check_page_directive(self):
        value = self.method.value("page")
        if value is None:
            return
        if not self.is_paged:
            self.slip(self.method.line("page"), "%s has no page_token, so there are no pages" % self.request.name)
        if not value.isdigit() or not 1 <= int(value) <= 1000:
            self.slip(self.method.line("page"), "page is '%s'; it must be a number from 1 to 1000" % value)

    def check_roles(self):
        seen = {}
        if not self.method.variants:
            self.slip(1, "no '-- roles:'; %s" % ROLE_NEEDS)
        for variant in self.method.variants:
            if not variant.roles:
                self.slip(variant.line, "roles is empty; %s" % ROLE_NEEDS)
            for role in variant.roles:
                if role in seen:
                    self.slip(variant.line, "role '%s' has a variant already, in line %d" % (role, seen[role]))
                seen[role] = variant.line
                if role == "auth" and not self.method.is_handler():
                    self.slip(variant.line, "role 'auth' is for handlers; a session is rep, manager or service")

    def check_parts(self, variant):
        parts = [statement.part for statement in variant.statements]
        if not parts:
            self.slip(variant.line, "roles without a statement; begin one with '-- into:', '-- do:' or '-- answer:'")
        for statement in variant.statements:
            if statement.part == "statement":
                if not self.method.is_handler():
                    self.slip(statement.line, "'statement' is for handlers; use '-- into:', '-- do:' or '-- answer:'")
                elif not statement.argument:
                    self.slip(statement.line, "a statement of a handler needs a name: '-- statement: find_user'")
            elif statement.part in ("do", "answer") and not self.method.is_write():
                self.slip(statement.line, "'%s' is for writes; a read uses '-- into:'" % statement.part)
        names = [statement.argument for statement in variant.statements if statement.part == "statement"]
        for statement in variant.statements:
            if statement.part == "statement" and names.count(statement.argument) > 1:
                self.slip(statement.line, "two statements are named '%s'" % statement.argument)
        if self.method.is_write() and (not self.method.is_handler() or "do" in parts or "answer" in parts):
            if parts and "do" not in parts:
                self.slip(variant.line, "a write without '-- do:'; say what it does")
            # A response without fields needs no statement to fill it.
            if parts and parts.count("answer") != 1 and (self.response.field or "answer" in parts):
                self.slip(variant.line, "a write needs exactly one '-- answer:', which selects the response by :record.id")
            if "answer" in parts:
                answer = parts.index("answer")
                for statement in variant.statements[answer + 1:]:
                    if statement.part == "do":
                        self.slip(statement.line, "'do' after 'answer'; the answer comes last")
                for statement in variant.statements[:answer]:
                    if statement.part == "into":
                        self.slip(statement.line, "'into' before 'answer' in a write; lists of the response come after it")

    def check_into(self, statement):
        if statement.part != "into" or statement.argument in ("nothing", ""):
            if statement.part == "into" and not statement.argument:
                self.slip(statement.line, "into what? '.', a message or a list of messages of %s, or 'nothing'" % self.response.name)
            return
        if statement.argument == ".":
            if self.method.is_write():
                self.slip(statement.line, "the response of a write comes from '-- answer:'")
            return
        try:
            field = self.contract.find_field(self.response, statement.argument)
            statement.is_list = field.label == Field.LABEL_REPEATED
            if not self.contract.is_submessage(field):
                self.slip(statement.line, "%s.%s is no message and no list of messages; 'into' needs '.', one of these, or 'nothing'" % (
                    self.response.name, field.name))
        except Slip as slip:
            self.slip(statement.line, str(slip))

    def check_page(self, statement):
        if not is_list_statement(statement) or self.method.is_write():
            return
        uses_limit = any(parameter.source == "PAGE_LIMIT" for parameter in statement.parameters)
        if uses_limit and not statement.is_list:
            self.slip(statement.line, "%s is one message and has no pages" % statement.argument)
        if self.is_paged and statement.is_list and not uses_limit:
            self.slip(statement.line, "%s has pages; end the statement with 'limit :page.limit'" % self.request.name)
        if not self.is_paged and any(p.source.startswith("PAGE") for p in statement.parameters):
            self.slip(statement.line, "%s has no page_size and page_token, so :page parameters have no meaning" % self.request.name)

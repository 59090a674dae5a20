# SPDX-License-Identifier: Apache-2.0
"""A method's file as written: directives, variants, statements, each with its lines."""
import os
import re

DIRECTIVES = ("method", "kind", "handler", "record", "version", "page", "roles", "into", "do", "answer", "statement")
ROLES = ("rep", "manager", "service", "auth")
DIRECTIVE = re.compile(r"^-- ([a-z][a-z_]*):[ \t]*(.*?)[ \t]*$")
FRAGMENT = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")


class Text:
    """SQL with the place of every character, so that PostgreSQL's positions lead back to the file."""

    def __init__(self):
        self.chars = []
        self.places = []

    def add(self, text, place):
        self.chars.extend(text)
        self.places.extend([place] * len(text))

    def add_lines(self, text, file, line):
        for char in text:
            self.add(char, (file, line))
            if char == "\n":
                line += 1

    def __str__(self):
        return "".join(self.chars)


class Statement:
    def __init__(self, part, argument, line):
        self.part = part          # into, do, answer, statement
        self.argument = argument
        self.line = line
        self.lines = []           # (line number, text)
        self.name = ""            # unique in the program
        # Filled by statement.py and database.py.
        self.sql = None
        self.parameters = []
        self.columns = []         # (name, oid)
        self.is_list = True       # of into a field: it is repeated


class Variant:
    def __init__(self, roles, line):
        self.roles = roles
        self.line = line
        self.statements = []
        self.mask = []


class Method:
    def __init__(self, file):
        self.file = file
        self.directives = {}      # word -> (value, line)
        self.variants = []

    def value(self, word):
        return self.directives.get(word, (None, 0))[0]

    def line(self, word):
        return self.directives.get(word, (None, 1))[1]

    def is_handler(self):
        return "handler" in self.directives

    def is_write(self):
        return self.value("kind") == "write"


def read_method(path, shown, problems):
    """The file as a Method; slips in its form go to problems."""
    method = Method(shown)
    statement = None
    with open(path, encoding="utf-8") as source:
        lines = source.read().split("\n")
    for number, line in enumerate(lines, 1):
        found = DIRECTIVE.match(line)
        if not found:
            if statement is not None:
                statement.lines.append((number, line))
            elif line.strip() and not line.lstrip().startswith("--"):
                problems.add(shown, number, "text before the first statement; begin one with '-- into:', '-- do:' or '-- answer:'")
                statement = Statement("nothing", "", number)
            continue
        word, value = found.groups()
        if word not in DIRECTIVES:
            problems.add(shown, number, "unknown directive '%s'; known are %s (begin an ordinary comment with a capital letter)" % (
                word, ", ".join(DIRECTIVES)))
        elif word == "roles":
            roles = [role.strip() for role in value.split(",")]
            for role in roles:
                if role not in ROLES:
                    problems.add(shown, number, "unknown role '%s'; known are %s" % (role, ", ".join(ROLES)))
            method.variants.append(Variant([role for role in roles if role in ROLES], number))
            statement = None
        elif word in ("into", "do", "answer", "statement"):
            statement = Statement(word, value, number)
            if not method.variants:
                problems.add(shown, number, "a statement before '-- roles:'; say first for which roles it is")
            else:
                method.variants[-1].statements.append(statement)
        elif word in method.directives:
            problems.add(shown, number, "'%s' was given before, in line %d; give it once" % (word, method.line(word)))
        else:
            method.directives[word] = (value, number)
            statement = None
    return method


def read_fragments(root):
    folder = os.path.join(root, "fragments")
    fragments = {}
    if os.path.isdir(folder):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".sql"):
                with open(os.path.join(folder, name), encoding="utf-8") as source:
                    # The licence line has no business in a statement; an empty line keeps the numbers.
                    text = re.sub(r"\A-- SPDX-License-Identifier:.*", "", source.read())
                    fragments[name[:-4]] = (os.path.join("sql/fragments", name), text)
    return fragments


def assemble(statement, file, fragments, problems):
    """The statement's text with fragments put in."""
    text = Text()
    for number, line in statement.lines:
        at = 0
        for found in FRAGMENT.finditer(line):
            text.add(line[at:found.start()], (file, number))
            name = found.group(1)
            if name in fragments:
                text.add_lines(fragments[name][1].rstrip("\n"), fragments[name][0], 1)
                text.add("\n", (file, number))
            else:
                problems.add(file, number, "no fragment '%s'; write sql/fragments/%s.sql" % (name, name))
            at = found.end()
        text.add(line[at:] + "\n", (file, number))
    return text

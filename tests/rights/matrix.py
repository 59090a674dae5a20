# SPDX-License-Identifier: Apache-2.0
"""Reads matrix.txt, makes its calls, and says what was not as written."""
import dataclasses
import pathlib
import re

from calls import CALLS
from company import ROLES

TABLE = pathlib.Path(__file__).with_name("matrix.txt")
STATUS = {"+": "OK", "d": "OK", "0": "OK", ".": "NOT_FOUND", "x": "PERMISSION_DENIED", "p": "FAILED_PRECONDITION", "c": "ABORTED",
          "a": "ALREADY_EXISTS", "u": "UNAUTHENTICATED", "i": "INVALID_ARGUMENT"}
ALLOWED = "+d"
SHOWING = "+dca"

# The fields of messages that the service desk gets: exactly these, but for those that name the record they belong to.
DESK_FIELDS = {
    "Account": {"id", "code", "name", "phone", "registered_address", "delivery_address", "owner_id", "owner_name", "version"},
    "Contact": {"id", "name", "phones", "emails", "positions"},
    "Position": {"account_id", "title"},
}
DESK_FIELDS_TOO = {"Position": {"id", "contact_id", "contact_name", "account_name"}}


@dataclasses.dataclass(frozen=True)
class Cell:
    section: str
    row: str  # "AccountService/GetAccount by-code"
    role: str
    target: str
    letter: str

    @property
    def method(self):
        return self.row.split()[0]

    def __str__(self):
        return f"{self.row} as {self.role} on {self.target}, expected {self.letter!r}"


def read_table():
    cells = []
    section, targets = None, ()
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        line = line.partition("#")[0].strip()
        title = re.fullmatch(r"\[(\w+): ([\w ]+)\]", line)
        if title:
            section, targets = title.group(1), title.group(2).split()
        elif line:
            words = line.split()
            row, words = " ".join(words[:-len(ROLES)]), words[-len(ROLES):]
            for role, word in zip(ROLES, words):
                if len(word) != len(targets) or set(word) - set(STATUS) - {"-"}:
                    raise ValueError(f"{TABLE.name}:{number}: {word!r} is not one character for each of {', '.join(targets)}")
                cells += [Cell(section, row, role, target, letter) for target, letter in zip(targets, word) if letter != "-"]
    return cells


class Case:
    """One cell at work: what calls.py builds requests from."""

    def __init__(self, company, cell):
        self.company = company
        self.cell = cell
        self.is_fresh = cell.letter in ALLOWED and CALLS[cell.row].writes
        self.user = company.users[cell.role]
        self._home = None
        if cell.section == "accounts":
            self.target = company.fresh(cell.role, cell.target) if self.is_fresh else company.target(cell.role, cell.target)
        elif cell.section == "users":
            self.target = company.user_target(cell.role, cell.target, self.is_fresh)
            if cell.target == "self":
                self.user = self.target
        else:
            self.target = company.team_target(cell.role, cell.target, self.is_fresh)

    # The target, when it is a family.
    def id(self, record):
        return self.company.ensure(self.target, record)

    def version(self, record):
        return self.company.version(self.target, record)

    def sentinel(self, record, column):
        return next(s.value for s in self.company.registry.of(self.target.key, record) if s.column == column)

    # The caller's own family.
    @property
    def home(self):
        if self._home is None:
            if self.is_fresh:
                self._home = self.company.fresh(self.cell.role, "own")
                self.company.give(self._home, self.user)
            else:
                self._home = self.company.target(self.cell.role, "own")
        return self._home

    def home_id(self, record):
        return self.company.ensure(self.home, record)

    def home_version(self, record):
        return self.company.version(self.home, record)

    def user_id(self, login):
        return self.company.users[login].id

    def user_version(self, user=None):
        return self.company.boss("UserService/GetUser", id=(user or self.target).id).version

    def team_version(self, team=None):
        return self.company.boss("TeamService/GetTeam", id=self.company.teams[team or self.target]).version

    def new_name(self):
        return self.company.new_name()

    def target_id(self):
        if self.cell.section == "accounts":
            return self.target.ids["account"]
        return self.target.id if self.cell.section == "users" else self.company.teams[self.target]


def fields_of(message):
    """{"Account": {"id", "name"}}: every message type inside, and the fields that are set somewhere."""
    found = {}
    for field, value in message.ListFields():
        found.setdefault(message.DESCRIPTOR.name, set()).add(field.name)
        if field.type == field.TYPE_MESSAGE:
            for one in value if field.label == field.LABEL_REPEATED else [value]:
                for name, fields in fields_of(one).items():
                    found.setdefault(name, set()).update(fields)
    return found


class Matrix:
    def __init__(self, company, snapshot):
        """snapshot: see stage.py."""
        self.company = company
        self.snapshot = snapshot
        self.cells = read_table()

    def denied_case(self, cell):
        """The case on rows of the shared fixture, for a call that must not change anything."""
        return Case(self.company, dataclasses.replace(cell, letter="x"))

    def run(self, wanted):
        """Problems of the cells for which wanted(cell) is true, as they are found."""
        for cell in self.cells:
            if wanted(cell):
                for problem in self.run_cell(cell):
                    yield f"{cell}: {problem}"

    def run_cell(self, cell):
        call = CALLS[cell.row]
        case = Case(self.company, cell)
        request = call.build(case)
        # What is allowed must write something; what is not must leave every row as it was.
        look = self.snapshot.last_write if cell.letter in ALLOWED else self.snapshot.rows
        before = look() if call.writes or cell.letter not in ALLOWED else None
        token = None if cell.method == "SessionService/Login" else case.user.token
        answer = self.company.wire.call(cell.method, request, token)
        after = look() if before is not None else None

        problems = self.check_leaks(case, call, request, answer)
        if answer.code != STATUS[cell.letter]:
            return problems + [f"got {answer}"]
        if cell.letter in ALLOWED and call.writes and before == after:
            problems.append("was allowed, but nothing changed")
        if cell.letter not in ALLOWED and before != after:
            problems.append("was not allowed, but changed the database")
        return problems + self.check_shown(case, call, request, answer)

    def check_leaks(self, case, call, request, answer):
        """Whatever was expected: nothing that the caller may not see, and of a target that is denied nothing at all."""
        found = self.company.registry.find(answer.bytes) - self.in_request(case.cell, request)
        hidden = [s for s in found if s.column not in call.also and not self.company.may_see(case.user, s)]
        if case.cell.section == "accounts" and case.cell.letter in ".xui":
            hidden += [s for s in found if s.family == case.target.key and s not in hidden]
        return [f"leaks {s}" for s in sorted(hidden, key=str)]

    def in_request(self, cell, request):
        return self.company.registry.find(self.company.wire.request(cell.method, request).SerializeToString())

    def check_shown(self, case, call, request, answer):
        cell, company = case.cell, self.company
        found = company.registry.find(answer.bytes)
        key = case.target.key if cell.section == "accounts" else f"user:{case.target.login}" if cell.section == "users" else ""
        shown = []
        for place in call.shows:
            record, _, column = place.partition("/")
            shown += [s for s in company.registry.of(key, record) if s.column.startswith(column) and not s.column.endswith(".reason")]
        if cell.letter == "0":
            problems = [f"shows {s}" for s in shown if s in found - self.in_request(cell, request)]
            return problems + (self.check_id(case, answer, False) if cell.section != "accounts" or call.names else [])
        if cell.letter not in SHOWING:
            return []
        if cell.letter == "d":
            is_retired = case.target.is_retired  # its people are shown, without their positions there
            shown = [s for s in shown if company.may_see(case.user, s) and not (is_retired and s.column.startswith("position."))]
        problems = [f"does not show {s}" for s in shown if s not in found]
        if cell.letter == "d":
            problems += self.check_desk_fields(answer.message, {"positions"} if is_retired else set())
        if cell.letter == "+" and (cell.section != "accounts" or call.names) and not call.shows and not call.writes:
            problems += self.check_id(case, answer, True)
        return problems

    @staticmethod
    def check_id(case, answer, is_wanted):
        if (case.target_id().encode() in answer.bytes) != is_wanted:
            return [f"the answer {'lacks' if is_wanted else 'holds'} the target's id"]
        return []

    @staticmethod
    def check_desk_fields(message, may_lack):
        problems = []
        for name, fields in fields_of(message).items():
            if name in DESK_FIELDS:
                wanted, too = DESK_FIELDS[name], DESK_FIELDS_TOO.get(name, set())
                problems += [f"{name} holds {field}" for field in sorted(fields - wanted - too)]
                problems += [f"{name} lacks {field}" for field in sorted(wanted - fields - may_lack)]
        return problems

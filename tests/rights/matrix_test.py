#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The rights matrix: every method, every role, on own, a member's, the team's, former, foreign and retired rows. The table is matrix.txt."""
import unittest

from calls import CALLS
from matrix import ALLOWED, Matrix, read_table
from stage import Stage
from wire import all_methods

stage = None
WITHOUT_SESSION = {"SessionService/Login"}


def setUpModule():
    global stage
    stage = Stage()
    unittest.addModuleCleanup(stage.close)


class Rights(unittest.TestCase):
    maxDiff = None

    def assert_none(self, problems):
        problems = list(problems)
        if problems:
            self.fail(f"{len(problems)} problems\n" + "\n".join(problems))


class Table(Rights):
    def test_every_method_has_lines(self):
        cells = read_table()
        for method in all_methods():
            with self.subTest(method=method):
                lines = [cell for cell in cells if cell.method == method]
                self.assertTrue(lines, f"{method} is not in matrix.txt: who may call it, on what?")

    def test_every_line_has_a_call(self):
        self.assertEqual({cell.row for cell in read_table()}, set(CALLS))
        self.assertEqual({row.split()[0] for row in CALLS} - set(all_methods()), set())


class Reads(Rights):
    """Cells that change nothing: they share one database."""

    @classmethod
    def setUpClass(cls):
        cls.company, cls.snapshot = cls.enterClassContext(stage.served_copy())
        cls.matrix = Matrix(cls.company, cls.snapshot)

    def test_reads(self):
        self.assert_none(self.matrix.run(lambda cell: not CALLS[cell.row].writes))

    def test_writes_denied(self):
        self.assert_none(self.matrix.run(lambda cell: CALLS[cell.row].writes and cell.letter not in ALLOWED))


    def test_without_session(self):
        """No session, one made up, one logged out, one whose user is disabled: UNAUTHENTICATED, on every line."""
        company = self.company
        logged_out = company.fresh_user("north office")
        company.log_in(logged_out.login)
        company.wire.get("SessionService/Logout", {}, logged_out.token)
        tokens = {"no session": None, "a made-up session": "A" * 43, "a session that was logged out": logged_out.token,
                  "a session of a disabled user": company.users["gone"].token}
        first = {cell.row: cell for cell in reversed(self.matrix.cells) if cell.role == "rep"}
        before = self.snapshot.rows()
        problems = []
        for row, cell in first.items():
            if cell.method in WITHOUT_SESSION:
                continue
            request = CALLS[row].build(self.matrix.denied_case(cell))
            for what, token in tokens.items():
                answer = company.wire.call(cell.method, request, token)
                if answer.code != "UNAUTHENTICATED":
                    problems.append(f"{row} with {what} got {answer}")
                problems += [f"{row} with {what} leaks {s}"
                             for s in company.registry.find(answer.bytes) - self.matrix.in_request(cell, request)]
        self.assert_none(problems)
        self.assertEqual(before, self.snapshot.rows())

    def test_page_tokens_of_others(self):
        """The next page of one user, asked for by another: nothing that the other may not see."""
        company, problems, tried = self.company, [], set()
        paged = {name for name, method in all_methods().items() if "page_token" in method.input_type.fields_by_name}
        for cell in self.matrix.cells:
            call = CALLS[cell.row]
            if cell.method not in paged or call.writes or cell.letter not in ALLOWED or (cell.row, cell.role) in tried:
                continue
            case = self.matrix.denied_case(cell)
            request = dict(call.build(case), page_size=1)
            answer = company.wire.call(cell.method, request, case.user.token)
            if answer.code != "OK" or not answer.message.next_page_token:
                continue
            tried.add((cell.row, cell.role))
            request["page_token"] = answer.message.next_page_token
            for login in ("rep", "manager", "service", "stranger"):
                other = company.users[login]
                answer = company.wire.call(cell.method, request, other.token)
                if answer.code not in ("OK", "INVALID_ARGUMENT", "PERMISSION_DENIED"):
                    problems.append(f"{cell.row}: page of {cell.role} asked for by {login} got {answer}")
                problems += [f"{cell.row}: page of {cell.role} tells {login} {s}"
                             for s in company.registry.find(answer.bytes) - self.matrix.in_request(cell, request)
                             if not company.may_see(other, s)]
        self.assert_none(problems)
        self.assertEqual({row.split()[0] for row, _ in tried}, paged, "every list needs two rows in the fixture")

    def test_search_is_no_oracle(self):
        """Words of what a user may not see find nothing: not even that something is there."""
        company = self.company
        problems, count = [], 0
        for login, families in (("rep", ("foreign", "former")), ("manager", ("foreign",)), ("service", ("own-rep", "foreign"))):
            user = company.users[login]
            for s in company.registry.all:
                if s.family in families and not company.may_see(user, s):
                    count += 1
                    answer = company.wire.get("SearchService/Search", {"text": s.value}, user.token)
                    if answer.results:
                        problems.append(f"{login} finds {answer.results[0].title} by {s}")
        self.assert_none(problems)
        self.assertGreater(count, 200)

    def test_one_person_at_several_accounts(self):
        """A contact with positions at own-rep, own-manager and foreign: each sees the person, and the positions within reach."""
        company, problems = self.company, []
        contact_id = company.families["own-rep"].ids["bridge"]
        for login, seen in (("rep", {"own-rep"}), ("manager", {"own-rep", "own-manager"}), ("stranger", {"foreign"}),
                            ("boss", {"own-rep", "own-manager", "foreign"}), ("service", {"own-rep", "own-manager", "foreign"})):
            user = company.users[login]
            titles = {next(s for s in company.registry.of(family, "bridge") if s.column == "position.title")
                      for family in company.homes["bridge"]}
            for method, request in (("ContactService/GetContact", {"id": contact_id}),
                                    ("ContactService/ListContacts", {"page_size": 500}),
                                    ("ContactService/ListContacts", {"account_id": company.families["foreign"].ids["account"]}),
                                    ("HistoryService/ListChanges", {"record_id": contact_id}),
                                    ("HistoryService/ListChanges", {"record_id": contact_id, "with_children": True}),
                                    ("ActivityService/ListActivities", {"contact_id": contact_id}),
                                    ("SearchService/Search", {"text": company.registry.of("bridge", "bridge")[0].value})):
                answer = company.wire.call(method, request, user.token)
                found = company.registry.find(answer.bytes)
                problems += [f"{method} as {login} leaks {s}" for s in found if not company.may_see(user, s)]
                if method == "ContactService/GetContact" and {s.family for s in titles & found} != seen:
                    problems.append(f"{method} as {login} shows positions of {sorted(s.family for s in titles & found)}")
        self.assert_none(problems)


class Writes(Rights):
    """Cells that change something: each gets rows of its own."""

    def test_writes_allowed(self):
        with stage.served_copy() as (company, snapshot):
            self.assert_none(Matrix(company, snapshot).run(lambda cell: CALLS[cell.row].writes and cell.letter in ALLOWED))


if __name__ == "__main__":
    unittest.main()

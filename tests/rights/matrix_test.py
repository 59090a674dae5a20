#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The rights matrix: every method, every role, on own, member's, the team's, former, foreign and retired rows: matrix.txt."""
import unittest
import uuid

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


def without_lines(methods):
    known = {cell.method for cell in read_table()}
    return [f"{method} is not in matrix.txt: who may call it, on what?" for method in methods if method not in known]


class Table(Rights):
    def test_every_method_has_lines(self):
        self.assert_none(without_lines(all_methods()))
        self.assertEqual(len(without_lines([*all_methods(), "AccountService/NewMethod"])), 1, "a new method must be noticed")

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

    def test_calls_at_once_do_not_mix(self):
        """Reads of several users share a transaction of the database: each must still see its own rows only."""
        company, problems = self.company, []
        started = []
        for number in range(400):
            login = ("rep", "stranger", "service", "manager", "south")[number % 5]
            family = company.families[("own-rep", "foreign", "member")[number // 5 % 3]]
            method, request = (("AccountService/GetAccount", {"id": family.ids["account"]}),
                               ("ContactService/GetContactProfile", {"contact_id": family.ids["contact"]}),
                               ("ActivityService/ListActivities", {"account_id": family.ids["account"]}))[number // 15 % 3]
            started.append((login, family, company.wire.start(method, request, company.users[login].token)))
        for login, family, call in started:
            user = company.users[login]
            answer = company.wire.finish(call)
            found = company.registry.find(answer.bytes)
            problems += [f"{call[0]} as {login} leaks {s}" for s in found if not company.may_see(user, s)]
            if user.role != "service" and company.reaches(user, family) != any(s.family == family.key for s in found):
                problems.append(f"{call[0]} as {login} on {family.key} got {answer}")
        self.assert_none(problems)

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

    def test_repeated_requests(self):
        """The same request id again: for somebody else it is another request, and what was lost since is not shown."""
        with stage.served_copy() as (company, _):
            rep, stranger = company.users["rep"], company.users["stranger"]
            family = company.fresh("rep", "own")
            request = {"account": {"id": family.ids["account"], "version": company.version(family, "account"), "region": "West"},
                       "update_mask": {"paths": ["region"]}}
            request_id = str(uuid.uuid4())

            def update(user):
                answer = company.wire.call("AccountService/UpdateAccount", request, user.token, request_id)
                return answer.code, {s for s in company.registry.find(answer.bytes) if s.family == family.key}

            self.assertEqual(update(stranger), ("NOT_FOUND", set()))
            first = update(rep)
            self.assertEqual(first[0], "OK")
            self.assertEqual(update(rep), first)
            self.assertEqual(update(stranger), ("NOT_FOUND", set()))
            company.reassign(family, "stranger", "moved")
            self.assertEqual(update(rep), ("OK", set()), "it was done, and nothing of it is shown any more")


if __name__ == "__main__":
    unittest.main()

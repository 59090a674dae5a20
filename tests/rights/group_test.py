#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""Two callers whom matrix.txt does not know, with its calls and its look at every byte of the answers:

group     a manager of the other region, member of the key account group: reads an opportunity of this region as long as it waits for the group, a request that she
          decided for good, and nothing else here
stand-in  a manager of the other region who stands in for the manager of this one: may what that one may, and no more
"""
import contextlib
import dataclasses
import unittest

from advancements import TEAM_MANAGER
from calls import CALLS
from matrix import ALLOWED, Matrix, read_table
from opportunities import build_opportunity
from stage import Stage

KEY_ACCOUNT_GROUP = 2
TARGETS = ("waiting", "decided", "other")
# What a member of the group may do about an opportunity that waits for it, one that she decided about and that is further on now, and one that is not her business:
# letters as in matrix.txt, and r: +, and of the opportunity nothing but the request. Every other call is answered as to a manager who does not reach the account:
# that one's column for foreign accounts. Of all opportunities only those of one's teams are listed; what waits is in ListApprovals.
GROUP = """
WatchService/Watch                              ++0
ProcessService/AskAdvancement                   x..
ProcessService/AskAdvancement free              x..
ProcessService/WithdrawAdvancement              xp.
ProcessService/ApproveStep                      rp.
ProcessService/ApproveStep stale                cp.
ProcessService/ReturnStep                       rp.
ProcessService/GetAdvancement                   +r.
ProcessService/ListApprovals of-opportunity     +r0
ProcessService/ListApprovals                    +00
ProcessService/WaiveCriterion                   +..
ProcessService/WithdrawWaiver                   +..
ProcessService/MoveBack                         x..
ProcessService/MoveBack stale                   c..
ProcessService/SetVerdict                       +..
ProcessService/CheckOpportunity                 +..
ProcessService/CheckOpportunity by-code         +..
ProcessService/GetProgress                      +..
ProcessService/GetProgress waived               +..
OpportunityService/GetOpportunity               +..
OpportunityService/GetOpportunity by-code       +..
OpportunityService/ListOpportunities of-account +00
OpportunityService/ListOpportunities of-owner   +00
OpportunityService/UpdateOpportunity            x..
OpportunityService/UpdateOpportunity stale      c..
OpportunityService/AssignOpportunity            x..
OpportunityService/LoseOpportunity              x..
OpportunityService/ReopenOpportunity            x..
OpportunityService/SetOpportunityPerson         x..
OpportunityService/SetOpportunityUser           x..
OpportunityService/SetOpportunityProduct        x..
OpportunityService/SetOpportunityCompetitor     x..
OpportunityService/SetDecisionCriterion         x..
OpportunityService/SetOpportunityAnswer         x..
OpportunityService/RemoveOpportunityPart        x..
ScoringService/GetAssessment                    +..
ScoringService/ListAssessments of-account       +00
ScoringService/ListAssessments of-opportunity   +00
"""
# A stand-in does as the one who is away but for these, of an account of that one's teams and of a foreign one. The board is of the own teams; and a new person is at no
# other account.
STAND_IN = {"BoardService/GetBoard": {"team": "0"}, "ContactService/EraseContact also-at": {"foreign": "-"}}
# Calls that need more than the families here have.
LEFT_OUT = {"AccountService/ListAccounts by-industry", "AccountService/ListAccounts by-region", "AccountService/FindDuplicateAccounts by-number",
            "ContactService/EraseContact also-at", "SearchService/Search objection"}

def rows_of(table):
    return {row.rsplit(None, 1)[0]: dict(zip(TARGETS, row.rsplit(None, 1)[1])) for row in table.strip().splitlines()}


def cells_as(role, target):
    """The cells of the table on accounts that say what a role may do about a target."""
    return [cell for cell in read_table() if (cell.section, cell.role, cell.target) == ("accounts", role, target)]


class GroupMatrix(Matrix):
    """These cells; the bare ones, (row, target), need not show more than the request."""

    def __init__(self, company, snapshot, cells, bare=()):
        super().__init__(company, snapshot)
        # What makes records comes last: the lists are of the fixture.
        self.cells, self.bare = sorted(cells, key=lambda cell: CALLS[cell.row].writes and cell.letter in ALLOWED), bare

    def check_shown(self, case, call, request, answer):
        if (case.cell.row, case.cell.target) in self.bare:
            call = dataclasses.replace(call, shows=tuple(place for place in call.shows if place.startswith("request/")))
        return super().check_shown(case, call, request, answer)


class Others(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.close)

    @contextlib.contextmanager
    def company(self, login):
        """(company, snapshot) with one more manager, of the other region."""
        with self.stage.served_copy() as (company, snapshot):
            company.fresh_user("south spare", "manager", login)
            company.families[f"own-{login}"] = company.fresh(login, "own")
            yield company, snapshot

    def assert_none(self, problems):
        problems = list(problems)
        if problems:
            self.fail(f"{len(problems)} problems\n" + "\n".join(problems))

    # ---- the key account group ----

    def make_group(self, company):
        company.boss("UserService/UpdateUser", user={"id": company.users["group"].id, "version": 1, "is_key_account_group": True},
                     update_mask={"paths": ["is_key_account_group"]})
        company.log_in("group")
        stages = [{"key": key, "name_en": key, "name_zh": key, "approvals": approvals} for key, approvals in (("judge", [TEAM_MANAGER, KEY_ACCOUNT_GROUP]), ("close", []))]
        company.boss("PipelineService/ImportPipeline", pipeline={
            "key": "judged", "name_en": "Judged", "name_zh": "Judged", "group_threshold": {"currency_code": "CNY", "minor_units": 1}, "stages": stages,
            "criteria": [{"stage": "judge", "key": key, "kind": "opportunity_fields", "parameters": '{"fields": ["amount"]}', "name_en": key, "name_zh": key}
                         for key in ("archive", "first-contact")]})
        for target in TARGETS:
            company.families[target] = self.make_target(company, target)
            company.makers[target] = lambda target=target: self.make_target(company, target)

    def make_target(self, company, target):
        """An account of rep's with an opportunity at that place of its way, with a sentinel in every text."""
        family = company.fresh("rep", "own")
        company.add_member(family, "helper")  # who is in the project team
        company.registry.code(family.key, "account", "account.code", company.boss("AccountService/GetAccount", id=family.ids["account"]).code)
        for record in ("contact", "done", "need", "figures"):
            company.ensure(family, record)
        opportunity = build_opportunity(company, family, "opportunity", family.ids["contact"], "judged")
        family.ids.update(opportunity=opportunity, moving=opportunity)
        company.ensure(family, "assessment")
        request = company.wire.get("ProcessService/AskAdvancement", {
            "opportunity_id": opportunity, "note": company.registry.text(family.key, "request", "advancement.note")}, company.users["rep"].token)
        family.ids["request"] = request.id
        lent = company.lent.setdefault("group", set())
        if target != "other":
            request = self.approve(company, "manager", request)
        if target == "waiting":
            # The account by its name, people by theirs, as far as the opportunity has them in it.
            lent |= {(family.key, record, "") for record in ("opportunity", "assessment", "request", "waiver")}
            lent |= {(family.key, "account", "account.name"), (family.key, "contact", "contact.name")}
        if target == "decided":
            self.approve(company, "group", request)
            # The evidence of the request calls the opportunity by its name.
            lent |= {(family.key, "request", ""), (family.key, "opportunity", "opportunity.name")}
        return family

    def approve(self, company, login, request):
        return company.wire.get("ProcessService/ApproveStep", {"id": request.id, "version": request.version}, company.users[login].token)

    def test_a_member_of_the_group(self):
        table = rows_of(GROUP)
        with self.company("group") as (company, snapshot):
            self.make_group(company)
            cells, bare = [], set()
            for cell in cells_as("manager", "foreign"):
                if cell.row in LEFT_OUT:
                    continue
                for target in TARGETS:
                    letter = table.get(cell.row, {}).get(target, cell.letter)
                    if letter == "r":
                        bare.add((cell.row, target))
                    cells.append(dataclasses.replace(cell, role="group", target=target, letter=letter.replace("r", "+")))
            self.assertEqual(set(table) - {cell.row for cell in cells}, set())
            self.assert_none(GroupMatrix(company, snapshot, cells, bare).run(lambda _: True))

    # ---- a stand-in ----

    def test_a_stand_in(self):
        """Whatever the account is to the one who is away; to the stand-in alone it is nothing."""
        with self.company("deputy") as (company, snapshot):
            company.log_in("deputy")
            company.owner.execute("select extract(year from d)::int, extract(month from d)::int, extract(day from d)::int from (select kam.today() as d) x")
            day = dict(zip(("year", "month", "day"), company.owner.fetchone()))
            company.wire.get("DelegationService/CreateDelegation", {"delegation": {
                "to_user_id": company.users["deputy"].id, "starts_on": day, "ends_on": day}}, company.users["manager"].token)
            company.stands_in_for["deputy"] = "manager"
            cells = [dataclasses.replace(cell, role="deputy", letter=STAND_IN.get(cell.row, {}).get(target, cell.letter))
                     for target in ("team", "foreign") for cell in cells_as("manager", target)]
            self.assert_none(GroupMatrix(company, snapshot, cells).run(lambda cell: cell.letter != "-"))


if __name__ == "__main__":
    unittest.main()

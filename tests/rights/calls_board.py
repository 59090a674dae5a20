# SPDX-License-Identifier: Apache-2.0
"""Requests of BoardService: calls.py."""
from call import call


@call("BoardService/GetBoard", shows=["opportunity/opportunity.name", "opportunity/opportunity.amount", "account/account.name"])
def get_board(_):
    return {}


@call("BoardService/GetBoard of-owner")
def get_board_of_owner(case):
    return {"owner_id": case.target.id}


@call("BoardService/GetBoard of-team")
def get_board_of_team(case):
    return {"team_id": case.company.teams[case.target]}

# SPDX-License-Identifier: Apache-2.0
"""How the requests behind the rows of matrix.txt are written (calls_*.py).

    @call("ContactService/GetContact", shows=["contact/contact.", "contact/position."])
    def get_contact(case):
        return {"id": case.id("contact")}

case.target is what the column of the table names (a Family, a User or a team's name), case.user the caller, case.home the caller's own
family. shows: which sentinels of the target an allowed caller must get, as record/beginning-of-column. writes: the call may change
something, so an allowed one gets a target made for it. also: columns that this method may tell of any account. names: the answer names
records by their ids: that of the target, or not.
"""
import dataclasses

from company import TIME

CALLS = {}
LATER = {"seconds": TIME + 7200}


@dataclasses.dataclass
class Call:
    build: object
    shows: tuple = ()
    writes: bool = False
    also: frozenset = frozenset()
    names: bool = False


def call(row, shows=(), writes=False, also=(), names=False):
    def register(build):
        assert row not in CALLS, row
        CALLS[row] = Call(build, tuple(shows), writes, frozenset(also), names)
        return build
    return register


def mask(*paths):
    return {"paths": paths}

# SPDX-License-Identifier: Apache-2.0
"""The request behind every row of matrix.txt: {row: Call}. How they are written is in call.py."""
import calls_accounts  # noqa: F401  each fills CALLS
import calls_analysis  # noqa: F401
import calls_archive  # noqa: F401
import calls_activities  # noqa: F401
import calls_activity_parts  # noqa: F401
import calls_checks  # noqa: F401
import calls_board  # noqa: F401
import calls_contacts  # noqa: F401
import calls_delegations  # noqa: F401
import calls_objections  # noqa: F401
import calls_import  # noqa: F401
import calls_overviews  # noqa: F401
import calls_facts  # noqa: F401
import calls_people  # noqa: F401
import calls_scoring  # noqa: F401
import calls_targets  # noqa: F401
import calls_plans  # noqa: F401
import calls_process  # noqa: F401
import calls_watch  # noqa: F401
import calls_opportunities  # noqa: F401
from call import CALLS

__all__ = ["CALLS"]

# SPDX-License-Identifier: Apache-2.0
"""Requests of RateService, ScoringService, GradeService and KeyAccountService: calls.py."""
from call import call
from scoring import POTENTIAL, value_assessment

# ---- exchange rates ----


@call("RateService/SetExchangeRate", writes=True)
def set_rate(_):
    return {"rate": {"currency_code": "EUR", "rate": "8.2"}}


@call("RateService/ListExchangeRates")
def list_rates(_):
    return {}


# ---- scoring ----

HEAD = ("assessment/assessment.note", "assessment/assessment.obstacles", "assessment/assessment.expected_expenses")


@call("ScoringService/ListScoringModels")
def list_models(_):
    return {}


@call("ScoringService/GetScoringModel")
def get_model(_):
    return {"key": "value"}


@call("ScoringService/SetScoringModel", writes=True)
def set_model(_):
    return {"model": {"key": "ours", "kind": 1, "name_en": "x", "name_zh": "x", "factors": [{"key": "size", "weight": 100, "name_en": "x", "name_zh": "x"}],
                      "grades": [{"grade": "A", "least": 50}, {"grade": "B"}]}}


@call("ScoringService/GetScoringSheet", shows=["account/account.name"])
def get_sheet(case):
    return {"model_key": "contribution", "account_id": case.id("account")}


@call("ScoringService/GetScoringSheet of-opportunity", shows=["account/account.name"])
def get_sheet_of_opportunity(case):
    return {"model_key": "value", "opportunity_id": case.id("opportunity")}


@call("ScoringService/RecordAssessment", shows=["account/account.name"], writes=True)
def record_assessment(case):
    return {"assessment": value_assessment(case.id("opportunity"))}


@call("ScoringService/RecordAssessment of-account", shows=["account/account.name"], writes=True)
def record_account_assessment(case):
    return {"assessment": {"account_id": case.id("account"), "model_key": "6c", "scores": [
        {"factor_key": key, "score": 5} for key in ("character", "capacity", "capital", "collateral", "condition", "continuity")]}}


@call("ScoringService/GetAssessment", shows=["assessment/assessment.", "assessment/score."])
def get_assessment(case):
    return {"id": case.id("assessment")}


@call("ScoringService/ListAssessments of-account", shows=HEAD)
def list_assessments(case):
    return {"account_id": case.id("account")}


@call("ScoringService/ListAssessments of-opportunity", shows=HEAD)
def list_assessments_of_opportunity(case):
    return {"opportunity_id": case.id("opportunity")}


# ---- grades ----


@call("GradeService/SuggestGrade", shows=["account/account.name"], writes=True)
def suggest_grade(case):
    return {"grade": {"account_id": case.id("account"), "kind": POTENTIAL, "grade": "C", "reason": "less"}}


@call("GradeService/ConfirmGrade", shows=["grade/grade.reason"], writes=True)
def confirm_grade(case):
    return {"id": case.id("grade"), "version": case.version("grade")}


@call("GradeService/ReturnGrade", shows=["grade/grade.reason"], writes=True)
def return_grade(case):
    return {"id": case.id("grade"), "version": case.version("grade"), "reason": "no"}


@call("GradeService/GetGrade", shows=["grade/grade.reason"])
def get_grade(case):
    return {"id": case.id("grade")}


@call("GradeService/ListGrades of-account", shows=["grade/grade.reason", "assessment/grade.decision_reason"])
def list_grades(case):
    return {"account_id": case.id("account")}


@call("GradeService/ListGrades waiting", shows=["grade/grade.reason"])
def list_waiting_grades(_):
    return {"page_size": 500}


@call("GradeService/ListGradeReviews", shows=["account/account.name"])
def list_reviews(case):
    return {"owner_id": case.user_id(case.target.owner), "until": {"year": 2031, "month": 1, "day": 1}}


# ---- key accounts ----


@call("KeyAccountService/ListKeyAccounts", shows=["account/account.name", "figures/figures.purchases"])
def list_key_accounts(_):
    return {"page_size": 500}


@call("KeyAccountService/MarkKeyAccounts", writes=True)
def mark_key_accounts(_):
    return {}


@call("KeyAccountService/ListKeyMarkings")
def list_key_markings(_):
    return {}


@call("KeyAccountService/SetMarketQuota", writes=True)
def set_quota(_):
    return {"quota": {"region": "East", "most": 3}}


@call("KeyAccountService/ListMarketQuotas")
def list_quotas(_):
    return {}

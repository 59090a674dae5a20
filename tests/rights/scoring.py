# SPDX-License-Identifier: Apache-2.0
"""Assessments and grades of the fixture: every text of one is a sentinel, too."""

FACTORS = ("share_after_closing", "our_benefit", "closing_probability", "time_and_expense", "closing_risk", "payment_risk", "our_ability", "technical_difficulty")
POTENTIAL, CONTRIBUTION = 1, 2


def value_assessment(opportunity_id, text=None, **more):
    """text: makes a sentinel of a column's name."""
    text = text or (lambda _: "x")
    return {"opportunity_id": opportunity_id, "model_key": "value", "note": text("assessment.note"), "obstacles": text("assessment.obstacles"),
            "steps": [{"action": text("assessment.step"), "people": text("assessment.people"), "support": text("assessment.support")}],
            "scores": [{"factor_key": key, "score": 5, "note": text(f"score.{key}") if key == "our_benefit" else ""} for key in FACTORS], **more}


def build_assessment(company, family, record, login="boss"):
    def text(column):
        return company.registry.text(family.key, record, column)
    assessment = value_assessment(company.ensure(family, "opportunity"), text, expected_expenses=company.registry.money(family.key, record, "assessment.expected_expenses"))
    return company.wire.get("ScoringService/RecordAssessment", {"assessment": assessment}, company.users[login].token).id


def build_grade(company, family, record):
    """One that is open, and that boss suggested, who therefore cannot decide on it."""
    return company.boss("GradeService/SuggestGrade", grade={
        "account_id": family.ids["account"], "kind": CONTRIBUTION, "grade": "B1", "reason": company.registry.text(family.key, record, "grade.reason")}).id


def build_scoring(company, family):
    """Two assessments, the grade that followed from them confirmed, and one that is open."""
    for record in ("assessment", "other-assessment"):
        family.ids[record] = build_assessment(company, family, record, "helper")
    if family.owner != "boss":
        grade, = company.boss("GradeService/ListGrades", account_id=family.ids["account"], page_size=1).grades
        company.boss("GradeService/ConfirmGrade", id=grade.id, version=grade.version, review_on={"year": 2030, "month": 1, "day": 1}, reason=decision_reason(company, family))
    family.ids["grade"] = build_grade(company, family, "grade")


def decision_reason(company, family):
    return company.registry.text(family.key, "assessment", "grade.decision_reason")


def decide_for_boss(company, family):
    """SQL that confirms the grade of boss's own account, about which boss does not decide, and nobody else of the fixture could."""
    return f"""with decided as (update kam.account_grade set state = 'confirmed', decided_by = '{company.users["boss"].id}', decide_time = now(), review_on = '2030-01-01',
                                                    decision_reason = '{decision_reason(company, family)}'
                              where account_id = '{family.ids["account"]}' and kind = 'potential' and state = 'suggested' returning account_id)
               update kam.account a set potential_grade = g.grade, grade_review_on = '2030-01-01'
                 from decided d join kam.account_grade g using (account_id) where a.id = d.account_id and g.kind = 'potential'"""

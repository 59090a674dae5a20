# SPDX-License-Identifier: Apache-2.0
"""Requests of VisitService and CommentService: calls.py."""
from call import call, mask


@call("VisitService/GetVisit", shows=["done/visit.", "done/activity.subject", "contact/contact.name"])
def get_visit(case):
    return {"activity_id": case.id("done")}


@call("VisitService/UpdateVisit", shows=["done/activity.subject"], writes=True)
def update_visit(case):
    return {"visit": {"activity_id": case.id("done"), "address": "the back door", "customer_class": 1},
            "update_mask": mask("address", "customer_class")}


@call("VisitService/UpdateVisit with-contact")
def update_visit_with(case):
    return {"visit": {"activity_id": case.home_id("done"), "version": 1, "contact_id": case.id("contact")}, "update_mask": mask("contact_id")}


@call("VisitService/UpdateVisit stale", shows=["done/visit."])
def update_visit_stale(case):
    return {"visit": {"activity_id": case.id("done"), "version": 99, "address": "nowhere"}, "update_mask": mask("address")}


@call("VisitService/GetSpin", shows=["done/spin.", "done/activity.subject"])
def get_spin(case):
    return {"activity_id": case.id("done")}


@call("VisitService/UpdateSpin", shows=["done/activity.subject"], writes=True)
def update_spin(case):
    return {"spin": {"activity_id": case.id("done"), "problem_questions": "what hurts"}, "update_mask": mask("problem_questions")}


@call("CommentService/AddComment", shows=["done/activity.subject"], writes=True)
def add_comment(case):
    return {"comment": {"activity_id": case.id("done"), "text": "well done"}}


@call("CommentService/ListNewComments", shows=["done/comment."])
def list_new_comments(_):
    return {"page_size": 500}


@call("CommentService/MarkCommentsSeen", writes=True)
def mark_comments_seen(case):
    return {"activity_id": case.id("done")}

# SPDX-License-Identifier: Apache-2.0
"""Requests of ActivityService, HistoryService and SearchService: calls.py."""
from call import LATER, call, mask


EVERY_ACTIVITY = ("done/activity.", "next/activity.", "planned/activity.", "correction/activity.subject")


def new_activity(account_id, **fields):
    return dict(fields, account_id=account_id, kind=2, subject="new", time=LATER)


@call("ActivityService/LogActivity", shows=["account/account.name"], writes=True)
def log_activity(case):
    return {"activity": new_activity(case.id("account")), "next_step": {"kind": 1, "subject": "next", "time": LATER}}


@call("ActivityService/LogActivity with-contact")
def log_activity_with(case):
    return {"activity": new_activity(case.home_id("account"), contact_ids=[case.id("contact")])}


@call("ActivityService/PlanActivity", shows=["account/account.name"], writes=True)
def plan_activity(case):
    return {"activity": new_activity(case.id("account"))}


@call("ActivityService/PlanActivity with-contact")
def plan_activity_with(case):
    return {"activity": new_activity(case.home_id("account"), contact_ids=[case.id("contact")])}


@call("ActivityService/UpdateActivity", shows=["planned/activity.subject"], writes=True)
def update_activity(case):
    return {"activity": dict(new_activity(case.id("account")), id=case.id("planned"), version=case.version("planned"), place="roof"),
            "update_mask": mask("place")}


@call("ActivityService/UpdateActivity with-contact")
def update_activity_with(case):
    return {"activity": dict(new_activity(case.home_id("account")), id=case.home_id("planned"),
                             version=case.home_version("planned"), contact_ids=[case.id("contact")]),
            "update_mask": mask("contact_ids")}


@call("ActivityService/CompleteActivity", shows=["planned/activity.subject"], writes=True)
def complete_activity(case):
    return {"id": case.id("planned"), "version": case.version("planned"), "result": "went well"}


@call("ActivityService/CancelActivity", shows=["planned/activity.subject"], writes=True)
def cancel_activity(case):
    return {"id": case.id("planned"), "version": case.version("planned"), "reason": "snow"}


@call("ActivityService/CorrectActivity", shows=["account/account.name"], writes=True)
def correct_activity(case):
    return {"id": case.id("done"), "version": case.version("done"), "activity": new_activity(case.id("account")),
            "reason": "wrong day"}


@call("ActivityService/CorrectActivity with-contact")
def correct_activity_with(case):
    return {"id": case.home_id("done"), "version": case.home_version("done"), "reason": "wrong person",
            "activity": new_activity(case.home_id("account"), contact_ids=[case.id("contact")])}


@call("ActivityService/GetActivity", shows=["done/activity.", "done/visit.", "done/spin.", "done/comment.", "done/objection.", "done/idea.", "account/account.name",
                                           "contact/contact.name"])
def get_activity(case):
    return {"id": case.id("done")}


@call("ActivityService/GetActivity planned", shows=["planned/activity."])
def get_activity_planned(case):
    return {"id": case.id("planned")}


@call("ActivityService/GetActivity cancelled", shows=["cancelled/activity."])
def get_activity_cancelled(case):
    return {"id": case.id("cancelled")}


@call("ActivityService/GetActivity corrected", shows=["original/activity."])
def get_activity_corrected(case):
    return {"id": case.id("original")}


@call("ActivityService/ListActivities of-account", shows=EVERY_ACTIVITY)
def list_activities_of_account(case):
    return {"account_id": case.id("account")}


@call("ActivityService/ListActivities of-contact", shows=["done/activity.", "planned/activity."])
def list_activities_of_contact(case):
    return {"contact_id": case.id("contact")}


# What is planned goes to the new owner with the account, so of former it is not the first one's.
@call("ActivityService/ListActivities of-owner", shows=["done/activity."])
def list_activities_of_owner(case):
    return {"owner_id": case.user_id(case.target.first_owner), "page_size": 500}


@call("ActivityService/ListActivities corrected", shows=["original/activity."])
def list_activities_corrected(case):
    return {"account_id": case.id("account"), "state": 4}


@call("ActivityService/ListActivities mine", shows=["done/activity."])
def list_activities_mine(_):
    return {"page_size": 500}


# ---- history and search ----


@call("HistoryService/ListChanges account", shows=["account/account."])
def list_changes_account(case):
    return {"record_id": case.id("account"), "page_size": 500}


@call("HistoryService/ListChanges account-and-below",
      shows=["account/account.", "contact/position.", "done/activity.", "relationship/relationship."])
def list_changes_below(case):
    return {"record_id": case.id("account"), "with_children": True, "page_size": 500}


@call("HistoryService/ListChanges contact", shows=["contact/contact."])
def list_changes_contact(case):
    return {"record_id": case.id("contact"), "page_size": 500}


@call("HistoryService/ListChanges profile", shows=["profile/profile."])
def list_changes_profile(case):
    return {"record_id": case.id("contact"), "page_size": 500}


@call("HistoryService/ListChanges position", shows=["contact/position."])
def list_changes_position(case):
    return {"record_id": case.id("contact-position"), "page_size": 500}


@call("HistoryService/ListChanges activity", shows=["done/activity."])
def list_changes_activity(case):
    return {"record_id": case.id("done"), "page_size": 500}


@call("SearchService/Search account", shows=["account/account.code"])
def search_account(case):
    return {"text": case.sentinel("account", "account.name")}


@call("SearchService/Search contact", shows=["contact/contact.name"])
def search_contact(case):
    return {"text": case.sentinel("contact", "contact.name")}


@call("SearchService/Search activity", shows=["done/activity.subject"])
def search_activity(case):
    return {"text": case.sentinel("done", "activity.subject")}


@call("SearchService/Search objection", shows=["account/account.name"])
def search_objection(case):
    return {"text": case.sentinel("done", "objection.ask")}


@call("SearchService/Search unfinished-word", shows=["account/account.code"])
def search_unfinished(_):
    return {"text": "zq", "page_size": 100}  # all sentinels begin so

# SPDX-License-Identifier: Apache-2.0
"""Requests of ContactService: calls.py."""
from call import call, mask


CONTACT = ("contact/contact.", "contact/position.")


def new_position(account_id):
    return {"account_id": account_id, "title": "new"}


@call("ContactService/CreateContact", writes=True)
def create_contact(case):
    return {"contact": {"name": "New Person", "positions": [new_position(case.id("account"))]}}


@call("ContactService/CreateContact also-at", writes=True)
def create_contact_also_at(case):
    return {"contact": {"name": "New Person", "positions": [new_position(case.home_id("account")), new_position(case.id("account"))]}}


@call("ContactService/CreateContact below", writes=True)
def create_contact_below(case):
    return {"contact": {"name": "New Person", "positions": [
        dict(new_position(case.home_id("account")), reports_to_id=case.id("contact"))]}}


@call("ContactService/GetContact", shows=CONTACT)
def get_contact(case):
    return {"id": case.id("contact")}


@call("ContactService/ListContacts", shows=CONTACT)
def list_contacts(_):
    return {"page_size": 500}


@call("ContactService/ListContacts of-account", shows=CONTACT)
def list_contacts_of_account(case):
    return {"account_id": case.id("account"), "include_past": True}


@call("ContactService/UpdateContact", shows=["contact/contact.name"], writes=True)
def update_contact(case):
    return {"contact": {"id": case.id("contact"), "version": case.version("contact"), "phones": ["+1 555"]},
            "update_mask": mask("phones")}


@call("ContactService/UpdateContact guarded", shows=["contact/contact.name"], writes=True)
def update_contact_guarded(case):
    return {"contact": {"id": case.id("contact"), "version": case.version("contact"), "note": "changed"},
            "update_mask": mask("note")}


@call("ContactService/UpdateContact stale", shows=["contact/contact.note"])
def update_contact_stale(case):
    return {"contact": {"id": case.id("contact"), "version": 1000, "note": "changed"}, "update_mask": mask("note")}


@call("ContactService/RetireContact", shows=["contact/contact.name"], writes=True)
def retire_contact(case):
    return {"id": case.id("contact"), "version": case.version("contact"), "reason": "retired"}


@call("ContactService/AddPosition to-account", writes=True)
def add_position_to(case):
    return {"position": dict(new_position(case.id("account")), contact_id=case.home_id("contact"))}


@call("ContactService/AddPosition of-contact", shows=["contact/contact.name"], writes=True)
def add_position_of(case):
    return {"position": dict(new_position(case.home_id("account")), contact_id=case.id("contact"))}


@call("ContactService/UpdatePosition", shows=["contact/position."], writes=True)
def update_position(case):
    return {"position": {"id": case.id("contact-position"), "version": case.version("contact-position"), "influence": 5,
                         "account_id": case.id("account")},
            "update_mask": mask("influence")}


@call("ContactService/UpdatePosition reports-to")
def update_position_reports_to(case):
    return {"position": {"id": case.home_id("contact-position"), "version": case.home_version("contact-position"),
                         "account_id": case.home_id("account"), "reports_to_id": case.id("chief")},
            "update_mask": mask("reports_to_id")}


@call("ContactService/EndPosition", shows=["contact/position."], writes=True)
def end_position(case):
    return {"id": case.id("contact-position"), "version": case.version("contact-position"),
            "ended_on": {"year": 2026, "month": 6, "day": 1}}


@call("ContactService/RecordRelationship", shows=["contact/position."], writes=True)
def record_relationship(case):
    return {"position_id": case.id("contact-position"), "level": 3, "activity_id": case.id("done"), "note": "warmer"}


@call("ContactService/RecordRelationship shown-by")
def record_relationship_shown_by(case):
    return {"position_id": case.home_id("contact-position"), "level": 5, "activity_id": case.id("done"), "note": "warmer"}


@call("ContactService/ListRelationshipChanges", shows=["relationship/relationship."])
def list_relationship_changes(case):
    return {"position_id": case.id("contact-position")}


@call("ContactService/GetContactProfile", shows=["profile/profile."])
def get_profile(case):
    return {"contact_id": case.id("contact")}


@call("ContactService/UpdateContactProfile", writes=True)
def update_profile(case):
    return {"profile": {"contact_id": case.id("contact"), "version": case.version("profile"), "hobbies": "chess"},
            "update_mask": mask("hobbies")}

# SPDX-License-Identifier: Apache-2.0
"""Requests of ObjectionService, ObjectionLibraryService and IdeaService: calls.py."""
from call import call, mask


def new_objection(activity_id, **fields):
    return dict(fields, activity_id=activity_id, objection="too late", listen="the season begins")


@call("ObjectionService/CreateObjection", shows=["account/account.name"], writes=True)
def create_objection(case):
    return {"objection": new_objection(case.id("done"))}


@call("ObjectionService/CreateObjection with-contact")
def create_objection_with(case):
    return {"objection": new_objection(case.home_id("done"), contact_id=case.id("contact"))}


def change_objection(objection_id, version, **fields):
    # What the contract requires is there, though the mask does not name it.
    return {"objection": dict(new_objection(objection_id), id=objection_id, version=version, **fields), "update_mask": mask(*fields)}


@call("ObjectionService/UpdateObjection", shows=["account/account.name"], writes=True)
def update_objection(case):
    return change_objection(case.id("objection"), case.version("objection"), ask="sign here", outcome=2)


@call("ObjectionService/UpdateObjection with-contact")
def update_objection_with(case):
    return change_objection(case.home_id("objection"), case.home_version("objection"), contact_id=case.id("contact"))


@call("ObjectionService/UpdateObjection stale", shows=["account/account.name"])
def update_objection_stale(case):
    return change_objection(case.id("objection"), 99, ask="sign here")


@call("ObjectionService/GetObjection", shows=["account/account.name", "contact/contact.name"])
def get_objection(case):
    return {"id": case.id("objection")}


@call("ObjectionService/ListObjections of-account", shows=["done/objection."])
def list_objections(case):
    return {"account_id": case.id("account")}


@call("ObjectionService/ListObjections mine", shows=["done/objection."])
def list_objections_mine(_):
    return {"page_size": 500}


# ---- the library ----


def entry_of(case, what):
    login = {"": case.user.login, "others": "mate", "public": "boss"}[what]
    login = "rep" if login == "service" else login
    return case.company.new_entry(login).id if case.is_fresh else case.company.entries[login]


def for_each(verb, more, whats=("", "others", "public")):
    for what in whats:
        def build(case, what=what):
            entry_id = entry_of(case, what)
            if verb == "UpdateObjectionEntry":
                return {"entry": {"id": entry_id, "version": 1, "topic": "price"}, "update_mask": mask("topic")}
            return dict(more, id=entry_id, version=1)
        call(f"ObjectionLibraryService/{verb} {what}".strip(), writes=True)(build)


for_each("UpdateObjectionEntry", {})
for_each("AddObjectionAnswer", {"answer": {"feature": "quiet"}})
for_each("RemoveObjectionAnswer", {"number": 1})
for_each("PublishObjectionEntry", {}, ("", "others"))
for_each("RetireObjectionEntry", {"reason": "outdated"})


@call("ObjectionLibraryService/CreateObjectionEntry", writes=True)
def create_entry(_):
    return {"entry": {"objection": "too heavy", "answers": [{"feature": "aluminium", "benefit": "one man carries it"}]}}


@call("ObjectionLibraryService/CreateObjectionEntry of", writes=True)
def create_entry_of(case):
    return {"entry": {"objection": "too heavy"}, "objection_id": case.id("objection")}


@call("ObjectionLibraryService/GetObjectionEntry")
def get_entry(case):
    return {"id": entry_of(case, "")}


@call("ObjectionLibraryService/GetObjectionEntry others")
def get_entry_of_others(case):
    return {"id": entry_of(case, "others")}


@call("ObjectionLibraryService/GetObjectionEntry public")
def get_entry_public(case):
    return {"id": entry_of(case, "public")}


@call("ObjectionLibraryService/ListObjectionEntries")
def list_entries(_):
    return {"text": "expensive"}


# ---- ideas ----


def new_idea(account_id, **fields):
    return dict({"subject": "new", "impact": 5, "confidence": 5, "ease": 5, "account_id": account_id}, **fields)


@call("IdeaService/CreateIdea", shows=["account/account.name"], writes=True)
def create_idea(case):
    return {"idea": new_idea(case.id("account"))}


@call("IdeaService/CreateIdea with-activity")
def create_idea_with(case):
    return {"idea": new_idea(case.home_id("account"), activity_id=case.id("done"))}


@call("IdeaService/UpdateIdea", shows=["account/account.name"], writes=True)
def update_idea(case):
    return {"idea": new_idea(case.id("account"), id=case.id("idea"), version=case.version("idea"), state=2), "update_mask": mask("state", "ease")}


@call("IdeaService/UpdateIdea stale", shows=["account/account.name"])
def update_idea_stale(case):
    return {"idea": new_idea(case.id("account"), id=case.id("idea"), version=99, state=2), "update_mask": mask("state")}


@call("IdeaService/GetIdea", shows=["account/account.name"])
def get_idea(case):
    return {"id": case.id("idea")}


@call("IdeaService/ListIdeas", shows=["done/idea."])
def list_ideas(case):
    return {"account_id": case.id("account")}

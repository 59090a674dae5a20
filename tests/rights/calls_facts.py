# SPDX-License-Identifier: Apache-2.0
"""Requests about ties, gifts and needs: calls.py."""
from call import call, mask


TIE, GIFT, NEED = ("tie/tie.",), ("gift/gift.",), ("need/need.",)


@call("ContactService/RestoreContact", shows=["contact/contact.name"], writes=True)
def restore_contact(case):
    if case.is_fresh:
        case.company.boss("ContactService/RetireContact", id=case.id("contact"), version=case.version("contact"), reason="gone")
    return {"id": case.id("contact"), "version": case.version("contact")}


@call("ContactService/EraseContact", shows=["account/account.name"], writes=True)
def erase_contact(case):
    return {"id": case.id("contact"), "version": case.version("contact"), "reason": "asked for in writing"}


@call("ContactService/EraseContact also-at", writes=True)
def erase_contact_also_at(case):
    """A person of the caller's who has a position at the target as well."""
    contact = case.home_id("bridge" if not case.is_fresh else "contact")
    if case.is_fresh:
        case.company.boss("ContactService/AddPosition", position={"contact_id": contact, "account_id": case.id("account")})
    return {"id": contact, "version": case.company.boss("ContactService/GetContact", id=contact).version, "reason": "asked for in writing"}


@call("ContactService/UpdatePosition counterpart", writes=True)
def update_position_counterpart(case):
    return {"position": {"id": case.id("contact-position"), "version": case.version("contact-position"), "account_id": case.id("account"),
                         "counterpart_id": case.user_id(case.target.owner)},
            "update_mask": mask("counterpart_id")}


@call("ContactService/UpdatePosition counterpart-elsewhere")
def update_position_counterpart_elsewhere(case):
    return {"position": {"id": case.id("contact-position"), "version": case.version("contact-position"), "account_id": case.id("account"),
                         "counterpart_id": case.user_id("service")},
            "update_mask": mask("counterpart_id")}


@call("ContactService/GetContact ties", shows=TIE)
def get_ties(case):
    return {"id": case.id("chief")}


@call("ContactService/AddTie", writes=True)
def add_tie(case):
    return {"tie": {"kind": 1, "from_contact_id": case.id("contact"), "to_contact_id": case.id("chief"), "note": "sisters"}}


@call("ContactService/AddTie from-home", writes=True)
def add_tie_from_home(case):
    return {"tie": {"kind": 2, "from_contact_id": case.home_id("contact"), "to_contact_id": case.id("chief")}}


@call("ContactService/RemoveTie", writes=True)
def remove_tie(case):
    return {"id": case.id("tie")}


@call("ContactService/RecordGift", writes=True)
def record_gift(case):
    return {"gift": {"contact_id": case.id("contact"), "what": "a book"}}


@call("ContactService/RecordGift shown-by")
def record_gift_shown_by(case):
    return {"gift": {"contact_id": case.home_id("contact"), "what": "a book", "activity_id": case.id("done")}}


@call("ContactService/CorrectGift", shows=["gift/gift.given_on"], writes=True)
def correct_gift(case):
    return {"gift": {"id": case.id("gift"), "contact_id": case.id("contact"), "version": case.version("gift"), "what": "two books"},
            "update_mask": mask("what")}


@call("ContactService/GetGift", shows=GIFT)
def get_gift(case):
    return {"id": case.id("gift")}


@call("ContactService/ListGifts", shows=GIFT)
def list_gifts(case):
    return {"contact_id": case.id("contact")}


@call("CheckService/ListAccountChecks")
def list_checks(case):
    return {"account_id": case.id("account")}


@call("NeedService/CreateNeed", shows=["account/account.name"], writes=True)
def create_need(case):
    return {"need": {"account_id": case.id("account"), "kind": 1, "scope": 2, "level": 3, "text": "spare parts within a day"}}


@call("NeedService/CreateNeed of-contact")
def create_need_of_contact(case):
    return {"need": {"account_id": case.home_id("account"), "contact_id": case.id("contact"), "kind": 1, "scope": 1, "text": "peace"}}


@call("NeedService/GetNeed", shows=NEED)
def get_need(case):
    return {"id": case.id("need")}


@call("NeedService/ListNeeds", shows=NEED)
def list_needs(case):
    return {"account_id": case.id("account")}


@call("NeedService/UpdateNeed", shows=NEED, writes=True)
def update_need(case):
    return {"need": {"id": case.id("need"), "account_id": case.id("account"), "version": case.version("need"), "state": 2},
            "update_mask": mask("state")}


@call("NeedService/UpdateNeed shown-by")
def update_need_shown_by(case):
    return {"need": {"id": case.home_id("need"), "account_id": case.home_id("account"), "version": case.home_version("need"),
                     "activity_id": case.id("done")}, "update_mask": mask("activity_id")}


@call("NeedService/RetireNeed", shows=NEED, writes=True)
def retire_need(case):
    return {"id": case.id("need"), "version": case.version("need"), "reason": "passed"}


@call("HistoryService/ListChanges gift", shows=GIFT)
def list_changes_gift(case):
    return {"record_id": case.id("gift"), "page_size": 500}


@call("HistoryService/ListChanges tie", shows=TIE)
def list_changes_tie(case):
    return {"record_id": case.id("chief"), "page_size": 500}


@call("HistoryService/ListChanges need", shows=NEED)
def list_changes_need(case):
    return {"record_id": case.id("need"), "page_size": 500}


@call("HistoryService/ListChanges contact-and-below", shows=(*GIFT, *TIE, *NEED))
def list_changes_contact_below(case):
    return {"record_id": case.id("contact"), "with_children": True, "page_size": 500}

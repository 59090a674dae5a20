# SPDX-License-Identifier: Apache-2.0
"""The request behind every row of matrix.txt.

    @call("ContactService/GetContact", shows=["contact/contact.", "contact/position."])
    def get_contact(case):
        return {"id": case.id("contact")}

case.target is what the column of the table names (a Family, a User or a team's name), case.user the caller, case.home the caller's own
family. shows: which sentinels of the target an allowed caller must get, as record/beginning-of-column. writes: the call may change
something, so an allowed one gets a target made for it. also: columns that this method may tell of any account.
"""
import dataclasses

from company import PASSWORD, TIME

CALLS = {}
LATER = {"seconds": TIME + 7200}


@dataclasses.dataclass
class Call:
    build: object
    shows: tuple = ()
    writes: bool = False
    also: frozenset = frozenset()


def call(row, shows=(), writes=False, also=()):
    def register(build):
        assert row not in CALLS, row
        CALLS[row] = Call(build, tuple(shows), writes, frozenset(also))
        return build
    return register


def mask(*paths):
    return {"paths": paths}


# ---- accounts ----

DUPLICATE = ("account.name", "account.code")


@call("AccountService/GetAccount", shows=["account/account."])
def get_account(case):
    return {"id": case.id("account")}


@call("AccountService/GetAccount by-code", shows=["account/account."])
def get_account_by_code(case):
    return {"code": case.sentinel("account", "account.code")}


@call("AccountService/ListAccounts", shows=["account/account."])
def list_accounts(_):
    return {"page_size": 500}


@call("AccountService/ListAccounts retired-too", shows=["account/account."])
def list_accounts_retired(_):
    return {"include_retired": True, "page_size": 500}


@call("AccountService/ListAccounts by-owner", shows=["account/account."])
def list_accounts_by_owner(case):
    return {"owner_id": case.user_id(case.target.owner), "page_size": 500}


@call("AccountService/ListAccounts by-team", shows=["account/account."])
def list_accounts_by_team(case):
    return {"team_id": case.company.teams[case.company.users[case.target.owner].team], "page_size": 500}


@call("AccountService/ListAccounts by-industry", shows=["account/account."])
def list_accounts_by_industry(case):
    return {"industry": case.sentinel("account", "account.industry")}


@call("AccountService/ListAccounts by-region", shows=["account/account."])
def list_accounts_by_region(case):
    return {"region": case.sentinel("account", "account.region")}


@call("AccountService/ListAccounts by-parent", shows=["account/account.name"])
def list_accounts_by_parent(case):
    return {"parent_id": case.company.families["foreign"].ids["account"]}


@call("AccountService/CreateAccount", writes=True)
def create_account(case):
    return {"account": {"name": case.new_name(), "note": "new"}}


@call("AccountService/CreateAccount same-name", shows=["account/account.name"], also=DUPLICATE)
def create_account_same_name(case):
    return {"account": {"name": case.sentinel("account", "account.name")}}


@call("AccountService/CreateAccount under-parent", writes=True)
def create_account_under_parent(case):
    return {"account": {"name": case.new_name(), "parent_id": case.id("account")}}


@call("AccountService/CreateAccount for-owner", writes=True)
def create_account_for_owner(case):
    return {"account": {"name": case.new_name(), "owner_id": case.target.id}}


@call("AccountService/UpdateAccount", shows=["account/account.name"], writes=True)
def update_account(case):
    return {"account": {"id": case.id("account"), "version": case.version("account"), "note": "changed"},
            "update_mask": mask("note")}


@call("AccountService/UpdateAccount guarded", shows=["account/account.name"], writes=True)
def update_account_guarded(case):
    return {"account": {"id": case.id("account"), "version": case.version("account"), "bank": "changed",
                        "registered_capital": {"currency_code": "EUR", "minor_units": 5}},
            "update_mask": mask("bank", "registered_capital")}


@call("AccountService/UpdateAccount stale", shows=["account/account.note"])
def update_account_stale(case):
    return {"account": {"id": case.id("account"), "version": 1000, "note": "changed"}, "update_mask": mask("note")}


@call("AccountService/UpdateAccount parent-to", writes=True)
def update_account_parent(case):
    return {"account": {"id": case.home_id("account"), "version": case.home_version("account"), "parent_id": case.id("account")},
            "update_mask": mask("parent_id")}


@call("AccountService/FindDuplicateAccounts", shows=["account/account.name"], also=DUPLICATE)
def find_duplicates(case):
    return {"name": case.sentinel("account", "account.name")}


@call("AccountService/FindDuplicateAccounts by-number", shows=["account/account.name"], also=DUPLICATE)
def find_duplicates_by_number(case):
    return {"name": case.new_name(), "registration_number": case.sentinel("account", "account.registration_number")}


@call("AccountService/ReassignAccount", shows=["account/account.name"], writes=True)
def reassign_account(case):
    return {"id": case.id("account"), "version": case.version("account"), "owner_id": case.user_id("extra"), "reason": "balance"}


@call("AccountService/ReassignAccount to-user", writes=True)
def reassign_account_to(case):
    return {"id": case.home_id("account"), "version": case.home_version("account"), "owner_id": case.target.id, "reason": "balance"}


@call("AccountService/AddAccountMember", shows=["account/account.name"], writes=True)
def add_member(case):
    return {"id": case.id("account"), "user_id": case.user_id("extra")}


@call("AccountService/AddAccountMember myself", writes=True)
def add_member_myself(case):
    return {"id": case.id("account"), "user_id": case.user.id}


@call("AccountService/AddAccountMember whom", writes=True)
def add_member_whom(case):
    return {"id": case.home_id("account"), "user_id": case.target.id}


@call("AccountService/RemoveAccountMember", shows=["account/account.name"], writes=True)
def remove_member(case):
    if case.is_fresh:
        case.company.add_member(case.target, "helper")
    return {"id": case.id("account"), "user_id": case.user_id("helper")}


@call("AccountService/RetireAccount", shows=["account/account.name"], writes=True)
def retire_account(case):
    return {"id": case.id("account"), "version": case.version("account"), "reason": "closed down"}


@call("AccountService/RestoreAccount", shows=["account/account.name"], writes=True)
def restore_account(case):
    return {"id": case.id("account"), "version": case.version("account")}


# ---- contacts ----

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


# ---- activities ----

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


@call("ActivityService/GetActivity", shows=["done/activity.", "account/account.name", "contact/contact.name"])
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


@call("ActivityService/ListActivities of-owner", shows=["done/activity.", "planned/activity."])
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


@call("SearchService/Search unfinished-word", shows=["account/account.code"])
def search_unfinished(_):
    return {"text": "zq", "page_size": 100}  # all sentinels begin so


# ---- users ----


@call("UserService/GetUser")
def get_user(case):
    return {"id": case.target.id}


@call("UserService/GetUser by-login")
def get_user_by_login(case):
    return {"login": case.target.login}


@call("UserService/ListUsers")
def list_users(_):
    return {"include_disabled": True, "page_size": 500}


@call("UserService/CreateUser in-team", writes=True)
def create_user(case):
    return {"user": {"login": case.new_name(), "name": "New User", "role": 1, "team_id": case.company.teams[case.target]},
            "password": PASSWORD}


@call("UserService/UpdateUser name", writes=True)
def update_user_name(case):
    return {"user": {"id": case.target.id, "version": case.user_version(), "name": "Renamed"}, "update_mask": mask("name")}


@call("UserService/UpdateUser role", writes=True)
def update_user_role(case):
    role = 1 if case.target.role == "manager" else 2
    return {"user": {"id": case.target.id, "version": case.user_version(), "role": role}, "update_mask": mask("role")}


@call("UserService/UpdateUser team", writes=True)
def update_user_team(case):
    return {"user": {"id": case.target.id, "version": case.user_version(), "team_id": case.company.teams["spare"]},
            "update_mask": mask("team_id")}


@call("UserService/UpdateUser into-team", writes=True)
def update_user_into_team(case):
    subordinate = case.company.fresh_user("north office") if case.is_fresh else case.company.users["mate"]
    return {"user": {"id": subordinate.id, "version": case.user_version(subordinate), "team_id": case.company.teams[case.target]},
            "update_mask": mask("team_id")}


@call("UserService/DisableUser", writes=True)
def disable_user(case):
    return {"id": case.target.id, "reason": "gone"}


@call("UserService/EnableUser", writes=True)
def enable_user(case):
    return {"id": case.target.id}


@call("UserService/SetUserPassword", writes=True)
def set_password(case):
    return {"id": case.target.id, "password": PASSWORD + "x"}


@call("HistoryService/ListChanges user")
def list_changes_user(case):
    return {"record_id": case.target.id}


# ---- sessions ----


@call("SessionService/Login", writes=True)
def login(case):
    return {"login": case.target.login, "password": PASSWORD, "device": "table"}


@call("SessionService/Login wrong-password")
def login_wrong(case):
    return {"login": case.target.login, "password": "not " + PASSWORD, "device": "table"}


@call("SessionService/GetCaller")
def get_caller(_):
    return {}


@call("SessionService/Logout", writes=True)
def logout(_):
    return {}


@call("SessionService/ChangePassword", writes=True)
def change_password(_):
    return {"current_password": PASSWORD, "new_password": PASSWORD + "y"}


@call("SessionService/ListSessions", shows=["session/session.device"])
def list_sessions(case):
    return {"user_id": case.target.id, "page_size": 500}


@call("SessionService/RevokeSession", writes=True)
def revoke_session(case):
    return {"id": case.company.session_of(case.target)}


# ---- teams ----


@call("TeamService/GetTeam")
def get_team(case):
    return {"id": case.company.teams[case.target]}


@call("TeamService/ListTeams")
def list_teams(_):
    return {"include_retired": True, "page_size": 500}


@call("TeamService/CreateTeam below", writes=True)
def create_team(case):
    return {"team": {"name": case.new_name(), "parent_id": case.company.teams[case.target]}}


@call("TeamService/UpdateTeam name", writes=True)
def update_team(case):
    return {"team": {"id": case.company.teams[case.target], "version": case.team_version(), "name": case.new_name()},
            "update_mask": mask("name")}


@call("TeamService/UpdateTeam move-below", writes=True)
def move_team(case):
    moved = case.company.fresh_team("north") if case.is_fresh else "spare"
    return {"team": {"id": case.company.teams[moved], "version": case.team_version(moved), "parent_id": case.company.teams[case.target]},
            "update_mask": mask("parent_id")}


@call("TeamService/RetireTeam", writes=True)
def retire_team(case):
    return {"id": case.company.teams[case.target], "version": case.team_version()}

# SPDX-License-Identifier: Apache-2.0
"""Requests of UserService, SessionService and TeamService: calls.py."""
from call import call, mask
from company import PASSWORD


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


@call("UserService/CreateUser manager-in-team", writes=True)
def create_manager(case):
    request = create_user(case)
    request["user"]["role"] = 2
    return request


@call("UserService/UpdateUser manager-into-team", writes=True)
def update_manager_into_team(case):
    """Makes a rep a manager there."""
    request = update_user_into_team(case)
    request["user"]["role"] = 2
    return dict(request, update_mask=mask("team_id", "role"))


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


# ---- the follow-up rhythm ----


@call("RhythmService/GetRhythm")
def get_rhythm(_):
    return {}


@call("RhythmService/ListRhythms")
def list_rhythms(_):
    return {}


@call("RhythmService/SetRhythm", writes=True)
def set_rhythm(_):
    return {"rhythm": {"reason": "less", "rules": [{"kind": 5, "from_days": 1, "to_days": 2, "follow_up_kind": 1, "follow_up_subject": "ask"}]}}


# ---- pipelines ----

PIPELINE = {"key": "short", "name_en": "Short", "name_zh": "短", "stages": [{"key": "only", "name_en": "Only", "name_zh": "一", "probability": 50, "approvals": [1]}]}


@call("PipelineService/ListPipelines")
def list_pipelines(_):
    return {}


@call("PipelineService/ListPipelines retired-too")
def list_pipelines_retired(_):
    return {"include_retired": True}


@call("PipelineService/GetPipeline")
def get_pipeline(_):
    return {"key": "development"}


@call("PipelineService/ListCriterionKinds")
def list_criterion_kinds(_):
    return {}


@call("PipelineService/ImportPipeline", writes=True)
def import_pipeline(_):
    return {"pipeline": PIPELINE}


@call("PipelineService/ImportPipeline validate-only", writes=True)
def validate_pipeline(_):
    return {"pipeline": PIPELINE, "validate_only": True}


@call("PipelineService/ImportPipeline wrong", writes=True)
def import_wrong_pipeline(_):
    return {"pipeline": {**PIPELINE, "criteria": [{"stage": "only", "key": "x", "kind": "x", "name_en": "X", "name_zh": "X"}]}}


@call("PipelineService/SetDefaultPipeline", writes=True)
def set_default_pipeline(_):
    return {"key": "channel"}


@call("PipelineService/RetirePipeline", writes=True)
def retire_pipeline(_):
    return {"key": "seven-stage"}


@call("PipelineService/RetirePipeline default", writes=True)
def retire_default_pipeline(_):
    return {"key": "development"}


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

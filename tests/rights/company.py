# SPDX-License-Identifier: Apache-2.0
"""The fixture: a small company whose every text is a sentinel, and the rule of who may see what, written a second time.

    Company                boss      manager of the whole company
      North                manager   manager of the region; what "manager" means in the tables
        North office       rep       what "rep" means in the tables; mate and extra, reps of the same office; gone, a disabled one
                           service   what "service" means
      South                south     manager of the other region
        South office       stranger  a rep; helper, a rep who is a member of every account

An account with all that hangs on it is a family. The families are named as the columns of matrix.txt; those that are different
for every role carry the role's name: own-rep, own-manager, own-boss. One contact, bridge, has positions at own-rep, own-manager
and foreign.
"""
import copy
import dataclasses
import itertools

import company_analysis
from opportunities import build_opportunity
from scoring import build_assessment, build_grade, build_scoring
from advancements import build_moving, build_pipeline, build_request, build_waiver
from sentinel import Registry

PASSWORD = "matrix-of-rights-1"
TIME = 1_790_000_000  # some instant for activities; the server does not compare it with its clock

# What domain.md section 1 grants the service desk.
DESK = {"account.code", "account.name", "account.phone", "account.registered_address", "account.delivery_address",
        "contact.name", "contact.phones", "contact.emails", "position.title"}

ROLES = ("rep", "manager", "boss", "service")


@dataclasses.dataclass
class User:
    login: str
    role: str
    team: str
    id: str = ""
    token: str = ""
    session_id: str = ""


@dataclasses.dataclass
class Family:
    key: str
    owner: str  # login
    members: set  # logins
    first_owner: str = ""
    is_retired: bool = False
    ids: dict = dataclasses.field(default_factory=dict)  # record: id

    def __post_init__(self):
        self.first_owner = self.owner


class Company:
    PARENTS = {"company": None, "north": "company", "north office": "north", "south": "company", "south office": "south",
               "spare": "north", "south spare": "south", "closed": "north"}
    USERS = (("boss", "manager", "company"), ("manager", "manager", "north"), ("rep", "rep", "north office"),
             ("mate", "rep", "north office"), ("extra", "rep", "north office"), ("gone", "rep", "north office"),
             ("service", "service", "north office"),
             ("south", "manager", "south"), ("stranger", "rep", "south office"), ("helper", "rep", "south office"))

    def __init__(self, wire):
        self.wire = wire
        self.owner = None
        self.registry = Registry()
        self.parents = dict(self.PARENTS)
        self.teams = {}  # name: id
        self.users = {login: User(login, role, team) for login, role, team in self.USERS}
        self.families = {}
        self.routes = {}  # login of the owner: id
        self.homes = {}  # family key of what belongs to several accounts: those families' keys
        self.entries = {}  # login: id of the entry of the library that this one wrote
        self.stands_in_for = {}  # login: of the manager whom this one stands in for today
        self.lent = {}  # login: (family key, record, column) of what this one may see without reaching the account; column "": all of the record
        self.makers = {}  # target: makes a fresh family that is the target of that name
        self.delegation = ""  # its id: boss to south, in days to come
        self.serial = itertools.count(1)

    def moved_to(self, wire, owner):
        """The same company in a copy of its database; owner is a cursor of the database's owner."""
        here, self.wire = self.wire, None
        moved = copy.deepcopy(self)
        self.wire, moved.wire, moved.owner = here, wire, owner
        return moved

    # ---- the rule ----

    def is_below(self, team, ancestor):
        while team is not None and team != ancestor:
            team = self.parents[team]
        return team is not None

    def reaches(self, user, family):
        if user.login in self.stands_in_for and self.reaches(self.users[self.stands_in_for[user.login]], family):
            return True
        return (family.owner == user.login or user.login in family.members
                or user.role == "manager" and self.is_below(self.users[family.owner].team, user.team))

    def may_see(self, user, sentinel):
        if sentinel.family.startswith("user:"):
            of = self.users[sentinel.family[5:]]
            away = self.users.get(self.stands_in_for.get(user.login))
            if away is not None and sentinel.record == "route" and self.may_see(away, sentinel):
                return True
            return of is user or user.role == "manager" and self.is_below(of.team, user.team)
        homes = [self.families[key] for key in self.homes.get(sentinel.family, [sentinel.family])]
        if user.role == "service":
            # Retired accounts are no business of the desk, the people are.
            return sentinel.column in DESK and not (sentinel.column.startswith("account.") and homes[0].is_retired)
        lent = self.lent.get(user.login, ())
        if (sentinel.family, sentinel.record, "") in lent or (sentinel.family, sentinel.record, sentinel.column) in lent:
            return True
        return any(self.reaches(user, home) for home in homes)

    def target(self, role, target):
        """The family that is role's target."""
        if target == "own":
            return self.families["own-rep" if role == "service" else f"own-{role}"]
        return self.families[target]

    # ---- building it ----

    def boss(self, name, **fields):
        return self.wire.get(name, fields, self.users["boss"].token)

    def log_in(self, login):
        user = self.users[login]
        key = f"user:{login}"
        answer = self.wire.get("SessionService/Login", {
            "login": login, "password": PASSWORD, "device": self.registry.text(key, "session", "session.device")}, None)
        user.id, user.token, user.session_id = answer.user.id, answer.token, answer.session.id

    def build(self):
        """The root team and boss are there already: the operator makes them."""
        self.log_in("boss")
        self.teams["company"] = self.boss("SessionService/GetCaller").team_id
        for team, parent in self.parents.items():
            if parent is not None:
                self.teams[team] = self.boss("TeamService/CreateTeam",
                                             team={"name": team, "parent_id": self.teams[parent]}).id
        self.boss("TeamService/RetireTeam", id=self.teams["closed"], version=1)
        for user in self.users.values():
            if user.login != "boss":
                self.boss("UserService/CreateUser", password=PASSWORD, user={
                    "login": user.login, "name": user.login.title(), "role": {"rep": 1, "manager": 2, "service": 3}[user.role],
                    "team_id": self.teams[user.team]})
                self.log_in(user.login)
        for login in ("rep", "manager", "service"):
            self.log_in(login)  # a second session, so that there are pages of them
        for login in ("boss", "manager", "rep", "mate", "stranger", "gone"):
            self.routes[login] = self.boss("RouteService/CreateRoute", route={
                "name": self.registry.text(f"user:{login}", "route", "route.name"), "owner_id": self.users[login].id}).id
        self.boss("UserService/DisableUser", id=self.users["gone"].id, reason="left")
        build_pipeline(self)
        self.boss("KeyAccountService/SetMarketQuota", quota={"region": "North", "most": 3})
        for year in (2190, 2189):  # two, so that there are pages
            self.delegation = self.boss("DelegationService/CreateDelegation", delegation={
                "to_user_id": self.users["south"].id, "starts_on": {"year": year, "month": 1, "day": 1}, "ends_on": {"year": year, "month": 1, "day": 31}}).id
        self.boss("RhythmService/SetRhythm", rhythm={"rules": [{"kind": 6, "follow_up_kind": 1, "follow_up_subject": "ask"}]})
        for currency in ("USD", "JPY"):
            self.boss("RateService/SetExchangeRate", rate={"currency_code": currency, "rate": "7"})

        self.families["twins"] = Family("twins", "boss", set(), is_retired=True)
        self.build_family("foreign", "stranger", ["rep"])
        self.remove_member(self.families["foreign"], "rep")
        for role in ("rep", "manager", "boss"):
            self.build_family(f"own-{role}", role)
        self.build_family("member", "stranger", ["rep", "manager", "boss"], parent_id=self.families["foreign"].ids["account"])
        self.build_family("team", "mate")
        self.build_family("former", "rep")
        self.reassign(self.families["former"], "stranger", self.registry.text("former", "account", "account.reason"))
        self.build_family("retired", "rep")
        self.retire(self.families["retired"], self.registry.text("retired", "account", "account.reason"))
        self.build_bridge()
        for login, key in (("rep", "own-rep"), ("stranger", "foreign")):
            self.boss("RouteService/UpdateRoute", update_mask={"paths": ["account_ids"]}, route={
                "id": self.routes[login], "version": 1, "name": "x", "account_ids": [self.families[key].ids["account"]]})
            self.boss("VisitPlanService/CreateVisitPlan", visit_plan={"route_id": self.routes[login], "subject": "round", "month_day": 1,
                                                                      "starts_on": {"year": 2190, "month": 1, "day": 1}})
        for login in ("boss", "manager", "rep", "mate"):
            self.entries[login] = self.new_entry(login).id
        for _ in range(2):
            self.boss("KeyAccountService/MarkKeyAccounts")

    def new_entry(self, login):
        """An entry of the library with an answer: published for a manager, a proposal for a rep."""
        return self.wire.get("ObjectionLibraryService/CreateObjectionEntry", {"entry": {
            "objection": "too expensive", "answers": [{"feature": "lasts"}]}}, self.users[login].token)

    def build_family(self, key, owner, members=(), **fields):
        family = self.families[key] = Family(key, owner, set())
        text, phone = self.registry.text, self.registry.phone
        account = {column: text(key, "account", f"account.{column}") for column in (
            "name", "registration_number", "registered_address", "delivery_address", "legal_representative", "industry", "region",
            "tax_status", "bank", "main_products", "market", "our_value", "management_level", "culture", "philosophy",
            "industry_standing", "reputation", "source_note", "note", "organisation", "business_scope", "cash_flow", "payables", "market_trend",
            "company_trend", "special_requirements", "bad_record", "development_plans", "payment_reputation", "quality_reputation",
            "stability_reputation")}
        account.update(
            other_names=[text(key, "account", "account.other_names")], phone=phone(key, "account", "account.phone"),
            website=text(key, "account", "account.website", "https://{}.example"),
            registered_capital=self.registry.money(key, "account", "account.registered_capital"),
            own_capital=self.registry.money(key, "account", "account.own_capital"),
            territories=[text(key, "account", "account.territories")],
            founded_on=self.registry.date(key, "account", "account.founded_on"),
            ownership=2, employees=4321, source=1, status=4, owner_id=self.users[owner].id, **fields)
        # A reason for a duplicate is kept where there is one: an account of boss with the same number.
        twin = self.boss("AccountService/CreateAccount", account={
            "name": text("twins", key, "account.name"), "registration_number": account["registration_number"]})
        self.boss("AccountService/RetireAccount", id=twin.id, version=twin.version, reason="a twin")
        made = self.boss("AccountService/CreateAccount", account=account,
                         duplicate_reason=text(key, "account", "account.duplicate_reason"))
        family.ids["account"] = made.id
        self.registry.code(key, "account", "account.code", made.code)
        for member in ("helper", *members):
            self.add_member(family, member)

        self.ensure(family, "targets")
        self.ensure(family, "merged")
        self.build_contact(family, "chief")
        self.build_contact(family, "contact", reports_to_id=family.ids["chief"])
        self.build_profile(family)
        self.build_activities(family)
        for record in ("opportunity", "other-opportunity"):
            family.ids[record] = build_opportunity(self, family, record, family.ids["contact"])
        build_scoring(self, family)
        for record in ("moving", "request", "waiver"):
            self.ensure(family, record)
        for record in ("other-gift", "other-need", "tie", "gift", "need"):
            self.build_fact(family, record)
        for record in ("figures", "supply", "brand", "event"):
            self.build_archive(family, record)
            self.build_archive(family, record, f"other-{record}")  # so that there are pages
        family.ids["plan"] = self.boss("VisitPlanService/CreateVisitPlan", visit_plan={
            "account_id": made.id, "subject": text(key, "plan", "plan.subject"), "month_day": 1, "starts_on": {"year": 2190, "month": 1, "day": 1}}).id
        for record in company_analysis.RECORDS:
            self.ensure(family, record)
        for level in (3, 4):
            self.boss("ContactService/RecordRelationship", position_id=family.ids["contact-position"], level=level,
                      changed_on={"year": 2026, "month": 5, "day": level}, activity_id=family.ids["done"],
                      note=text(key, "relationship", "relationship.note"))

    def build_contact(self, family, record, key=None, **position):
        """A contact with a position at the family's account; its own fields belong to the family of that key."""
        key, text = key or family.key, self.registry.text
        made = self.boss("ContactService/CreateContact", contact={
            "name": text(key, record, "contact.name"), "other_names": [text(key, record, "contact.other_names")],
            "phones": [self.registry.phone(key, record, "contact.phones")],
            "emails": [text(key, record, "contact.emails", "{}@example.com")],
            "messaging_ids": [text(key, record, "contact.messaging_ids", "wechat:{}")],
            "note": text(key, record, "contact.note"),
            "positions": [self.position_fields(family, record, **position)]})
        family.ids[record] = made.id
        family.ids[f"{record}-position"] = made.positions[0].id

    def position_fields(self, family, record, **more):
        return dict(account_id=family.ids["account"], title=self.registry.text(family.key, record, "position.title"),
                    department=self.registry.text(family.key, record, "position.department"), level=2, buying_roles=[4, 3],
                    stance=1, is_insider=True, influence=77,
                    since=self.registry.date(family.key, record, "position.since"), **more)

    def build_profile(self, family):
        columns = ("home_town", "hobbies", "temperament", "family", "education", "career", "motives")
        profile = {column: self.registry.text(family.key, "profile", f"profile.{column}") for column in columns}
        profile.update(contact_id=family.ids["contact"],
                       birthday=self.registry.date(family.key, "profile", "profile.birthday"))
        self.boss("ContactService/UpdateContactProfile", profile=profile, update_mask={"paths": [*columns, "birthday"]})

    def build_fact(self, family, record):
        """A tie, gift or need: what is known of the family's contact."""
        key, text, contact = family.key, self.registry.text, self.ensure(family, "contact")
        if record == "tie":
            made = self.boss("ContactService/AddTie", tie={
                "kind": 3, "from_contact_id": contact, "to_contact_id": self.ensure(family, "chief"), "note": text(key, "tie", "tie.note")})
        elif record.endswith("gift"):
            made = self.boss("ContactService/RecordGift", gift={
                "contact_id": contact, "what": text(key, record, "gift.what"), "given_on": self.registry.date(key, record, "gift.given_on"),
                "value": self.registry.money(key, record, "gift.value"), "activity_id": self.ensure(family, "done")})
        else:
            made = self.boss("NeedService/CreateNeed", need={
                "account_id": family.ids["account"], "contact_id": contact, "kind": 1, "scope": 1, "expression": 2,
                "text": text(key, record, "need.text"), "activity_id": self.ensure(family, "done")})
        family.ids[record] = made.id

    def activity_fields(self, family, record, *columns, **more):
        fields = {column: self.registry.text(family.key, record, f"activity.{column}") for column in columns}
        return dict(fields, account_id=family.ids["account"], kind=2, time={"seconds": TIME}, **more)

    def build_archive(self, family, record, name=None):
        """One record of the account's archive."""
        name, key, text = name or record, family.key, self.registry.text
        fields = {"account_id": family.ids["account"]}
        if record == "figures":
            fields.update(year=2025 if name == record else 2024, our_share=10000, note=text(key, name, "figures.note"),
                          **{column: self.registry.money(key, name, f"figures.{column}") for column in ("revenue", "profit", "purchases")})
            made = self.boss("AccountArchiveService/SetAccountFigures", figures=fields,
                             update_mask={"paths": ["revenue", "profit", "purchases", "our_share", "note"]})
        elif record == "supply":
            fields.update({column: text(key, name, f"supply.{column}") for column in ("supplier", "product", "won_by", "shortcomings")},
                          since=self.registry.date(key, name, "supply.since"), willingness=2, share=4000)
            made = self.boss("AccountArchiveService/CreateSupply", supply=fields)
        elif record == "brand":
            fields.update(name=text(key, name, "brand.name"), note=text(key, name, "brand.note"), relation=1)
            made = self.boss("AccountArchiveService/CreateBrand", brand=fields)
        else:
            fields.update(description=text(key, name, "event.description"), happened_on=self.registry.date(key, name, "event.happened_on"))
            made = self.boss("AccountArchiveService/CreateAccountEvent", event=fields)
        family.ids[name] = made.id
        return made.id

    def build_activities(self, family):
        key, text, ids = family.key, self.registry.text, family.ids
        said = ("subject", "place", "description", "customer_reaction", "result")
        done = self.boss("ActivityService/LogActivity", activity=self.activity_fields(
            family, "done", *said, contact_ids=[ids["contact"]], user_ids=[self.users["helper"].id],
            owner_id=self.users[family.owner].id, cost=self.registry.money(key, "done", "activity.cost"), duration_minutes=30),
            next_step={"kind": 1, "subject": text(key, "next", "activity.subject"), "time": {"seconds": TIME + 86400}})
        ids["done"], ids["next"] = done.id, done.next_activity_id
        self.build_parts(family)
        ids["planned"] = self.boss("ActivityService/PlanActivity", activity=self.activity_fields(
            family, "planned", "subject", "place", "description", contact_ids=[ids["contact"]],
            owner_id=self.users[family.owner].id)).id
        ids["cancelled"] = self.boss("ActivityService/PlanActivity",
                                     activity=self.activity_fields(family, "cancelled", "subject")).id
        self.boss("ActivityService/CancelActivity", id=ids["cancelled"], version=1,
                  reason=text(key, "cancelled", "activity.cancel_reason"))
        ids["original"] = self.boss("ActivityService/LogActivity",
                                    activity=self.activity_fields(family, "original", "subject", "description")).id
        ids["correction"] = self.boss("ActivityService/CorrectActivity", id=ids["original"], version=1,
                                      activity=self.activity_fields(family, "correction", "subject", "description"),
                                      reason=text(key, "correction", "activity.correction_reason")).id

    def build_parts(self, family):
        """What the done activity carries."""
        def update(method, part, *columns, **more):
            texts = {column: self.registry.text(family.key, "done", f"{part}.{column}") for column in columns}
            self.boss(method, **{part: dict(texts, activity_id=family.ids["done"], **more)}, update_mask={"paths": [*texts, *(more)]})
        update("VisitService/UpdateVisit", "visit", "address", "route", "material", "reaction", "next_step", contact_id=family.ids["contact"],
               appointment=2, customer_class=3)
        update("VisitService/UpdateSpin", "spin", *(f"{part}_{what}" for part in ("situation", "problem", "implication", "need_payoff")
                                                    for what in ("questions", "answers")))
        self.boss("CommentService/AddComment", comment={
            "activity_id": family.ids["done"], "text": self.registry.text(family.key, "done", "comment.text")})

        def texts(part, *columns):
            return {column: self.registry.text(family.key, "done", f"{part}.{column}") for column in columns}
        for record in ("objection", "objection-2"):
            family.ids[record] = self.boss("ObjectionService/CreateObjection", objection=dict(
                texts("objection", "objection", "listen", "share", "clarify", "present", "ask"), activity_id=family.ids["done"],
                contact_id=family.ids["contact"])).id
        for record in ("idea", "idea-2"):
            family.ids[record] = self.boss("IdeaService/CreateIdea", idea=dict(
                texts("idea", "subject", "note"), account_id=family.ids["account"], activity_id=family.ids["done"], impact=3, confidence=4, ease=5)).id

    def build_bridge(self):
        """A person with positions at three accounts, and an activity with them at the one that rep and manager do not reach."""
        homes = [self.families[key] for key in ("own-rep", "own-manager", "foreign")]
        self.homes["bridge"] = [family.key for family in homes]
        self.build_contact(homes[0], "bridge", key="bridge")
        for family in homes[1:]:
            family.ids["bridge"] = homes[0].ids["bridge"]
            family.ids["bridge-position"] = self.boss("ContactService/AddPosition", position=dict(
                self.position_fields(family, "bridge"), contact_id=family.ids["bridge"])).id
        self.boss("ActivityService/LogActivity", activity=self.activity_fields(
            self.families["foreign"], "with-bridge", "subject", "description", contact_ids=[homes[0].ids["bridge"]]))

    # ---- fresh families, for calls that may change something ----

    def fresh(self, role, target):
        """A new family, at first the account alone, that stands to role as the target of that name does."""
        if target in self.makers:
            return self.makers[target]()
        login = "rep" if role == "service" else role
        owner = {"own": login, "member": "stranger", "team": "mate", "former": "rep", "foreign": "stranger", "retired": "rep"}[target]
        key = f"fresh{next(self.serial)}"
        family = self.families[key] = Family(key, owner, set())
        name = self.registry.text(key, "account", "account.name")
        family.ids["account"] = self.boss("AccountService/CreateAccount", account={
            "name": name, "owner_id": self.users[owner].id, "note": self.registry.text(key, "account", "account.note")}).id
        if target == "member":
            self.add_member(family, login)
        if target == "former":
            self.reassign(family, "stranger", "handed over")
        if target == "retired":
            self.ensure(family, "targets")  # no list takes it once it is retired, and nothing is merged into it
            self.ensure(family, "merged")
            self.ensure(family, "opportunity")
            self.retire(family, "out of business")
        return family

    def ensure(self, family, record):
        """The id of a record of the family; of a fresh one it is made when it is asked for."""
        if record not in family.ids:
            if record in ("figures", "supply", "brand", "event"):
                self.build_archive(family, record)
            elif record in company_analysis.RECORDS + company_analysis.LATER:
                family.ids[record] = company_analysis.build(self, family, record)
            elif record in ("done", "planned"):
                method = {"done": "LogActivity", "planned": "PlanActivity"}[record]
                family.ids[record] = self.boss(f"ActivityService/{method}", activity=self.activity_fields(
                    family, record, "subject", "description", owner_id=self.users[family.owner].id)).id
            elif record in ("tie", "gift", "need"):
                self.build_fact(family, record)
            elif record == "targets":
                family.ids[record] = self.build_targets(family)
            elif record == "opportunity":
                family.ids[record] = build_opportunity(self, family, record)
            elif record == "assessment":
                family.ids[record] = build_assessment(self, family, record)
            elif record == "grade":
                family.ids[record] = build_grade(self, family, record)
            elif record in ("moving", "request", "waiver"):
                family.ids[record] = {"moving": build_moving, "request": build_request, "waiver": build_waiver}[record](self, family)
            elif record == "plan":  # also at a retired account, where nobody makes one
                self.owner.execute("""insert into kam.visit_plan (account_id, subject, repeat, month_day, starts_on)
                                      values (%s, %s, 'monthly', 1, '2190-01-01') returning id::text""",
                                   (family.ids["account"], self.registry.text(family.key, record, "plan.subject")))
                family.ids[record], = self.owner.fetchone()
            elif record == "merged":
                family.ids[record] = self.build_merged(family)
            elif record == "objection":
                family.ids[record] = self.boss("ObjectionService/CreateObjection", objection={
                    "activity_id": self.ensure(family, "done"), "listen": "why", "objection": self.registry.text(family.key, "done", "objection.objection")}).id
            elif record == "idea":
                family.ids[record] = self.boss("IdeaService/CreateIdea", idea={
                    "account_id": family.ids["account"], "impact": 1, "confidence": 1, "ease": 1,
                    "subject": self.registry.text(family.key, "done", "idea.subject")}).id
            else:
                person = record.removesuffix("-position")
                made = self.boss("ContactService/CreateContact", contact={
                    "name": self.registry.text(family.key, person, "contact.name"),
                    "note": self.registry.text(family.key, person, "contact.note"),
                    "positions": [{"account_id": family.ids["account"],
                                   "title": self.registry.text(family.key, person, "position.title")}]})
                family.ids[person] = made.id
                family.ids[f"{person}-position"] = made.positions[0].id
        return family.ids[record]

    def build_merged(self, family):
        """An account that was merged into the family's."""
        made = self.boss("AccountService/CreateAccount", account={"name": self.registry.text(family.key, "merged", "merged.name"),
                                                                  "owner_id": self.users[family.owner].id})
        self.boss("AccountMergeService/MergeAccounts", survivor_id=family.ids["account"], survivor_version=self.version(family, "account"),
                  merged_id=made.id, merged_version=made.version, reason=self.registry.text(family.key, "merged", "merge.reason"))
        return made.id

    def build_targets(self, family):
        """A target list with the family's account, made by its owner, or by boss."""
        token = self.users[family.owner if self.users[family.owner].role == "manager" else "boss"].token
        made = self.wire.get("TargetService/CreateTargetList", {"list": {
            "name": "targets", "starts_on": {"year": 2025, "month": 1, "day": 1}, "ends_on": {"year": 2034, "month": 12, "day": 31}}}, token)
        self.wire.get("TargetService/AddTargetAccounts", {"list_id": made.id, "account_ids": [family.ids["account"]]}, token)
        return made.id

    def new_name(self):
        """Like nothing that is there, fit for an account, a team or a login."""
        return "new" + "".join(self.registry.random.choice("klmnopqrstuvwxyz") for _ in range(14))

    def fresh_user(self, team, role="rep", login=None):
        login = login or f"fresh{next(self.serial)}"
        user = self.users[login] = User(login, role, team)
        # As the operator does it, with the hash of a password that is hashed already: argon2id takes its time.
        self.owner.execute("""select kam.operator_add_user(%s, %s, %s, %s, (select hash from kam.user_password limit 1))::text""",
                           (login, login.title(), role, team))
        user.id, = self.owner.fetchone()
        return user

    def user_target(self, role, target, is_fresh):
        """What a column of the section on users means for role."""
        login = {"self": role, "below": "mate", "foreign": "stranger", "disabled": "gone"}[target]
        if not is_fresh:
            return self.users[login]
        user = self.fresh_user(self.users[login].team, self.users[login].role)
        if target == "self":
            self.log_in(user.login)
        if target == "disabled":
            self.boss("UserService/DisableUser", id=user.id, reason="left")
        return user

    def route_of(self, user):
        if user.login not in self.routes:
            # Also of somebody who may not have one.
            self.owner.execute("insert into kam.route (name, owner_id) values (%s, %s) returning id::text",
                               (self.registry.text(f"user:{user.login}", "route", "route.name"), user.id))
            self.routes[user.login], = self.owner.fetchone()
        return self.routes[user.login]

    def session_of(self, user):
        if not user.session_id:
            self.log_in(user.login)
        return user.session_id

    def fresh_team(self, parent):
        name = self.new_name()
        self.parents[name] = parent
        self.teams[name] = self.boss("TeamService/CreateTeam", team={"name": name, "parent_id": self.teams[parent]}).id
        return name

    def team_target(self, role, target, is_fresh):
        """What a column of the section on teams means for role."""
        team = {"own": self.users[role].team, "below": "spare", "foreign": "south spare", "retired": "closed"}[target]
        return self.fresh_team(self.parents[team]) if is_fresh and target in ("below", "foreign") else team

    def give(self, family, user):
        """Hands a fresh family to the user whom a test acts as."""
        if family.owner != user.login:
            self.reassign(family, user.login, "handed over")

    def add_member(self, family, login):
        self.boss("AccountService/AddAccountMember", id=family.ids["account"], user_id=self.users[login].id)
        family.members.add(login)

    def remove_member(self, family, login):
        self.boss("AccountService/RemoveAccountMember", id=family.ids["account"], user_id=self.users[login].id)
        family.members.discard(login)

    def reassign(self, family, login, reason):
        self.boss("AccountService/ReassignAccount", id=family.ids["account"], version=self.version(family, "account"),
                  owner_id=self.users[login].id, reason=reason)
        family.owner = login

    def retire(self, family, reason):
        self.boss("AccountService/RetireAccount", id=family.ids["account"], version=self.version(family, "account"), reason=reason)
        family.is_retired = True

    def version(self, family, record):
        """The version the record has now, as boss reads it."""
        if record == "profile":
            request = {"contact_id": self.ensure(family, "contact")}
            answer = self.wire.call("ContactService/GetContactProfile", request, self.users["boss"].token)
            return answer.message.version if answer.code == "OK" else 0
        record_id = self.ensure(family, record)
        if record in company_analysis.RECORDS + company_analysis.LATER:
            return company_analysis.version(self, family, record, record_id)
        if record == "targets":
            return self.boss("TargetService/GetTargetList", id=record_id).version
        if record == "plan":
            return self.boss("VisitPlanService/GetVisitPlan", id=record_id).version
        if record == "account":
            return self.boss("AccountService/GetAccount", id=record_id).version
        if record == "figures":
            return self.boss("AccountArchiveService/GetAccountFigures", account_id=family.ids["account"], year=2025).version
        archive = {"supply": "GetSupply", "brand": "GetBrand", "event": "GetAccountEvent"}
        if record in archive:
            return self.boss(f"AccountArchiveService/{archive[record]}", id=record_id).version
        if record.endswith("-position"):
            contact = self.boss("ContactService/GetContact", id=family.ids[record[:-len("-position")]])
            return next(position.version for position in contact.positions if position.id == record_id)
        if record in ("contact", "chief", "bridge"):
            return self.boss("ContactService/GetContact", id=record_id).version
        if record in ("gift", "need"):
            return self.boss({"gift": "ContactService/GetGift", "need": "NeedService/GetNeed"}[record], id=record_id).version
        if record == "objection":
            return self.boss("ObjectionService/GetObjection", id=record_id).version
        if record == "idea":
            return self.boss("IdeaService/GetIdea", id=record_id).version
        if record == "opportunity":
            return self.boss("OpportunityService/GetOpportunity", id=record_id).version
        if record == "grade":
            return self.boss("GradeService/GetGrade", id=record_id).version
        return self.boss("ActivityService/GetActivity", id=record_id).version

# SPDX-License-Identifier: Apache-2.0
"""Reads tables.txt, and tries as each role with SQL which rows and columns of which table there are."""
import collections
import contextlib
import fnmatch
import pathlib
import re

import psycopg2.errors

FILE = pathlib.Path(__file__).with_name("tables.txt")
ROLES = ("rep", "manager", "service")
Entry = collections.namedtuple("Entry", "key rows hidden service auth insert update")
Write = collections.namedtuple("Write", "roles rows columns but")
NO_WRITE = Write((), None, (), ())


def read_write(text):
    """"rep manager planned: subject place", "rep: * but code" """
    words, _, columns = text.partition(":")
    words = words.split()
    columns, _, but = columns.partition(" but ")
    return Write([word for word in words if word in ROLES], None if words[-1] in ROLES else words[-1], columns.split(), but.split())


def read_file():
    """{table or pattern: Entry}"""
    entries = {}
    for block in re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", FILE.read_text(encoding="utf-8")).strip()):
        name, *lines = block.splitlines()
        said = dict(line.split(maxsplit=1) for line in lines)
        key, _, classes = said.pop("rows").partition(":")
        entries[name.strip()] = Entry(
            key, dict(zip(ROLES, classes.split(), strict=True)), said.pop("hidden").split(), said.pop("service").split(),
            said.pop("auth", "-").split(), *(read_write(said.pop(verb)) if verb in said else NO_WRITE for verb in ("insert", "update")))
        assert not said, f"{FILE.name}: {name}: {said}"
    return entries


PROCESS = ("opportunity", "advancement", "advancement_evidence", "approval_step", "stage_change", "change")


class Tables:
    def __init__(self, company, database):
        self.company = company
        self.database = database
        self.entries = read_file()
        self.problems = []

    def run(self, only=None):
        """Problems of all tables, or of one."""
        self.problems = []
        with contextlib.ExitStack() as stack:
            self.owner = stack.enter_context(contextlib.closing(self.database.connect()))
            self.owner.autocommit = True
            self.connections = {role: stack.enter_context(contextlib.closing(self.database.connect(f"kam_{role}")))
                                for role in (*ROLES, "auth")}
            for connection in self.connections.values():
                connection.autocommit = True
            self.load()
            for table in [only] if only else self.columns:
                self.check_table(table)
            if only is None:
                self.check_everything_is_seen()
        return self.problems

    def ask(self, connection, sql, *arguments):
        with connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return cursor.fetchall()

    def load(self):
        """Tables, and the truth about the fixture as the owner reads it."""
        self.columns = collections.defaultdict(list)
        for table, column in self.ask(self.owner, """
                select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relnamespace = 'kam'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
                 order by c.relname, a.attnum"""):
            self.columns[table].append(column)
        logins = {user.id: user for user in self.company.users.values()}
        self.users = {user_id: logins[user_id] for user_id, in self.ask(self.owner, "select id::text from app_user")}
        self.hashes = {user_id: value for user_id, value in self.ask(self.owner, """
            select distinct on (user_id) user_id::text, token_hash from session order by user_id, create_time desc""")}
        self.owners = dict(self.ask(self.owner, "select id::text, owner_id::text from account"))
        self.open = {account for account, in self.ask(self.owner, "select id::text from account where retire_time is null")}
        self.members = set(self.ask(self.owner, "select account_id::text, user_id::text from account_member"))
        self.positions = self.ask(self.owner, "select contact_id::text, account_id::text from position")
        self.opportunities = self.ask(self.owner, "select id::text, account_id::text, owner_id::text from opportunity")
        self.advancements = self.ask(self.owner, "select id::text, opportunity_id::text from advancement")
        self.ties = self.ask(self.owner, "select id::text, from_contact_id::text, to_contact_id::text from contact_tie")
        self.gifts = self.ask(self.owner, "select id::text, contact_id::text from contact_gift")
        self.lists = dict(self.ask(self.owner, "select id::text, owner_id::text from target_list"))
        self.handed_over = self.ask(self.owner, "select list_id::text, account_id::text, user_id::text from target_entry where remove_time is null")
        self.merged = self.ask(self.owner, "select id::text, merged_into_id::text from account where merged_into_id is not null")
        self.seen = {user.login: set() for user in self.users.values()}

    # ---- the rule, once more ----

    def reached(self, user):
        own = {account for account, owner in self.owners.items()
               if owner == user.id or (account, user.id) in self.members
               or user.role == "manager" and self.company.is_below(self.users[owner].team, user.team)}
        return own | {merged for merged, survivor in self.merged if survivor in own}

    def below(self, user):
        return {other.id for other in self.users.values()
                if other is user or user.role == "manager" and self.company.is_below(other.team, user.team)}

    def teams_below(self, user):
        return {self.company.teams[team] for team in self.company.parents
                if user.role == "manager" and self.company.is_below(team, user.team)}

    def process(self, user):
        """Opportunities, and requests for their advancement: managers read what their people own, whichever team has the account."""
        accounts, below = self.reached(user), self.below(user)
        read = {opportunity for opportunity, account, owner in self.opportunities if account in accounts or user.role == "manager" and owner in below}
        return read | {advancement for advancement, opportunity in self.advancements if opportunity in read}

    def is_of_own_people(self, user, table, sentinel):
        """Of an opportunity that one of theirs owns at an account out of reach; it has its source from the account."""
        family = self.company.families.get(sentinel.family)
        moving = family and family.ids.get("moving")
        return table in PROCESS and moving in self.process(user) and (sentinel.record in ("moving", "request") or sentinel.column == "account.source_note")

    def handed(self, user):
        accounts = self.reached(user)
        return {(target, account) for target, account, to in self.handed_over if account in accounts and (to == user.id or user.role == "manager")}

    def made(self, user):
        return {target for target, owner in self.lists.items() if owner in self.below(user)}

    def targets(self, user):
        return {target for target, _ in self.handed(user)} | self.made(user)

    def routes(self, user):
        below = self.below(user)
        return {route for route, owner in self.ask(self.owner, "select id::text, owner_id::text from route") if owner in below}

    def plans(self, user):
        accounts, routes = self.reached(user), self.routes(user)
        return {plan for plan, account, route in self.ask(self.owner, "select id::text, account_id::text, route_id::text from visit_plan")
                if account in accounts or route in routes}

    def expected(self, table, key, rows, user):
        """The key of every row that user may read, sorted."""
        if rows == "none":
            return []
        everything = self.ask(self.owner, f'select "{key}"::text from "{table}"')
        if rows == "log":
            return self.expected_log(user)
        if rows == "routes":
            return sorted(self.routes(user))
        if rows == "plans":
            return sorted(self.plans(user))
        if rows == "planned":
            accounts = self.reached(user)
            return sorted(account for account, in self.ask(self.owner, "select account_id::text from activity where state = 'planned'")
                          if account in accounts)
        if rows in ("library", "drafts"):
            return sorted(entry for entry, state, creator in self.ask(self.owner, "select id::text, state, created_by::text from objection_entry")
                          if user.role == "manager" or creator == user.id and (rows == "library" or state == "proposed")
                          or rows == "library" and state == "published")
        accounts = self.reached(user)
        people = {contact for contact, account in self.positions if account in accounts}
        handed = self.handed(user)
        allowed = {"process": self.process(user), "project": {opportunity for opportunity, account, _ in self.opportunities if account in accounts}, "handed": {account for _, account in handed}, "made": self.made(user), "targets": self.targets(user),
                   "reach": accounts, "open": self.open, "own": {user.id}, "below": self.below(user), "teams": self.teams_below(user),
                   "every": {value for value, in everything},
                   "people": people, "ties": {tie for tie, one, other in self.ties if {one, other} <= people}}[rows]
        return sorted(value for value, in everything if value in allowed)

    def expected_log(self, user):
        accounts = self.reached(user)
        contacts = {contact for contact, account in self.positions if account in accounts}
        people = self.below(user) if user.role == "manager" else set()
        process = self.process(user)
        of_entity = {"target_list": self.targets(user), "contact": contacts, "contact_profile": contacts, "contact_gift": {gift for gift, contact in self.gifts if contact in contacts}, "app_user": people,
                     "delegation": self.expected("delegation", "id", "every", user), "team": self.teams_below(user), "route": self.routes(user), "visit_plan": self.plans(user),
                     "objection_entry": self.expected("objection_entry", "id", "library", user)}
        return sorted(sequence for sequence, entity, record, account, ends in self.ask(
            self.owner, """select sequence::text, entity, record_id::text, account_id::text,
                                  array[new_values ->> 'from_contact_id', new_values ->> 'to_contact_id'] from change""")
            if (account in accounts or entity in ("advancement", "approval_step") and record in process if account is not None else set(ends) <= contacts if entity == "contact_tie"
                else record in of_entity.get(entity, ())))

    # ---- trying ----

    def check_table(self, table):
        entry = self.entries.get(table) or next((self.entries[name] for name in self.entries if fnmatch.fnmatch(table, name)), None)
        if entry is None:
            self.problems.append(f"{table}: is not in {FILE.name}: who may read it?")
            return
        if set(entry.rows.values()) == {"none"}:
            for policy, in self.ask(self.owner, "select policyname from pg_policies where schemaname = 'kam' and tablename = %s", table):
                self.problems.append(f"{table}: nobody reads it, so the policy {policy} has no use")
        for role, connection in self.connections.items():
            wanted = self.wanted_columns(table, entry, role)
            granted = [column for column in self.columns[table] if self.may_select(connection, table, column)]
            for column in granted:
                if column not in wanted:
                    self.problems.append(f"{table}.{column}: kam_{role} may read it")
            for column in wanted:
                if column not in granted:
                    self.problems.append(f"{table}.{column}: kam_{role} may not read it")
            if granted and role in ROLES:
                self.check_rows(table, entry, role, granted)
            self.check_written_columns(table, entry, role)
            if role in entry.update.roles:
                self.check_updated_rows(table, entry, role)

    def check_written_columns(self, table, entry, role):
        for verb, write in (("insert", entry.insert), ("update", entry.update), ("references", NO_WRITE)):
            wanted = set()
            if role in write.roles:
                wanted = set(self.columns[table]) - set(write.but) if write.columns == ["*"] else set(write.columns)
            granted = {column for column, in self.ask(self.owner, """
                select a.attname from pg_attribute a
                 where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
                   and has_column_privilege(%s, a.attrelid, a.attnum, %s)""", f"kam.{table}", f"kam_{role}", verb)}
            self.problems += [f"{table}.{column}: kam_{role} may {verb} it" for column in sorted(granted - wanted)]
            self.problems += [f"{table}.{column}: kam_{role} may not {verb} it" for column in sorted(wanted - granted)]
        for verb in ("delete", "truncate", "trigger"):
            if self.ask(self.owner, "select has_table_privilege(%s, %s, %s)", f"kam_{role}", f"kam.{table}", verb)[0][0]:
                self.problems.append(f"{table}: kam_{role} may {verb}")

    def check_updated_rows(self, table, entry, role):
        """Writing a column's value over itself must reach exactly the rows that may be changed."""
        write = entry.update
        column = next(c for c in self.columns[table] if (c in write.columns or write.columns == ["*"]) and c not in write.but)
        sql = f'update "{table}" set "{column}" = "{column}" returning "{entry.key}"::text'
        for user in self.users.values():
            if user.role == role and user.login != "gone":
                got = sorted(key for key, in self.as_caller(role, self.hashes[user.id], sql))
                wanted = self.expected(table, entry.key, write.rows, user)
                if got != wanted:
                    self.problems.append(f"{table}: {user.login} updates {len(got)} rows instead of {len(wanted)}")
        if self.as_caller(role, None, sql):
            self.problems.append(f"{table}: kam_{role} without a session updates rows")

    def wanted_columns(self, table, entry, role):
        if role in ("rep", "manager"):
            return [] if entry.hidden == ["*"] else [column for column in self.columns[table] if column not in entry.hidden]
        wanted = entry.service if role == "service" else entry.auth
        return [] if wanted == ["-"] else self.columns[table] if wanted == ["*"] else wanted

    def may_select(self, connection, table, column):
        try:
            self.ask(connection, f'select "{column}" from "{table}" limit 0')
        except psycopg2.errors.InsufficientPrivilege:
            return False
        return True

    def read(self, role, token_hash, table, columns):
        """The rows as text."""
        return self.as_caller(role, token_hash, "select " + ", ".join(f'"{column}"::text' for column in columns) + f' from "{table}"')

    def as_caller(self, role, token_hash, sql):
        """As the server does it: identity first, for this transaction only."""
        with self.connections[role].cursor() as cursor:
            cursor.execute("begin")
            try:
                if token_hash is not None:
                    cursor.execute("select user_id from kam.begin_read(%s)", (token_hash,))
                cursor.execute(sql)
                return cursor.fetchall()
            finally:
                cursor.execute("rollback")

    def check_rows(self, table, entry, role, granted):
        self.check_no_rows(table, role, granted, None, "without a session")
        for user in self.users.values():
            token_hash = self.hashes[user.id]
            if user.role != role:
                self.check_no_rows(table, role, granted, token_hash, f"with the session of {user.login}, a {user.role}")
            elif user.login == "gone":
                self.check_no_rows(table, role, granted, token_hash, "with the ended session of a disabled user")
            else:
                rows = self.read(role, token_hash, table, granted)
                found = self.company.registry.find("\n".join(value for row in rows for value in row if value is not None).encode())
                self.seen[user.login] |= found
                self.problems += [f"{table}: {user.login} reads {s}" for s in sorted(found, key=str)
                                  if not self.company.may_see(user, s) and not self.is_of_own_people(user, table, s)]
                if entry.key in granted:
                    at = granted.index(entry.key)
                    got, wanted = sorted(row[at] for row in rows), self.expected(table, entry.key, entry.rows[role], user)
                    if got != wanted:
                        self.problems.append(f"{table}: {user.login} reads {len(got)} rows instead of {len(wanted)}")

    def check_no_rows(self, table, role, granted, token_hash, who):
        count = len(self.read(role, token_hash, table, granted))
        if count:
            self.problems.append(f"{table}: kam_{role} {who} reads {count} rows")

    def check_everything_is_seen(self):
        """Rights are no good when they hide what people need."""
        for user in self.users.values():
            if user.login != "gone":
                self.problems += [f"{user.login} does not read {s}" for s in self.company.registry.all
                                  if self.company.may_see(user, s) and s not in self.seen[user.login]]

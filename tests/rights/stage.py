# SPDX-License-Identifier: Apache-2.0
"""One PostgreSQL cluster with the fixture company in a template database; every test works on a copy of it."""
import contextlib

from company import PASSWORD, Company
from company_analysis import care_of
from scoring import decide_for_boss
from support.cluster import Cluster
from support.kam import Kamd
from wire import Wire

# What failed logins leave behind is no change of data, nor is that a request was answered whose rows were all refused.
UNWATCHED = {"login_failure", "request_outcome"}


class Stage:
    def __init__(self):
        self.cluster = Cluster()
        self.cluster.start()
        try:
            self.template = self.cluster.create_database("company")
            with Kamd(self.template) as kamd:
                made = kamd.operate("user", "add", "--company", "company", "--role", "manager", "--name", "Boss", "--password-stdin", "boss",
                                    text=PASSWORD + "\n")
                if made.code != 0:
                    raise AssertionError(made.err)
                self.company = Company(Wire(kamd))
                self.company.build()
            self.force_service_into(self.company.families["member"])
            self.template.psql(decide_for_boss(self.company, self.company.families["own-boss"]))
            self.add_care()
            self.add_evidence()
            self.add_verdicts()
        except BaseException:
            self.cluster.stop()
            raise

    def close(self):
        self.cluster.stop()

    def force_service_into(self, family):
        """What no method allows: the service desk as a member. It must not get more by it."""
        self.template.psql(f"""insert into kam.account_member (account_id, user_id)
                               values ('{family.ids["account"]}', '{self.company.users["service"].id}')""")

    def add_care(self):
        for family in self.company.families.values():
            if "opportunity" in family.ids:
                family.ids["care"] = self.template.psql(care_of(self.company, family)).split()[0]

    def add_evidence(self):
        """The requests of the fixture go through a pipeline that asks for nothing."""
        self.template.psql("""insert into kam.advancement_evidence (advancement_id, account_id, moment, position, criterion_key, kind, name_en, name_zh, state)
                              select id, account_id, 'ask', 1, 'named', 'account_fields', 'Named', 'Named', 'met' from kam.advancement""")

    def add_verdicts(self):
        """So that something waits for the managers' verdict: their opportunities stand at the first stage, which asks for none."""
        self.template.psql("""insert into kam.stage_criterion (version_id, stage_key, key, position, kind, parameters, name_en, name_zh)
                              select v.id, 'target', 'judged', 99, 'verdict', '{"verdict": "approve"}', 'Judged', 'Judged'
                                from kam.pipeline_version v join kam.pipeline p on p.id = v.pipeline_id where p.key = 'development';
                              update kam.pipeline_version set group_threshold_currency_code = null, group_threshold_minor_units = null""")
        # A second one of the team, for the second page.
        self.template.psql(f"""insert into kam.opportunity (account_id, owner_id, name, pipeline_version_id, stage_key)
                               select account_id, owner_id, 'Second', pipeline_version_id, stage_key from kam.opportunity
                                where id = '{self.company.families["team"].ids["opportunity"]}'""")

    @contextlib.contextmanager
    def copy(self):
        database = self.cluster.clone(self.template)
        try:
            yield database
        finally:
            database.drop()

    @contextlib.contextmanager
    def served_copy(self, prepare=None):
        """(company, snapshot) of a copy that a kamd serves; prepare is SQL that the owner runs before."""
        with self.copy() as database:
            if prepare:
                database.psql(prepare)
            with Kamd(database) as kamd, contextlib.closing(database.connect()) as owner:
                owner.autocommit = True
                yield self.company.moved_to(Wire(kamd), owner.cursor()), Snapshot(owner)


class Snapshot:
    """What a database held: to be compared with a later one."""

    def __init__(self, owner):
        self.cursor = owner.cursor()
        self.cursor.execute("""select c.relname from pg_class c
                                where c.relnamespace = 'kam'::regnamespace and c.relkind = 'r' order by c.relname""")
        tables = [name for name, in self.cursor.fetchall() if name not in UNWATCHED]
        self.query = " union all ".join(
            f"select count(*), sum(hashtid(ctid)::bigint * xmin::text::bigint) from kam.\"{table}\"" for table in tables)
        self.seen = (None, None)

    def last_write(self):
        """Differs after any transaction that wrote, even where it was rolled back."""
        self.cursor.execute("select pg_snapshot_xmax(pg_current_snapshot())::text")
        return self.cursor.fetchone()[0]

    def rows(self):
        """Differs whenever any row of the schema does: place and last writer of all rows."""
        last_write = self.last_write()
        if self.seen[0] != last_write:
            self.cursor.execute(self.query)
            self.seen = (last_write, self.cursor.fetchall())
        return self.seen[1]

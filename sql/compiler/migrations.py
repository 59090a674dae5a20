# SPDX-License-Identifier: Apache-2.0
"""sql/migrations/NNNN_name.sql: read, numbered, applied."""
import hashlib
import os
import re

from .cluster import DatabaseError
from .statement import TOKEN

FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
NO_TRANSACTION = re.compile(r"^-- no-transaction\s*$", re.M)


class Migration:
    def __init__(self, number, name, file, sql):
        self.number = number
        self.name = name
        self.file = file
        self.sql = sql
        self.checksum = hashlib.blake2b(sql.encode(), digest_size=32).hexdigest()
        self.no_transaction = bool(NO_TRANSACTION.search(sql))


def read_migrations(root, problems):
    folder = os.path.join(root, "migrations")
    migrations = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not name.endswith(".sql"):
            continue
        shown = os.path.join("sql/migrations", name)
        found = FILE.match(name)
        if not found:
            problems.add(shown, 1, "a migration is called NNNN_name.sql: four digits, then a-z 0-9 _")
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as source:
            migrations.append(Migration(int(found.group(1)), found.group(2), shown, source.read()))
    for expected, migration in enumerate(migrations, 1):
        if migration.number != expected:
            problems.add(migration.file, 1, "number %04d where %04d comes next; numbers have no gaps and no repeats" % (
                migration.number, expected))
            break
    return migrations


def split_statements(sql):
    """(offset, text) of each statement, for migrations that cannot run as one."""
    statements, start, at = [], 0, 0
    while at < len(sql):
        found = TOKEN.match(sql, at)
        if found and (found.group("comment") or found.group("quoted")):
            at = found.end()
            continue
        if sql[at] == ";":
            statements.append((start, sql[start:at]))
            start = at + 1
        at += 1
    statements.append((start, sql[start:]))
    return [(offset, text) for offset, text in statements if TOKEN.sub(
        lambda found: "" if found.group("comment") or found.group("space") else found.group(0), text).strip()]


def apply_migrations(connection, migrations, problems):
    """False after the first that fails: the later ones build on it."""
    for migration in migrations:
        parts = split_statements(migration.sql) if migration.no_transaction else [(0, migration.sql)]
        for offset, text in parts:
            try:
                connection.execute(text)
            except DatabaseError as error:
                position = offset + max(error.position - 1, 0)
                problems.add(migration.file, migration.sql.count("\n", 0, position) + 1,
                             error.message + ("; %s" % error.hint if error.hint else ""))
                return False
    return True

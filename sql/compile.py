#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks sql/methods and sql/migrations against the contract and against a real PostgreSQL, and writes them as C tables.

Every slip is reported as FILE:LINE: error: what was wrong, what would be right. See docs/methods.md.
"""
import argparse
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compiler.check import read_methods
from compiler.cluster import DatabaseError
from compiler.contract import Contract
from compiler.database import check_database
from compiler.emit import methods_table, migrations_table
from compiler.migrations import read_migrations
from compiler.problems import Problems


def write(path, text):
    with open(path, "w", encoding="utf-8") as target:
        target.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sql", required=True, help="the folder with methods, migrations and fragments")
    parser.add_argument("--descriptors", required=True, help="descriptor set of all .proto files (protoc --descriptor_set_out)")
    parser.add_argument("--methods-table", help="C file to write")
    parser.add_argument("--migrations-table", help="C file to write")
    parser.add_argument("--partial", action="store_true", help="methods without a file are no error; the server does not know them")
    parser.add_argument("--no-database", action="store_true", help="only the checks that need no PostgreSQL; writes nothing")
    options = parser.parse_args()
    # So that a build that is ended takes its PostgreSQL along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    problems = Problems()
    with open(options.descriptors, "rb") as source:
        contract = Contract(source.read())
    methods = read_methods(contract, options.sql, problems, options.partial)
    migrations = read_migrations(options.sql, problems)
    if not options.no_database:
        try:
            check_database(contract, methods, migrations, problems)
        except DatabaseError as error:
            problems.add("sql", 1, error.message)
    if problems.found:
        sys.exit("\n".join(problems.lines()))
    if not options.no_database:
        if options.methods_table:
            write(options.methods_table, methods_table(methods))
        if options.migrations_table:
            write(options.migrations_table, migrations_table(migrations))


if __name__ == "__main__":
    main()

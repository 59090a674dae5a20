# SPDX-License-Identifier: Apache-2.0
"""The statements that kamd sends for a call, as scripts for pgbench: the same text, the same order, the same types."""
import hashlib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "sql"))
from compiler.check import read_methods
from compiler.contract import NAMES, Contract
from compiler.database import AROUND
from compiler.problems import Problems


def load_methods(descriptors):
    with open(descriptors, "rb") as source:
        contract = Contract(source.read())
    problems = Problems()
    methods = read_methods(contract, os.path.join(ROOT, "sql"), problems, True)
    return {method.value("method"): method for method in methods}


def substitute(sql, values):
    """$1, $2, ... replaced by the expressions of values, longest number first."""
    for number in range(len(values), 0, -1):
        sql = sql.replace("$%d" % number, values[number - 1])
    return sql


class Script:
    """One call as a pgbench script. values: parameter name -> pgbench expression; what is missing is NULL. Each call is a random one of the sessions,
    as kamd's connections are sessions of many users: one person's day may cost three times another's."""

    def __init__(self, method, role, values, preamble, tokens, request=None):
        self.preamble = preamble + ["\\set session random(1, %d)" % len(tokens)]
        token = "('{%s}'::bytea[])[:session]" % ",".join('"\\\\x%s"' % hashlib.blake2b(token.encode(), digest_size=32).hexdigest() for token in tokens)
        self.lines = []
        variant = next(v for v in method.variants if role in v.roles)
        if method.is_write():
            self.add(AROUND["begin_write"][0], [token, request, "'%s'" % method.value("method"), ":payload::bytea"])
        else:
            self.add(AROUND["begin_read"][0], [token])
        for statement in variant.statements:
            self.add(str(statement.sql), [self.value(parameter, values) for parameter in statement.parameters])
        if method.is_write():
            self.add(AROUND["end_write"][0], [request, "'%s'" % method.value("method"), ":payload::bytea", values["record.id"]])

    @staticmethod
    def value(parameter, values):
        if parameter.name in values:
            return values[parameter.name]
        return "NULL::%s" % NAMES[parameter.oid] if parameter.oid else "NULL"

    def add(self, sql, values):
        self.lines.append(" ".join(substitute(sql, values).split()) + ";")

    def pipelined(self):
        return "\n".join(self.preamble + ["\\startpipeline"] + self.lines + ["\\endpipeline", ""])

    def in_transaction(self):
        return "\n".join(self.preamble + ["begin;"] + self.lines + ["commit;", ""])

# SPDX-License-Identifier: Apache-2.0
"""Calls the methods of sql/methods without a server: the same statements, in the same order, with the same identity around them.

    methods = Methods()
    rep = Caller(methods, database, 'rep', token)
    rows = rep.read('AccountService/GetAccount', {'id': account_id})['.']
    answer = rep.write('AccountService/UpdateAccount', {'account': {...}, 'update_mask': ['name']})

Requests are dictionaries as in protobuf JSON, with enums as the statements have them ('active'). Refusals raise Refused.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

import psycopg2
import psycopg2.extensions

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'sql'))
sys.dont_write_bytecode = True

from compiler.check import read_methods         # noqa: E402
from compiler.contract import Contract, Field, NAMES      # noqa: E402
from compiler.statement import is_list_statement    # noqa: E402
from compiler.problems import Problems          # noqa: E402

STATUS = {3: 'INVALID_ARGUMENT', 5: 'NOT_FOUND', 6: 'ALREADY_EXISTS', 7: 'PERMISSION_DENIED', 9: 'FAILED_PRECONDITION', 10: 'ABORTED',
          16: 'UNAUTHENTICATED'}
SQLSTATES = {'42501': 'PERMISSION_DENIED', '23505': 'ALREADY_EXISTS', '23503': 'NOT_FOUND', '23514': 'INVALID_ARGUMENT', '23502': 'INVALID_ARGUMENT'}

psycopg2.extensions.register_type(psycopg2.extensions.new_type((2950,), 'UUID', lambda value, _: value))
psycopg2.extensions.register_type(psycopg2.extensions.new_array_type(
    (2951,), 'UUID[]', psycopg2.extensions.new_type((2950,), 'UUID', lambda value, _: value)))


class Refused(Exception):
    def __init__(self, status, reason, message, detail=None):
        super().__init__(f'{status} {reason}: {message}')
        self.status = status
        self.reason = reason
        self.message = message
        self.detail = detail or {}


def refusal(error):
    """What the server would make of a database error."""
    code = error.pgcode or ''
    if re.fullmatch('KA0[0-9]{2}', code):
        detail = json.loads(error.diag.message_detail) if error.diag.message_detail else {}
        return Refused(STATUS.get(int(code[2:]), code), error.diag.message_hint, error.diag.message_primary, detail)
    if code in SQLSTATES:
        return Refused(SQLSTATES[code], error.diag.constraint_name or code, error.diag.message_primary)
    return None


class Methods:
    def __init__(self):
        protos = sorted(str(path.relative_to(ROOT / 'proto')) for path in (ROOT / 'proto' / 'kam').rglob('*.proto'))
        with tempfile.NamedTemporaryFile() as file:
            subprocess.run(['protoc', '-I', str(ROOT / 'proto'), '--include_imports', '--include_source_info', f'--descriptor_set_out={file.name}', *protos], check=True)
            self.contract = Contract(file.read())
        problems = Problems()
        self.methods = {method.value('method'): method for method in read_methods(self.contract, str(ROOT / 'sql'), problems, False)}
        if problems.found:
            raise RuntimeError('\n'.join(problems.lines()))

    def find(self, name):
        return self.methods['kam.v1.' + name]

    def variant(self, name, role):
        for variant in self.find(name).variants:
            if role in variant.roles:
                return variant
        raise Refused('PERMISSION_DENIED', 'ROLE', f'{role} may not call {name}')

    def values(self, method, statement, request, built_in):
        message = self.contract.messages[self.contract.methods[method.value('method')].input_type]
        values = []
        for parameter in statement.parameters:
            if parameter.source == 'FIELD':
                values.append(self.field_value(message, parameter.name, request))
            else:
                values.append(built_in.get(parameter.name))
        return values

    def field_value(self, message, name, request):
        path = self.contract.resolve(message, name)
        value = request
        steps = name.split('.')
        for number, step in enumerate(steps):
            if step.endswith('[]'):
                elements = value.get(step[:-2], [])
                rest = '.'.join(steps[number + 1:])
                inner = self.contract.messages[path.fields[number].type_name]
                items = [self.field_value(inner, rest, element) for element in elements]
                return [('\n' if path.kind == 'string' else ',').join(map(str, item)) for item in items] if path.is_joined else items
            if number < len(steps) - 1:
                value = value.get(step)
                if value is None:
                    return None
        value = value.get(steps[-1])
        if value is not None:
            return None if path.kind in ('uuid', 'enum') and value == '' else value
        if path.is_repeated or path.kind == 'mask':
            return []
        if path.fields[-1].HasField('oneof_index'):
            return None
        return {'string': '', 'int32': 0, 'int64': 0, 'bool': False}.get(path.kind)

    def default_page_size(self, method):
        return int(method.value('page') or 50)


def literal(cursor, value, type_name):
    text = cursor.mogrify('%s', (value,)).decode('utf-8')
    return f'{text}::{type_name}' if isinstance(value, list) and type_name else text


class Caller:
    """One session on one connection of its role's pool."""

    def __init__(self, methods, database, role, token):
        self.methods = methods
        self.role = role
        self.token = token
        self.connection = database.connect('kam_' + role)
        with self.connection.cursor() as cursor:
            cursor.execute('set plan_cache_mode = force_generic_plan')
        self.connection.commit()

    def close(self):
        self.connection.close()

    def prepare(self, cursor, statement):
        """Prepares the statement once per connection; the name to execute."""
        prepared = self.__dict__.setdefault('prepared', set())
        name = 'm_' + re.sub('[^a-z0-9]', '_', statement.name)
        if name not in prepared:
            types = [NAMES.get(parameter.oid, 'unknown') for parameter in statement.parameters]
            cursor.execute(f'prepare {name} ({", ".join(types)}) as {statement.sql}' if types else f'prepare {name} as {statement.sql}')
            prepared.add(name)
        return name

    def execute(self, cursor, method, statement, request, built_in, prefix=''):
        name = self.prepare(cursor, statement)
        values = self.methods.values(method, statement, request, built_in)
        arguments = ', '.join(literal(cursor, value, NAMES.get(parameter.oid)) for value, parameter in zip(values, statement.parameters))
        cursor.execute(f'{prefix} execute {name}' + (f'({arguments})' if arguments else ''))
        if cursor.description is None:
            return []
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row)) for row in cursor.fetchall()]

    def begin_read(self, cursor):
        cursor.execute('select user_id from kam.begin_read(%s)', (self.token,))
        if cursor.fetchone() is None:
            raise Refused('UNAUTHENTICATED', 'NO_SESSION', 'no session')

    def read(self, name, request=None, page=None, page_size=None, prefix='', statement_number=None):
        """{'.': row or 'field': rows}; lists also have 'next', the key of the next page or None."""
        method, variant = self.methods.find(name), self.methods.variant(name, self.role)
        limit = page_size or self.methods.default_page_size(method)
        built_in = {'page.limit': limit + 1}
        for number, key in enumerate(page or (), 1):
            built_in[f'page.{number}'] = key
        answer = {}
        try:
            with self.connection.cursor() as cursor:
                self.begin_read(cursor)
                for number, statement in enumerate(variant.statements):
                    if statement_number not in (None, number):
                        continue
                    rows = self.execute(cursor, method, statement, request or {}, built_in, prefix)
                    if prefix:
                        return '\n'.join(row['QUERY PLAN'] for row in rows)
                    if statement.argument == '.':
                        if not rows:
                            raise Refused('NOT_FOUND', 'NOT_FOUND', 'no row')
                        answer['.'] = rows[0]
                    else:
                        paged = rows and 'page.1' in rows[0]
                        answer['next'] = page_key(rows[limit - 1]) if paged and len(rows) > limit else None
                        answer[statement.argument] = rows[:limit] if paged else rows
        except psycopg2.Error as error:
            raise refusal(error) or error from error
        finally:
            self.connection.rollback()
            self.forget_lost()
        return answer

    def write(self, name, request=None, request_id=None, payload=None, keep_open=False):
        """The row of the answer. The record's id is in built-in :record.id and comes back as '_record_id'."""
        request = request or {}
        method, variant = self.methods.find(name), self.methods.variant(name, self.role)
        record_id = None
        if method.value('record'):
            value = request
            for step in method.value('record').split('.'):
                value = (value or {}).get(step)
            record_id = value or str(uuid.uuid4())
        request_id = request_id or str(uuid.uuid4())
        payload = payload or json.dumps(request, sort_keys=True, default=str).encode()
        built_in = {'record.id': record_id, 'new.id': str(uuid.uuid4())}
        answers = [statement for statement in variant.statements if statement.part == 'answer']
        row = {}
        try:
            with self.connection.cursor() as cursor:
                cursor.execute('select kam.begin_write(%s, %s, %s, %s)', (self.token, request_id, name, payload))
                for statement in variant.statements:
                    rows = self.execute(cursor, method, statement, request, built_in)
                    if statement in answers:
                        row = rows[0] if rows else {}
                    elif is_list_statement(statement):
                        row[statement.argument] = rows
                cursor.execute('select kam.end_write(%s, %s, %s, %s)', (request_id, name, payload, record_id))
            if not keep_open:
                self.connection.commit()
        except psycopg2.Error as error:
            self.connection.rollback()
            self.forget_lost()
            if error.pgcode == 'KA100':
                record_id = json.loads(error.diag.message_detail)['record_id']
                return {**self.answer(method, answers, request, record_id), '_record_id': record_id, '_replayed': True}
            if error.pgcode == 'KA101':
                raise self.explain_nothing(method, answers, request, record_id) from error
            raise refusal(error) or error from error
        return {**row, '_record_id': record_id, '_replayed': False}

    def answer(self, method, answers, request, record_id):
        row = {}
        with self.connection.cursor() as cursor:
            self.begin_read(cursor)
            for statement in answers:
                rows = self.execute(cursor, method, statement, request, {'record.id': record_id})
                row = rows[0] if rows else None
        self.connection.rollback()
        self.forget_lost()
        return row

    def explain_nothing(self, method, answers, request, record_id):
        row = self.answer(method, answers, request, record_id)
        if not row:
            return Refused('NOT_FOUND', 'NOT_FOUND', 'no row')
        if method.value('version'):
            seen = request
            for step in method.value('version').split('.'):
                seen = (seen or {}).get(step, 0)
            if row.get('version') != seen:
                return Refused('ABORTED', 'VERSION_CONFLICT', 'another version', row)
        return Refused('PERMISSION_DENIED', 'PERMISSION_DENIED', 'nothing changed')

    def forget_lost(self):
        """PREPARE outlives a rollback, so what is prepared stays; a failed one never was."""
        with self.connection.cursor() as cursor:
            cursor.execute('select name from pg_prepared_statements')
            self.prepared = {row[0] for row in cursor.fetchall()}
        self.connection.rollback()


def page_key(row):
    key = []
    number = 1
    while f'page.{number}' in row:
        key.append(row[f'page.{number}'])
        number += 1
    return tuple(key)

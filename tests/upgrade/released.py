# SPDX-License-Identifier: Apache-2.0
"""What was released, as files that never change: migrations, the statements of the server, the contract of the client.

released_migrations.txt   number, name and checksum of each migration
released_statements.json  what that server sent for each method, with the columns it expects
released.bin              the descriptor set that clients were built with, without comments

With the next release: release.py. An older server is played by sending its statements as it did; an older client by messages made from its own contract.
"""
import hashlib
import json
import pathlib
import uuid

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

HERE = pathlib.Path(__file__).resolve().parent
MIGRATIONS = HERE.parents[1] / 'sql' / 'migrations'
RELEASED = [line.split() for line in (HERE / 'released_migrations.txt').read_text(encoding='ascii').splitlines()]
STATEMENTS = json.loads((HERE / 'released_statements.json').read_text(encoding='utf-8'))
TYPES = {16: 'boolean', 17: 'bytea', 20: 'bigint', 21: 'smallint', 23: 'int', 25: 'text', 701: 'float8', 1009: 'text[]', 1082: 'date',
         1184: 'timestamptz', 2950: 'uuid', 2951: 'uuid[]'}
UUID = 2950


def contract():
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString((HERE / 'released.bin').read_bytes()).file:
        pool.Add(file)
    return pool


POOL = contract()


def unset(method, name, oid):
    """What that server gave for a field that the request does not set, in a request whose first message is there."""
    if name == 'page.limit':
        return 500
    service, _, method = method.partition('/')
    message, parts = POOL.FindServiceByName(service).FindMethodByName(method).input_type, name.split('.')
    for depth, part in enumerate(parts):
        field = message.fields_by_name.get(part) if message else None
        if field is None or field.containing_oneof is not None or depth > 1:
            return None
        message = field.message_type
    if field.label == field.LABEL_REPEATED:
        return []
    is_empty = field.cpp_type in (field.CPPTYPE_MESSAGE, field.CPPTYPE_ENUM) or oid == UUID
    return None if is_empty else field.default_value


def make_schema(database):
    """The schema as it was released, with the record that kamd keeps of it."""
    connection = database.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute('''create schema if not exists kam;
                          create table schema_migration (number int primary key, name text not null, checksum text not null,
                                                         applied_at timestamptz not null default now());
                          create table schema_requirement (is_only_row boolean primary key default true check (is_only_row),
                                                           min_server_migration int not null);
                          insert into schema_requirement (min_server_migration) values (0)''')
    for number, name, checksum in RELEASED:
        path = MIGRATIONS / f'{int(number):04}_{name}.sql'
        database.psql_file(path, single_transaction='-- no-transaction' not in path.read_text(encoding='utf-8').split('\n\n', 1)[0])
        with connection, connection.cursor() as cursor:
            cursor.execute('insert into kam.schema_migration (number, name, checksum) values (%s, %s, %s)', (number, name, checksum))
    with connection, connection.cursor() as cursor:
        cursor.execute('grant select on kam.schema_migration, kam.schema_requirement to kam_auth')
    connection.close()


def numbered(sql, values):
    """$1 and so on as psycopg2 wants them."""
    parts, rest = [], sql.replace('%', '%%')
    while '$' in rest:
        before, _, rest = rest.partition('$')
        digits = ''
        while rest[:1].isdigit():
            digits, rest = digits + rest[0], rest[1:]
        parts.append(before + (f'%(p{digits})s' if digits else '$'))
    return ''.join(parts) + rest, {f'p{at}': value for at, value in enumerate(values, 1)}


class OldServer:
    """A server of that release with one user's session, on a connection of its own."""

    def __init__(self, database, user_id, role):
        self.role = role
        self.token_hash = hashlib.blake2b(uuid.uuid4().bytes, digest_size=32).digest()
        owner = database.connect()
        with owner, owner.cursor() as cursor:
            cursor.execute("insert into session (token_hash, user_id, expire_time) values (%s, %s, now() + interval '1 day')",
                           (self.token_hash, user_id))
        owner.close()
        self.connection = database.connect(f'kam_{role}')

    def close(self):
        self.connection.close()

    def call(self, method, fields=None, record=None, is_write=False):
        """The rows of the method's last statement that gives any, as dictionaries."""
        request_id, rows = str(uuid.uuid4()), []
        values = dict(fields or {}, **{'record.id': record})
        with self.connection, self.connection.cursor() as cursor:
            if is_write:
                cursor.execute('select kam.begin_write(%s, %s, %s, %s)', (self.token_hash, request_id, method, b'0' * 32))
            else:
                cursor.execute('select user_id from kam.begin_read(%s)', (self.token_hash,))
                if not cursor.fetchall():
                    raise AssertionError('the session is dead')
            for statement in STATEMENTS:
                if statement['method'] != method or self.role not in statement['roles']:
                    continue
                given = [values.get(name, unset(method, name, oid))
                         for (_, name), oid in zip(statement['parameters'], statement['types'], strict=True)]
                sql, bound = numbered(statement['sql'], given)
                for at, oid in enumerate(statement['types'], 1):
                    sql = sql.replace(f'%(p{at})s', f'%(p{at})s::{TYPES[oid]}')
                cursor.execute(sql, bound)
                if cursor.description and statement['columns'] and statement['columns'][0][1] != 2278:
                    rows = [dict(zip((column.name for column in cursor.description), row, strict=True)) for row in cursor.fetchall()]
            if is_write:
                cursor.execute('select kam.end_write(%s, %s, %s, %s)', (request_id, method, b'0' * 32, record))
        return rows


class OldClient:
    """A client with the messages of that release and nothing newer."""

    def __init__(self, channel, token=None):
        self.channel = channel
        self.token = token
        self.factory = message_factory.MessageFactory(POOL)

    def log_in(self, login, password):
        self.token = self.call('SessionService/Login', {'login': login, 'password': password}).token
        return self

    def call(self, path, request=None):
        service, _, name = path.partition('/')
        method = POOL.FindServiceByName(f'kam.v1.{service}').FindMethodByName(name)
        message = json_format.ParseDict(request or {}, self.factory.GetPrototype(method.input_type)())
        invoke = self.channel.unary_unary(f'/kam.v1.{path}', request_serializer=lambda one: one.SerializeToString(),
                                          response_deserializer=self.factory.GetPrototype(method.output_type).FromString)
        headers = [('kam-request-id', str(uuid.uuid4()))] + ([('authorization', f'Bearer {self.token}')] if self.token else [])
        return invoke(message, timeout=60, metadata=headers)

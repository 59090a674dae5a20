#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how soon those who watch are told: N clients, each with a TLS connection and a stream, and a writer.

    PYTHONPATH=tests KAM_BUILD=build/release /usr/bin/python3 tests/bench/watch_rate.py --watchers 1000 --changes 100

Two figures: every change concerns all of them (managers of the whole company), and every change concerns one of them (reps who own other
accounts). From the moment the change is sent, so with the write itself, to the moment the client has it decoded. Clients, kamd and PostgreSQL
share the machine. And the memory of kamd for a stream that rests.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]

from support.cluster import Cluster     # noqa: E402
from support.kam import BUILD, Kamd, make_company    # noqa: E402

LOAD = BUILD / 'tests' / 'bench' / 'watch_load'


def token_of(kind, number):
    return f'kam1.{kind[0]}.' + hashlib.sha256(f'watch {kind} {number}'.encode()).hexdigest()[:43]


def prepare(database, watchers):
    """Managers of the root team and reps of one office, as many as there are watchers of each, each with a session; the first rep's account."""
    connection = database.connect()
    with connection, connection.cursor() as cursor:
        for kind, team in (('manager', 'Company'), ('rep', 'North')):
            hashes = [hashlib.blake2b(token_of(kind, number).encode(), digest_size=32).digest() for number in range(watchers)]
            cursor.execute('''
                with who as (
                    insert into app_user (login, name, role, team_id)
                    select %s || n, 'Bench ' || n, %s, t.id from generate_series(1, %s) n, team t where t.name = %s returning id, login)
                insert into session (token_hash, user_id, expire_time)
                select h.hash, w.id, now() + interval '1 day'
                  from unnest(%s::bytea[]) with ordinality h (hash, n) join who w on w.login = %s || h.n''',
                           (f'watch{kind}', kind, watchers, team, hashes, f'watch{kind}'))
        cursor.execute('''
            insert into account (name, owner_id, duplicate_reason)
            select 'Account of ' || login, id, 'bench' from app_user where login ~ '^watchrep' ''')
        cursor.execute("select a.id::text from account a join app_user u on u.id = a.owner_id where u.login = 'watchrep1'")
        account = cursor.fetchone()[0]
    connection.autocommit = True
    connection.cursor().execute('vacuum analyze')
    connection.close()
    return account


def measure(kamd, account, kind, watchers, hear, changes):
    tokens = [token_of('rep', 0), *(token_of(kind, number) for number in range(watchers))]
    done = subprocess.run([str(LOAD), '--port', str(kamd.port), '--ca', str(kamd.data / 'tls' / 'certificate.pem'), '--account', account,
                           '--watchers', str(watchers), '--hear', str(hear), '--changes', str(changes)],
                          input='\n'.join(tokens) + '\n', stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--watchers', type=int, default=1000)
    parser.add_argument('--changes', type=int, default=100)
    parser.add_argument('--output', help='JSON file to write')
    arguments = parser.parse_args()
    results = []
    with Cluster(durable=True) as cluster:
        database = make_company(cluster)
        account = prepare(database, arguments.watchers)
        with Kamd(database, ['--max-connections-per-address', '10000', '--log-level', 'warning']) as kamd:
            for what, kind, hear in (('concerns all', 'manager', arguments.watchers), ('concerns one', 'rep', 1)):
                result = dict(measure(kamd, account, kind, arguments.watchers, hear, arguments.changes), what=what)
                results.append(result)
                send, answer = result['from_send'], result['from_answer']
                print(f"{arguments.watchers} watch, a change {what}: p50 {send['p50_ms']:.1f} ms, p99 {send['p99_ms']:.1f} ms, most {send['max_ms']:.1f} ms"
                      f" from sending the write; p50 {answer['p50_ms']:.1f} ms, p99 {answer['p99_ms']:.1f} ms after its answer", flush=True)
    if arguments.output:
        pathlib.Path(arguments.output).write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()

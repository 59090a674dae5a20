#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long kam takes from its start to its first output, next to psql -c over TLS to the same machine.

usage: KAM_BUILD=build/release start.py [--rounds N]

Both take turns; the medians and their ratio are printed. psql needs no password here (trust), kam has its session.
"""
import argparse
import os
import pathlib
import pwd
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.cluster import Cluster
from support.kam import KAM, Kamd, make_company


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def certificate(folder):
    """A key and a certificate as kamd makes them, for PostgreSQL."""
    key, file = folder / 'key.pem', folder / 'certificate.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', str(key),
                    '-out', str(file)], check=True, capture_output=True)
    if os.geteuid() == 0:
        user = pwd.getpwnam('postgres')
        os.chown(folder, user.pw_uid, user.pw_gid)
        os.chown(key, user.pw_uid, user.pw_gid)
    return {'ssl': 'on', 'ssl_key_file': f"'{key}'", 'ssl_cert_file': f"'{file}'"}


def first_output_ms(command, environment):
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    first = os.read(child.stdout.fileno(), 1)
    took = 1000 * (time.perf_counter() - began)
    _, errors = child.communicate()
    if not first or child.returncode != 0:
        raise SystemExit(f'{command}: {errors.decode()}')
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {**certificate(pathlib.Path(folder)), 'listen_addresses': "'localhost'", 'port': str(port)}
        cluster = Cluster(settings=settings)
        cluster.port = port
        with cluster:
            database = make_company(cluster)
            with Kamd(database) as kamd:
                kamd.kam_login('nora')
                kamd.kam('nora', 'account', 'add', '--name', 'Acme')
                shared = {name: value for name, value in os.environ.items() if not name.startswith('KAM_')}
                home = {**shared, 'KAM_HOME': str(kamd.home('nora')), 'LANG': 'C.UTF-8'}
                psql = str(cluster.binaries / 'psql') if not isinstance(cluster.binaries, str) else cluster.binaries + '/psql'
                commands = {
                    'psql -c': ([psql, f'host=localhost port={port} user=postgres dbname=postgres sslmode=require', '-XAtc', 'select 1'], shared),
                    'kam account show': ([str(KAM), 'account', 'show', 'Acme'], home),
                    'kam account show, by code': ([str(KAM), 'account', 'show', 'K-000001'], home),
                    'kam account list': ([str(KAM), 'account', 'list'], home),
                    'kam account list, in Chinese': ([str(KAM), 'account', 'list'], {**home, 'LANG': 'zh_CN.UTF-8', 'KAM_LANG': 'zh_CN'}),
                    'kam version': ([str(KAM), 'version'], home),
                }
                times = {name: [] for name in commands}
                for _ in range(options.rounds):
                    for name, (command, environment) in commands.items():
                        times[name].append(first_output_ms(command, environment))
    base = statistics.median(times['psql -c'])
    for name, values in times.items():
        print(f'{name:30} {statistics.median(values):7.1f} ms  {statistics.median(values) / base:5.2f} x psql')


if __name__ == '__main__':
    main()

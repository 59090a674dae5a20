# SPDX-License-Identifier: Apache-2.0
"""Python stubs of the contract, made with protoc and grpc's plugin in the build folder; imported as kam.v1.account_pb2 and so on.

    from support import stubs
    stubs.message('kam.v1.Account'), stubs.method('kam.v1.AccountService/GetAccount')
"""
import fcntl
import importlib
import os
import pathlib
import shutil
import subprocess
import sys

import google
import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('KAM_BUILD', ROOT / 'build' / 'dev'))
FOLDER = BUILD / 'tests' / 'stubs'


def _generate():
    protos = sorted((ROOT / 'proto').rglob('*.proto'))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several suites start at once
        stamp = FOLDER / 'stamp'
        newest = max(path.stat().st_mtime for path in protos)
        if stamp.exists() and stamp.stat().st_mtime >= newest:
            return protos
        subprocess.run(['protoc', '-I', str(ROOT / 'proto'), '-I', '/usr/include', f'--python_out={FOLDER}',
                        f'--grpc_python_out={FOLDER}', f'--plugin=protoc-gen-grpc_python={shutil.which("grpc_python_plugin")}',
                        *map(str, protos)], check=True)
        stamp.touch()
        os.utime(stamp, (newest, newest))
    return protos


_PROTOS = _generate()
sys.path.insert(0, str(FOLDER))
# The installed packages google and grpc would hide the generated ones of the same name.
for _package in (google, grpc):
    _package.__path__.append(str(FOLDER / _package.__name__))

_MODULES = [importlib.import_module(str(path.relative_to(ROOT / 'proto').with_suffix('')).replace('/', '.') + '_pb2')
            for path in _PROTOS]

from google.protobuf import symbol_database  # noqa: E402  after the path is set

_SYMBOLS = symbol_database.Default()


def message(name):
    """The class of a message by its full name."""
    return _SYMBOLS.GetSymbol(name)


def service(name):
    """The descriptor of a service by its full name."""
    return _SYMBOLS.pool.FindServiceByName(name)


def services():
    """All services of our own contract."""
    found = []
    for module in _MODULES:
        if module.DESCRIPTOR.package == 'kam.v1':
            found.extend(module.DESCRIPTOR.services_by_name.values())
    return sorted(found, key=lambda one: one.full_name)


def method(path):
    """The descriptor of 'kam.v1.AccountService/GetAccount'."""
    service_name, _, name = path.rpartition('/')
    return service(service_name).methods_by_name[name]

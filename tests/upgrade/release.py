#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""With a release: writes the files of this folder anew, from these sources and the descriptor set of their build.

    tests/upgrade/release.py build/release/proto/kam.pb
"""
import json
import pathlib
import sys

from google.protobuf import descriptor_pb2

HERE = pathlib.Path(__file__).resolve().parent
SQL = HERE.parents[1] / 'sql'
sys.path.insert(0, str(SQL))

from compiler.check import read_methods  # noqa: E402  after the path is set
from compiler.contract import Contract  # noqa: E402
from compiler.database import check_database  # noqa: E402
from compiler.migrations import read_migrations  # noqa: E402
from compiler.problems import Problems  # noqa: E402


def statements(methods):
    """Each statement once, with the roles that send it."""
    found = {}
    for method in methods:
        for variant in method.variants:
            for statement in variant.statements:
                if statement.sql is not None:
                    line = json.dumps({
                        'method': method.value('method'), 'name': statement.name, 'sql': str(statement.sql),
                        'types': [one.oid for one in statement.parameters], 'parameters': [[one.source, one.name] for one in statement.parameters],
                        'columns': [list(one) for one in statement.columns or []]}, ensure_ascii=False)
                    found.setdefault(line, []).extend(variant.roles)
    return [dict(json.loads(line), roles=roles) for line, roles in found.items()]


def main(path):
    raw, problems = pathlib.Path(path).read_bytes(), Problems()
    contract = Contract(raw)
    methods, migrations = read_methods(contract, str(SQL), problems, False), read_migrations(str(SQL), problems)
    check_database(contract, methods, migrations, problems)
    if problems.found:
        sys.exit('\n'.join(problems.lines()))
    lines = ',\n'.join(json.dumps(one, ensure_ascii=False) for one in statements(methods))
    (HERE / 'released_statements.json').write_text(f'[\n{lines}\n]\n', encoding='utf-8')
    (HERE / 'released_migrations.txt').write_text(''.join(f'{one.number} {one.name} {one.checksum}\n' for one in migrations), encoding='ascii')
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(raw)
    for file in descriptors.file:
        file.ClearField('source_code_info')
    (HERE / 'released.bin').write_bytes(descriptors.SerializeToString(deterministic=True))


if __name__ == '__main__':
    main(*sys.argv[1:])

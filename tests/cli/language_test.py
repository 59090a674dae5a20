# SPDX-License-Identifier: Apache-2.0
"""Every text of the client, and every text it takes from the contract, has its Chinese."""
import pathlib
import subprocess
import tempfile
import unittest

from support.kam import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]
PO = ROOT / 'client' / 'po'


class Language(unittest.TestCase):
    def test_nothing_is_untranslated(self):
        with tempfile.TemporaryDirectory() as folder:
            fresh = pathlib.Path(folder) / 'kam.pot'
            subprocess.run(['/usr/bin/python3', str(PO / 'extract.py'), str(BUILD / 'proto' / 'kam.pb'), str(fresh)], check=True)
            for catalogue in PO.glob('*.po'):
                done = subprocess.run(['msgcmp', str(catalogue), str(fresh)], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, f'{catalogue.name}: run "ninja kam_pot" and translate what is new\n{done.stderr}')
            self.assertEqual(fresh.read_text(encoding='utf-8'), (PO / 'kam.pot').read_text(encoding='utf-8'), 'kam.pot is old: run "ninja kam_pot"')

    def test_catalogues_are_sound(self):
        for catalogue in PO.glob('*.po'):
            done = subprocess.run(['msgfmt', '--check', '--check-format', '-o', '/dev/null', str(catalogue)], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''), catalogue.name)


if __name__ == '__main__':
    unittest.main()

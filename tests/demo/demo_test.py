# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""The demonstration does what it shows."""
import os
import pathlib
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Demo(unittest.TestCase):
    def test_every_step(self):
        done = subprocess.run(['/usr/bin/python3', str(HERE / 'demo.py'), '--check', '--build', os.environ['KAM_BUILD']],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding='utf-8', check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn('Every step did what it was to do.', done.stdout)


if __name__ == '__main__':
    unittest.main()

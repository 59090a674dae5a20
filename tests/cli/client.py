# SPDX-License-Identifier: Apache-2.0
"""kam as a test runs it: with a home of its own, in a pipe or on a pseudo-terminal."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pexpect

from support.kam import BUILD, KAM, Ran

LOCALES = BUILD / 'client' / 'po' / 'locale'


class Client:
    """One person at one machine."""

    def __init__(self, server=None, language=None):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='kam-home-', dir='/tmp'))
        self.server = server
        self.language = language

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.home, ignore_errors=True)

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(('KAM_', 'LC_', 'LANG')) and name not in ('PAGER', 'LESS', 'NO_COLOR', 'CLICOLOR', 'CLICOLOR_FORCE', 'COLUMNS')}
        kept.update(KAM_HOME=str(self.home / 'kam'), HOME=str(self.home), TZ='UTC', KAM_LOCALEDIR=str(LOCALES), TERM='xterm',
                    LANG=self.language or 'C.UTF-8')
        if self.server:
            kept['KAM_SERVER'] = self.server
        return {**kept, **more}

    def run(self, *words, text='', **environment):
        done = subprocess.run([str(KAM), *map(str, words)], input=text.encode() if isinstance(text, str) else text, capture_output=True,
                              check=False, env=self.environment(**environment))
        return Ran(done.returncode, done.stdout.decode('utf-8', 'surrogateescape'), done.stderr.decode('utf-8', 'surrogateescape'))

    def login(self, login, password):
        ran = self.run('login', '--user', login, '--password-stdin', text=password + '\n')
        assert ran.code == 0, ran.err
        return self

    def terminal(self, *words, columns=80, rows=50, **environment):
        """kam on a pseudo-terminal; a pexpect child."""
        return pexpect.spawn(str(KAM), list(map(str, words)), dimensions=(rows, columns), encoding='utf-8', codec_errors='backslashreplace',
                             timeout=60, env=self.environment(**environment))

    def screen(self, *words, columns=80, rows=50, **environment):
        """What a terminal gets to see, and the exit code."""
        child = self.terminal(*words, columns=columns, rows=rows, **environment)
        child.expect(pexpect.EOF)
        child.close()
        return child.before.replace('\r\n', '\n'), child.exitstatus

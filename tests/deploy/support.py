# SPDX-License-Identifier: Apache-2.0
"""What both scripts of this folder need: steps that are told and stop at the first failure, a clean checkout, a Debian to stand on."""
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = 'correct horse battery'
done = []


def step(text):
    done.append(text)
    print(f'== {text}', flush=True)


def run(*words, text=None, code=0, **options):
    """Runs a program to its end; its output. Any other exit code than the one named ends the script."""
    ran = subprocess.run([str(word) for word in words], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         encoding='utf-8', errors='replace', check=False, **({} if text is not None else {'stdin': subprocess.DEVNULL}), **options)
    if code is not None and ran.returncode != code:
        raise AssertionError(f'{" ".join(map(str, words))} ended with {ran.returncode}, not {code}:\n{ran.stdout[-6000:]}')
    return ran.stdout


def succeeds(*words, **options):
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False, **options).returncode == 0


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def wait_for(condition, what, seconds=180):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < end, f'waited {seconds} s in vain for {what}')
        time.sleep(0.5)


def check_out(folder):
    """The committed sources, and nothing else."""
    folder.mkdir(parents=True)
    archive = subprocess.run(['git', 'archive', 'HEAD'], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(['tar', '-x', '-C', str(folder)], input=archive, check=True)


def debian(folder):
    """A minimal Debian 12 in a folder, made where it is missing."""
    if not (folder / 'etc' / 'debian_version').exists():
        shutil.rmtree(folder, ignore_errors=True)
        run('debootstrap', '--variant=minbase', 'bookworm', folder)
        for package in (folder / 'var/cache/apt/archives').glob('*.deb'):
            package.unlink()
    return folder


class Client:
    """The client kam on this machine, with a home of its own."""

    def __init__(self, program, home):
        self.program = program
        self.home = home

    def kam(self, *words, text='', code=0):
        environment = {name: value for name, value in os.environ.items() if not name.startswith('KAM_')}
        environment.update(KAM_HOME=str(self.home), LC_ALL='C.UTF-8', TZ='UTC')
        return run(self.program, *words, text=text, code=code, env=environment)


def main(script, description):
    if os.geteuid() != 0:
        sys.exit(f'{description} needs root')
    failed = 0
    try:
        script()
    except AssertionError as error:
        print(f'FAILED after "{done[-1] if done else "nothing"}": {error}', flush=True)
        failed = 1
    print(f'{len(done) - failed} passed, {failed} failed')
    sys.exit(failed)

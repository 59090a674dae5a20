#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages of build/package (./run package) in a fresh Debian: lint, install, serve, upgrade, remove, purge.

A chroot has no systemd running. The scripts' calls of it are recorded by programs that stand in its place; the units are judged by
systemd-analyze. --keep DIRECTORY keeps the bare Debian for the next run.
"""
import argparse
import pathlib
import shutil
import socket
import subprocess
import tempfile

from support import PASSWORD, ROOT, debian, expect, main, run, step, succeeds, wait_for

STAND_IN = '''#!/bin/sh
echo "$(basename "$0") $*" >>/systemd-calls
# Making links needs no systemd that runs.
case "$*" in *daemon-reload*) ;; *) [ "${0##*/}" = deb-systemd-invoke ] || exec /usr/bin/systemctl --root=/ "$@" ;; esac
'''
PROGRAM = '''#include <kam.h>
#include <kam/v1/account.pb-c.h>
int main(void) { return kam__v1__account__descriptor.n_fields > 0 && kam_code_name(0) != 0 ? 0 : 1; }
'''


class Chroot:
    def __init__(self, folder, packages):
        self.folder = folder
        self.packages = packages
        self.server = None

    def run(self, *words, **options):
        return run('chroot', self.folder, 'env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8',
                   'HOME=/root', 'DEBIAN_FRONTEND=noninteractive', *words, **options)

    def prepare(self):
        (self.folder / 'usr/sbin/policy-rc.d').write_text('#!/bin/sh\nexit 101\n', encoding='ascii')  # PostgreSQL's own cluster is not ours
        (self.folder / 'usr/sbin/policy-rc.d').chmod(0o755)
        shutil.copy('/etc/resolv.conf', self.folder / 'etc/resolv.conf')
        for source in pathlib.Path('/etc/apt').glob('apt.conf.d/*proxy*'):
            shutil.copy(source, self.folder / 'etc/apt/apt.conf.d')
        run('mount', '-t', 'proc', 'proc', self.folder / 'proc')
        run('mount', '--bind', '/dev', self.folder / 'dev')
        for package in self.packages:
            shutil.copy(package, self.folder / 'root')
        (self.folder / 'etc/apt/apt.conf.d/99path').write_text('DPkg::Path "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";\n', encoding='ascii')
        self.run('apt-get', 'update', '-q')

    def pretend_systemd(self):
        """From now on the packages' scripts believe that systemd runs."""
        (self.folder / 'run/systemd/system').mkdir(parents=True, exist_ok=True)
        for name in ('deb-systemd-invoke', 'systemctl'):
            path = self.folder / 'usr/local/sbin' / name
            path.write_text(STAND_IN, encoding='ascii')
            path.chmod(0o755)

    def calls(self):
        """What the scripts asked of systemd since the last time."""
        path = self.folder / 'systemd-calls'
        text = path.read_text(encoding='ascii') if path.exists() else ''
        path.unlink(missing_ok=True)
        return text

    def install(self, *names, flags=()):
        return self.run('apt-get', 'install', '-q', '-y', '--no-install-recommends', *flags, *(f'/root/{name}' for name in names))

    def stat(self, path):
        return self.run('stat', '-c', '%U:%G %a', path).strip()

    def has(self, path):
        return (self.folder / path.lstrip('/')).exists() or (self.folder / path.lstrip('/')).is_symlink()

    # What the unit does, by hand.
    def start(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        with open(self.folder / 'kamd.log', 'ab') as log:
            self.server = subprocess.Popen(['chroot', '--userspec=kam:kam', str(self.folder), 'kamd', 'serve', '--config', '/etc/kam/kamd.conf',
                                            '--port', str(self.port)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           start_new_session=True, env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/var/lib/kam'})
        wait_for(lambda: self.server.poll() is not None or succeeds('chroot', self.folder, 'kamd', 'health', '--port', self.port),
                 'kamd to serve')
        expect(self.server.poll() is None, (self.folder / 'kamd.log').read_text(encoding='utf-8', errors='replace')[-3000:])

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            expect(self.server.wait(timeout=120) == 0, 'kamd did not end well')
            self.server = None

    def close(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait(timeout=120)
        for place in ('dev', 'proc'):
            if succeeds('mountpoint', '-q', self.folder / place):
                run('umount', self.folder / place)


def other_version(package, folder):
    """The same package as a later version."""
    tree = folder / 'tree'
    run('dpkg-deb', '-R', package, tree)
    control = tree / 'DEBIAN' / 'control'
    control.write_text(control.read_text(encoding='utf-8').replace('\nVersion: ', '\nVersion: 9.'), encoding='utf-8')
    (tree / 'usr/share/doc/kamd/of-the-later-version').write_text('x', encoding='ascii')
    run('dpkg-deb', '-b', '--root-owner-group', tree, folder / 'later.deb')
    return folder / 'later.deb'


def check_library(packages, folder):
    tree = folder / 'library'
    for package in packages:
        if package.name.startswith('libkam'):
            run('dpkg-deb', '-x', package, tree)
    (folder / 'try.c').write_text(PROGRAM, encoding='ascii')
    places = next(tree.glob('usr/lib/*/pkgconfig'))
    environment = {'PATH': '/usr/bin:/bin', 'PKG_CONFIG_PATH': f'{places}:/usr/lib/pkgconfig', 'PKG_CONFIG_SYSROOT_DIR': str(tree)}
    flags = run('pkg-config', '--cflags', '--libs', 'kam', env=environment).split()
    run('cc', folder / 'try.c', '-o', folder / 'try', *flags, '-I/usr/include', '-lprotobuf-c')
    run(folder / 'try', env={'LD_LIBRARY_PATH': str(places.parent)})


def kamd(chroot, *words, **options):
    return chroot.run('kamd', *words, '--config', '/etc/kam/kamd.conf', **options)


def kam(chroot, *words, **options):
    return chroot.run('env', 'KAM_HOME=/root/kam', 'kam', *words, **options)


def check_installed(chroot):
    expect(chroot.stat('/var/lib/kam') == 'kam:kam 700', 'state directory')
    expect(chroot.stat('/etc/kam') == 'root:kam 750', 'settings')
    expect(chroot.has('/etc/systemd/system/multi-user.target.wants/kamd.service'), 'kamd.service is not enabled')
    expect(not chroot.has('/etc/systemd/system/timers.target.wants/kam-backup.timer'), 'the timer is not off')
    expect(kam(chroot, '--version').startswith('kam '), 'kam')
    for unit in ('kamd.service', 'kam-backup.service'):
        chroot.run('systemd-analyze', 'verify', f'/lib/systemd/system/{unit}')
        chroot.run('systemd-analyze', 'security', '--offline=true', '--threshold=20', f'/lib/systemd/system/{unit}')


def script():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--packages', default=ROOT / 'build' / 'package', type=pathlib.Path)
    parser.add_argument('--keep', type=pathlib.Path, help='directory of the bare Debian, kept')
    options = parser.parse_args()
    packages = sorted(options.packages.glob('*.deb'))
    names = [path.name.split('_')[0] for path in packages]
    expect(names == ['kam', 'kamd', 'libkam-dev', 'libkam0'], f'{options.packages} has {names}')
    folder = pathlib.Path(tempfile.mkdtemp(prefix='kam-package-'))
    chroot = Chroot(folder / 'debian', packages)
    files = dict(zip(names, (path.name for path in packages)))
    try:
        step('lintian has no errors')
        found = run('lintian', '--no-cfg', '--allow-root', *packages, code=None)
        expect('\nE: ' not in '\n' + found, found)
        step('a program builds with the library')
        check_library(packages, folder)
        step('a bare Debian')
        bare = debian((options.keep or folder) / 'bare')
        run('cp', '-a', bare, chroot.folder)
        chroot.prepare()
        step('installed')
        chroot.run('apt-get', 'install', '-q', '-y', '--no-install-recommends', 'postgresql-15', 'systemd', 'procps')
        chroot.pretend_systemd()
        text = chroot.install(*files.values())
        calls = chroot.calls()
        expect('deb-systemd-invoke start kamd.service' in calls, calls + text)
        check_installed(chroot)
        step('it serves; the first manager and a client')
        chroot.start()
        kamd(chroot, 'user', 'add', '--role', 'manager', '--company', 'ACME', '--password-stdin', 'ada', text=PASSWORD + '\n')
        kam(chroot, 'login', f'localhost:{chroot.port}', '--user', 'ada', '--password-stdin', text=PASSWORD + '\n')
        kam(chroot, 'account', 'add', '--name', 'First customer')
        expect('all is well' in kamd(chroot, 'check'), 'kamd check')
        chroot.run('install', '-d', '-m', '0700', '/root/backup')
        kamd(chroot, 'backup', '/root/backup')
        chroot.stop()
        step('upgraded: settings and data stay, what was turned off stays off')
        settings = chroot.folder / 'etc/kam/kamd.conf'
        settings.write_text(settings.read_text(encoding='utf-8') + '\nlog-level = warning\n', encoding='utf-8')
        chroot.run('systemctl', '--root=/', 'disable', 'kamd.service')
        shutil.copy(other_version(packages[1], folder), chroot.folder / 'root/later.deb')
        chroot.calls()
        chroot.install('later.deb')
        expect(chroot.calls().count('deb-systemd-invoke restart kamd.service') == 1, 'it is not restarted')
        expect(chroot.has('/usr/share/doc/kamd/of-the-later-version'), 'not upgraded')
        expect('log-level = warning' in settings.read_text(encoding='utf-8'), 'the settings are lost')
        expect(not chroot.has('/etc/systemd/system/multi-user.target.wants/kamd.service'), 'it was enabled again')
        expect(chroot.stat('/etc/kam/kamd.conf') == 'root:kam 644', chroot.stat('/etc/kam/kamd.conf'))
        chroot.start()
        kam(chroot, 'login', f'localhost:{chroot.port}', '--user', 'ada', '--password-stdin', text=PASSWORD + '\n')
        expect('First customer' in kam(chroot, 'account', 'list'), 'the data are lost')
        chroot.stop()
        step('removed: settings and data stay')
        chroot.run('apt-get', 'remove', '-q', '-y', 'kamd')
        expect('deb-systemd-invoke stop kam-backup.timer kamd.service' in chroot.calls(), 'it is not stopped')
        expect(not chroot.has('/usr/sbin/kamd') and chroot.has('/etc/kam/kamd.conf') and chroot.has('/var/lib/kam/postgresql/data'), 'remove')
        step('installed again: the company is there')
        chroot.install('later.deb')
        expect('ada' in kamd(chroot, 'user', 'list'), 'the company is gone')
        step('purged: the settings go, the company stays')
        text = chroot.run('apt-get', 'purge', '-q', '-y', 'kamd')
        expect('stay in /var/lib/kam' in text, text)
        expect(not chroot.has('/etc/kam') and chroot.has('/var/lib/kam/postgresql/data'), 'purge')
        step('purged without a company: nothing is left')
        shutil.rmtree(chroot.folder / 'var/lib/kam')
        chroot.install(files['kamd'])
        chroot.run('apt-get', 'purge', '-q', '-y', *names)
        left = [path for path in run('find', chroot.folder, '-xdev', '-name', '*kam*', '-not', '-path', '*/root/*').splitlines()
                if '/proc/' not in path and not path.endswith(('kamd.log', '.deb'))]
        expect(left == [], f'left behind: {left}')
    finally:
        chroot.close()
        if succeeds('mountpoint', '-q', chroot.folder / 'proc'):
            raise SystemExit(f'{chroot.folder}/proc is still mounted')
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main(script, 'The test of the packages')

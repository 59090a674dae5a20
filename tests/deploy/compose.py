#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docker-compose.yml really up: builds both images from a clean checkout, makes a company, restarts, kills, upgrades, restores, and leaves nothing.

Uses a Docker daemon of its own (as root), so that it touches nobody's containers. Where no registry can be reached it makes the base image
debian:12 with debootstrap. --keep DIRECTORY keeps the daemon's images for the next run.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

from support import PASSWORD, ROOT, Client, check_out, debian, expect, main, run, step, succeeds, wait_for

OVERRIDE = '''
services:
  postgres: {build: {network: host}}
  kamd: {build: {network: host}}
'''

# No rule and no bridge of this daemon stays on the machine; ports are published by its proxy.
LEAVE_NETWORK_ALONE = ['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--bridge=none']


class Docker:
    def __init__(self, folder, images):
        self.folder = folder
        self.images = images
        self.process = None
        self.environment = dict(os.environ, DOCKER_HOST=f'unix://{folder}/docker.sock', DOCKER_BUILDKIT='0', COMPOSE_DOCKER_CLI_BUILD='0',
                                COMPOSE_PROJECT_NAME='kamtest')
        self.compose_words = ['docker', 'compose'] if succeeds('docker', 'compose', 'version') else ['docker-compose']

    def start(self):
        with open(self.folder / 'dockerd.log', 'ab') as log:
            self.process = subprocess.Popen(['dockerd', '-H', f'unix://{self.folder}/docker.sock', '--data-root', str(self.images),
                                             '--exec-root', str(self.folder / 'exec'), '--pidfile', str(self.folder / 'docker.pid'),
                                             *LEAVE_NETWORK_ALONE],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        wait_for(lambda: succeeds('docker', 'info', env=self.environment) or self.process.poll() is not None, 'dockerd')
        expect(self.process.poll() is None, 'dockerd ended: ' + (self.folder / 'dockerd.log').read_text(encoding='utf-8')[-3000:])

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=120)
        for space in (self.folder / 'exec' / 'netns').glob('*'):  # which dockerd leaves mounted
            succeeds('umount', space)

    def run(self, *words, **options):
        return run('docker', *words, env=self.environment, **options)

    def base_image(self, folder):
        if not succeeds('docker', 'image', 'inspect', 'debian:12', env=self.environment) \
                and not succeeds('docker', 'pull', '-q', 'debian:12', env=self.environment):
            with subprocess.Popen(['tar', '-C', str(debian(folder)), '-c', '.'], stdout=subprocess.PIPE) as archive:
                subprocess.run(['docker', 'import', '-', 'debian:12'], stdin=archive.stdout, stdout=subprocess.DEVNULL, env=self.environment,
                               check=True)


class Stage:
    def __init__(self, docker, source, port, program):
        self.docker = docker
        self.source = source
        self.environment = dict(docker.environment, KAM_PUBLISH=f'127.0.0.1:{port}')
        self.server = f'localhost:{port}'
        self.client = Client(program, source.parent / 'home')
        (self.source / 'override.yml').write_text(OVERRIDE, encoding='utf-8')

    def compose(self, *words, **options):
        return run(*self.docker.compose_words, '-f', 'docker-compose.yml', '-f', 'override.yml', *words, cwd=self.source, env=self.environment,
                   **options)

    def container(self, service):
        return self.compose('ps', '-q', service).split()[-1]

    def health(self, service):
        return self.docker.run('inspect', '-f', '{{.State.Health.Status}}', self.container(service)).strip()

    def inside(self, service, *words, **options):
        return self.compose('exec', '-T', service, *words, **options)

    def up(self):
        self.compose('up', '-d')
        for service in ('postgres', 'kamd'):
            wait_for(lambda service=service: self.health(service) == 'healthy', f'{service} to be healthy')

    def accounts(self):
        return sorted(account['name'] for account in json.loads(self.client.kam('account', 'list', '--json'))['accounts'])

    def log_in(self):
        self.client.kam('login', self.server, '--user', 'ada', '--password-stdin', text=PASSWORD + '\n')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def check_confinement(stage):
    for service in ('postgres', 'kamd'):
        status = stage.inside(service, 'cat', '/proc/1/status')
        for name, wanted in (('Uid', r'[1-9]\d*\t[1-9]'), ('CapEff', '0{16}'), ('CapBnd', '0{16}'), ('NoNewPrivs', '1')):
            expect(re.search(rf'(?m)^{name}:\t{wanted}', status), f'{service}: {name} in {status}')
        expect('Read-only' in stage.inside(service, 'touch', '/usr/x', code=1), f'{service} can write to its root')
        details = json.loads(stage.docker.run('inspect', stage.container(service)))[0]
        expect(details['HostConfig']['Memory'] > 0 and details['HostConfig']['PidsLimit'] > 0, f'{service} has no limits')
        expect(not any('password' in entry.lower() and 'FILE' not in entry for entry in details['Config']['Env']), 'a secret in the environment')
    addresses = json.loads(stage.docker.run('inspect', stage.container('postgres')))[0]['NetworkSettings']['Ports']
    expect(not any(addresses.values()), 'PostgreSQL is open to the outside')


def upgrade(stage):
    """The same sources with another version and one migration more."""
    listing = stage.source / 'CMakeLists.txt'
    listing.write_text(re.sub(r'(project\(kam VERSION \d+\.\d+)\.\d+', r'\1.99', listing.read_text(encoding='utf-8')), encoding='utf-8')
    folder = stage.source / 'sql' / 'migrations'
    number = max(int(path.name[:4]) for path in folder.glob('*.sql')) + 1
    (folder / f'{number:04}_of_the_test.sql').write_text('-- SPDX-License-Identifier: Apache-2.0\ncomment on table kam.company is \'upgraded\';\n',
                                                        encoding='utf-8')
    stage.compose('build')
    stage.up()
    expect('.99' in stage.inside('kamd', 'kamd', '--version'), 'the old image still runs')
    expect(f'migration {number}' in stage.inside('kamd', 'kamd', 'migrate'), 'the new migration is not there')


def script():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default=ROOT / 'build' / 'release', type=pathlib.Path, help='where the client kam was built')
    parser.add_argument('--keep', type=pathlib.Path, help="directory of the daemon's images, kept")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix='kam-compose-'))
    docker = Docker(folder, options.keep or folder / 'images')
    stage = None
    try:
        step('a Docker daemon and the base image')
        docker.start()
        docker.base_image((options.keep or folder) / 'debian')
        step('both images from a clean checkout')
        check_out(folder / 'source')
        stage = Stage(docker, folder / 'source', free_port(), options.build.resolve() / 'client' / 'cli' / 'kam')
        run('sh', 'docs/compose-secrets.sh', cwd=stage.source)
        stage.compose('build')
        step('up, and healthy')
        stage.up()
        expect(stage.inside('kamd', 'kamd', 'health') == 'serving\n', 'kamd health')
        check_confinement(stage)
        step('the first manager, and a client from outside')
        stage.inside('kamd', 'kamd', 'user', 'add', '--role', 'manager', '--company', 'ACME', '--name', 'Ada Lovelace', '--password-stdin', 'ada',
                     text=PASSWORD + '\n')
        stage.log_in()
        stage.client.kam('account', 'add', '--name', 'First customer')
        expect('all is well' in stage.inside('kamd', 'kamd', 'check'), 'kamd check')
        step('restarted')
        stage.compose('restart')
        stage.up()
        expect(stage.accounts() == ['First customer'], 'the account is gone')
        step('without its database it is not healthy, and gets well again')
        stage.compose('stop', 'postgres')
        wait_for(lambda: stage.inside('kamd', 'kamd', 'health', code=None) == 'not serving\n', 'kamd to notice')
        stage.up()
        step('killed')
        stage.client.kam('account', 'add', '--name', 'Second customer')
        for service in ('postgres', 'kamd'):
            docker.run('kill', '-s', 'KILL', stage.container(service))
        stage.up()
        expect(stage.accounts() == ['First customer', 'Second customer'], 'an acknowledged account is gone')
        step('backed up, and upgraded to another image')
        stage.inside('kamd', 'kamd', 'backup', '--keep', '3', '/var/lib/kam-backup')
        upgrade(stage)
        expect(stage.accounts() == ['First customer', 'Second customer'], 'the upgrade lost something')
        stage.client.kam('account', 'add', '--name', 'Third customer')
        step('down and up again; then the backup of the older image restored')
        stage.compose('down')
        stage.up()
        expect(len(stage.accounts()) == 3, 'down lost the volumes')
        stage.compose('stop', 'kamd')
        restored = stage.compose('run', '--rm', '-T', '--entrypoint', 'sh', 'kamd', '-c', 'kamd restore --replace /var/lib/kam-backup/*.backup')
        expect('by 1 migrations' in restored, restored)
        stage.up()
        stage.client.kam('account', 'list', code=4)  # no session outlives a restore
        stage.log_in()
        expect(stage.accounts() == ['First customer', 'Second customer'], 'the restored company is another one')
        step('down, with everything')
    except AssertionError:
        if stage is not None:
            print(stage.compose('logs', '--tail', '50', code=None))
        raise
    finally:
        if stage is not None:
            stage.compose('down', '-v', '--remove-orphans', code=None)
        docker.stop()
        if options.keep is None:
            shutil.rmtree(docker.images, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main(script, 'Docker')

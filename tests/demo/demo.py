#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A demonstration: a pump maker's company on a kamd of its own, and a day's work with the client, command by command."""
import argparse
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import company
import process

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 120
REFUSED = 1  # what an import ends with when rows did not come in


class Failed(Exception):
    """A step that did not do what it was to do."""


class Server:
    """kamd on its embedded default."""

    def __init__(self, build, directory, port):
        self.program = build / 'server' / 'kamd' / 'kamd'
        self.directory = directory
        self.data = directory / 'data'
        self.ready = self.data / 'ready'
        self.port = port
        self.metrics_port = 0
        self.process = None
        self.prefix = []
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            # PostgreSQL does not run as root, and neither does kamd.
            user = pwd.getpwnam('postgres')
            os.chown(self.data, user.pw_uid, user.pw_gid)
            directory.chmod(0o755)

    def settings(self):
        return ['--data', str(self.data), '--port', str(self.port), '--metrics', '127.0.0.1:0', '--ready-file', str(self.ready)]

    def start(self):
        self.ready.unlink(missing_ok=True)
        log = open(self.directory / 'kamd.log', 'ab')
        self.process = subprocess.Popen([str(self.program), 'serve', *self.settings()], stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log, start_new_session=True)
        log.close()
        end = time.monotonic() + START_SECONDS
        while not self.ready.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failed('kamd did not start:\n' + (self.directory / 'kamd.log').read_text(encoding='utf-8'))
            time.sleep(0.05)
        self.port, self.metrics_port = map(int, self.ready.read_text(encoding='ascii').split())

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def operate(self, *words, text):
        done = subprocess.run([str(self.program), *words, *self.settings()], input=text, capture_output=True, text=True,
                              encoding='utf-8', check=False)
        if done.returncode != 0:
            raise Failed(f'kamd {" ".join(words)}: {done.stderr}')
        return done.stdout


class Client:
    """kam, with a home for each person."""

    def __init__(self, build, directory, server):
        self.program = build / 'client' / 'cli' / 'kam'
        self.locale = build / 'client' / 'po'
        self.homes = directory / 'homes'
        self.server = server

    def home(self, who):
        path = self.homes / who
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def run(self, who, *words, text=''):
        environment = {name: value for name, value in os.environ.items() if not name.startswith('KAM_')}
        environment.update(KAM_HOME=str(self.home(who)), LC_ALL='C.UTF-8', COLUMNS='160')
        environment.pop('TZ', None)
        done = subprocess.run([str(self.program), *words], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              encoding='utf-8', check=False, env=environment)
        return done.returncode, done.stdout

    def must(self, who, *words, text=''):
        code, out = self.run(who, *words, text=text)
        if code != 0:
            raise Failed(f'kam {" ".join(words)} (as {who}) ended with {code}:\n{out}')
        return out

    def login(self, who):
        return self.must(who, 'login', f'localhost:{self.server.port}', '--user', who, '--password-stdin', text=company.PASSWORD + '\n')


class Walk:
    """Shows commands as they are typed, and what they print; fails when the answer is not the expected one."""

    def __init__(self, client):
        self.client = client
        self.bold, self.dim, self.plain = ('\033[1m', '\033[2m', '\033[0m') if sys.stdout.isatty() else ('', '', '')

    def say(self, text):
        print(f'\n{self.bold}{text}{self.plain}\n', flush=True)

    def step(self, who, *words, expect=(), absent=(), code=0, text=''):
        shown = ' '.join(word if word and all(c.isalnum() or c in '.:_-/@' for c in word) else f"'{word}'" for word in words)
        print(f'{self.dim}{who}${self.plain} kam {shown}', flush=True)
        got, out = self.client.run(who, *words, text=text)
        print(out, flush=True)
        if got != code:
            raise Failed(f'kam {shown} ended with {got}, not {code}')
        for wanted in expect:
            if wanted not in out:
                raise Failed(f'kam {shown} did not print "{wanted}"')
        for unwanted in absent:
            if unwanted in out:
                raise Failed(f'kam {shown} printed "{unwanted}"')
        return out


def short_id(out, text):
    """The id at the beginning of the row that has this text."""
    return next(line.split()[0] for line in out.splitlines() if text in line)


def walk_through(walk, server, directory):
    login = ['login', f'localhost:{server.port}', '--user']
    walk.say('王敏, key account manager in Nanjing, begins her day.')
    walk.step('wang.min', *login, 'wang.min', '--password-stdin', text=company.PASSWORD + '\n', expect=['王敏'])
    today = walk.step('wang.min', 'today', expect=['Overdue', '答复高总', '拜访周强', '请张伟确认评标时间', '拜访马厂长', '陈总拜访李总'])
    walk.say('At ten she is to see 周强 at Binjiang Chemical. What was that about?')
    walk.step('wang.min', 'account', 'show', '滨江化工集团', expect=['滨江化工集团有限公司', '王敏', '李建华', '三期'])
    walk.step('wang.min', 'contact', 'show', '周强', expect=['采购经理', '付款条件'])
    walk.step('wang.min', 'search', '渗漏', expect=['试用泵法兰渗漏'])
    walk.say('He will say that 30 % in advance is too much. What did colleagues answer to that?')
    found = walk.step('wang.min', 'objection', 'search', '预付', expect=['预付三成太多'])
    entry = short_id(found, '预付三成太多')
    walk.step('wang.min', 'objection', 'library', 'show', entry, expect=['3-6-1', '申江石化'])
    walk.say('She comes back and says what came of it, with the next step; and logs a call that was not planned.')
    visit = short_id(today, '拜访周强')
    walk.step('wang.min', 'activity', 'done', visit, '--duration-minutes', '90', '--customer-reaction', '接受 3-6-1，要求备件寄售',
              '--result', '口头同意，等评标会', '--next-kind', 'call', '--next-subject', '请张伟确认评标会日期', '--next-time', 'in 2 days',
              expect=['拜访周强'])
    walk.step('wang.min', 'objection', 'add', visit, '预付三成太多', '--entry', entry, '--contact', '周强', '--listen', '财务年底资金紧',
              '--present', '3-6-1 分期，备件寄售', '--ask', '评标会上支持这一方案', '--outcome', 'resolved', expect=['预付三成太多'])
    walk.step('wang.min', 'activity', 'feedback', visit, '--customer-class', 'b', '--next-step', '法务拟备件寄售条款', expect=['拜访周强'])
    walk.step('wang.min', 'activity', 'log', '金陵水务有限公司', 'call', '24 小时服务条款已获批准', '--contact', '高峰',
              '--result', '高总同意，下周签字', expect=['24 小时服务条款'])
    walk.step('wang.min', 'activity', 'list', '滨江化工集团', '--limit', '5', expect=['拜访周强', '请张伟确认评标会日期'])
    walk.step('wang.min', 'account', 'edit', '滨江化工集团', '--status', 'trial', expect=['滨江化工集团有限公司'])
    walk.step('wang.min', 'history', '滨江化工集团', expect=['王敏', 'Developing → Trial'])

    walk.say('Her manager reads the report and says a word to it; it is in 王敏\'s day until she has seen it.')
    walk.step('liu.fang', *login, 'liu.fang', '--password-stdin', text=company.PASSWORD + '\n')
    reports = walk.step('liu.fang', 'activity', 'list', '--owner', 'wang.min', '--state', 'done', '--limit', '3', expect=['拜访周强'])
    walk.step('liu.fang', 'activity', 'comment', short_id(reports, '拜访周强'), '寄售要有上限，先问财务', expect=['拜访周强'])
    walk.step('wang.min', 'today', expect=['寄售要有上限', '刘芳'])
    walk.step('wang.min', 'activity', 'seen', visit)

    walk.step('chen.guodong', *login, 'chen.guodong', '--password-stdin', text=company.PASSWORD + '\n')
    process.walk(walk.step, walk.say)

    walk.say('She found an old register of customers, as a spreadsheet wrote it, in GBK. First without changing anything:')
    register = str(directory / '老客户登记.csv')
    pathlib.Path(register).write_bytes((company.HERE / 'register.csv').read_text(encoding='utf-8').encode('gbk'))
    walk.step('wang.min', 'import', 'accounts', register, '--dry-run', code=REFUSED, expect=['GB18030', '约好再打', '滨江化工集团有限公司'])
    walk.step('wang.min', 'import', 'accounts', register, code=REFUSED, expect=['3 added'])
    walk.say('刘芳 takes one of them for 六合污水处理厂: two accounts become one. It was a mistake: they are two again.')
    walk.step('liu.fang', 'account', 'merge', '六合污水处理厂', '六合区污水站', '--reason', '同一家', '--yes', expect=['六合污水处理厂'])
    walk.step('wang.min', 'account', 'show', '六合区污水站', '--columns', 'code,name,phone', expect=['六合污水处理厂'])
    walk.step('liu.fang', 'account', 'unmerge', '六合区污水站', '--reason', '污水站另属园区', expect=['六合污水处理厂'])

    walk.say('Rights: 孙悦 in Shanghai does not see that account, and cannot create it a second time.')
    walk.step('sun.yue', *login, 'sun.yue', '--password-stdin', text=company.PASSWORD + '\n')
    walk.step('sun.yue', 'account', 'show', '滨江化工集团', code=3)
    walk.step('sun.yue', 'account', 'add', '--name', '滨江化工集团', code=1, expect=['滨江化工集团有限公司', '王敏'])

    walk.say('The service desk sees whom to call about what, and nothing else.')
    walk.step('he.jing', *login, 'he.jing', '--password-stdin', text=company.PASSWORD + '\n')
    walk.step('he.jing', 'account', 'show', '滨江化工集团', expect=['+86 25 5550 2001', '王敏'], absent=['三期', '2600', '化工大道 18 号\n化工'])
    walk.step('he.jing', 'activity', 'list', '滨江化工集团', code=4, expect=['your role may not do this'])

    walk.say('In Hamburg the day begins in English; Anna Becker looks at her region.')
    walk.step('anna.becker', *login, 'anna.becker', '--password-stdin', text=company.PASSWORD + '\n')
    walk.step('anna.becker', 'account', 'list', '--status', 'active', expect=['Elbchem AG', 'Wasserwerke Holm'], absent=['金陵水务'])
    walk.step('anna.becker', 'search', 'reference', 'letter', expect=['Nordhafen'])

    walk.say('陈国栋 gives the Zhenjiang paper mill, asleep for a year, to 王敏 - with all that hangs on it.')
    walk.step('chen.guodong', 'account', 'assign', '镇江纸业', 'wang.min', '--reason', '设备部长换人，王敏认识新部长', expect=['镇江纸业有限公司'])
    walk.step('wang.min', 'activity', 'list', '镇江纸业', expect=['新部长到任'])
    walk.step('zhao.lei', *login, 'zhao.lei', '--password-stdin', text=company.PASSWORD + '\n')
    walk.step('zhao.lei', 'account', 'show', '镇江纸业', code=3)

    walk.say('For programs: JSON, CSV, and any method by name.')
    walk.step('wang.min', 'account', 'list', '--status', 'active', '--csv', expect=['金陵水务有限公司'])
    walk.step('wang.min', 'api', 'GetCaller', '{}', expect=['"login": "wang.min"'])


def wait_for_interrupt(process):
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(0.5):
        if process.poll() is not None:
            raise Failed('kamd has ended')


def main():
    parser = argparse.ArgumentParser(prog='./run demo', description=__doc__)
    parser.add_argument('--check', action='store_true', help='do not stay up; exit with 1 when a step fails')
    parser.add_argument('--dir', type=pathlib.Path, help='keep the company there, and find it again the next time')
    parser.add_argument('--port', type=int, default=0, help='port of the server; a free one when not given')
    parser.add_argument('--build', type=pathlib.Path, default=ROOT / 'build' / 'release', help=argparse.SUPPRESS)
    options = parser.parse_args()
    build = (ROOT / options.build).resolve()
    directory = (options.dir or pathlib.Path(tempfile.mkdtemp(prefix='kam-demo-', dir='/tmp'))).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    server = Server(build, directory, options.port)
    client = Client(build, directory, server)
    walk = Walk(client)
    for number in (signal.SIGTERM, signal.SIGHUP):  # also when the terminal goes: kamd has a session of its own
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        made = directory / 'made'
        server.start()
        if made.exists():
            walk.say(f'The company is in {directory} already.')
            for who in company.logins():
                client.login(who)
        else:
            walk.say('Making the company: teams, users, accounts, contacts, activities ...')
            started = time.monotonic()
            counts = company.make(server, client)
            made.touch()
            walk.say(f'{counts}, made with kamd and kam in {time.monotonic() - started:.0f} seconds.')
            walk_through(walk, server, directory)
        if options.check:
            walk.say('Every step did what it was to do.')
            return 0
        home = client.home('wang.min')
        walk.say('The server stays up until Ctrl-C. Things to try, from another terminal:')
        print(f'  export PATH={client.program.parent}:$PATH KAM_HOME={home}\n'
              '  kam whoami\n'
              '  kam today\n'
              '  kam account checks 滨江化工集团\n'
              '  kam opportunity check 滨江三期\n'
              '  kam map 滨江化工集团\n'
              '  kam board\n'
              '  kam account list\n'
              '  kam contact list 滨江化工集团\n'
              '  kam search 磁力泵\n'
              "  kam activity plan 金陵水务有限公司 visit 年度回访 --time 'tomorrow 10:00'\n"
              '  LANGUAGE=zh_CN kam today\n'
              f'  KAM_HOME={client.home("anna.becker")} kam account list    # Europe\n'
              f'  KAM_HOME={client.home("he.jing")} kam account list        # the service desk\n'
              f'  curl -s http://127.0.0.1:{server.metrics_port}/metrics | grep -v "^#" | head\n\n'
              f'  Users: {", ".join(company.logins())}; the password of all is "{company.PASSWORD}".', flush=True)
        wait_for_interrupt(server.process)
        return 0
    except Failed as failure:
        print(f'\ndemo: {failure}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        server.stop()
        if options.dir is None:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Nothing that kam prints is wider than the terminal, in either language: help of every command, tables of every list with wide characters; columns line up."""
import re
import unittest

from client import Client
from fake_server import FakeServer
from support import stubs

ID = '0190b0c0-0000-7000-8000-0000000000%02d'
LANGUAGES = ('C.UTF-8', 'zh_CN.UTF-8')
TEXTS = ('华北精密机床股份有限公司第三分公司', 'Acme Corporation of the Northern and Southern Provinces, Limited', '短', 'Cafe\u0301 ｆｕｌｌ width ☎ 한국어')


def width(text):
    import unicodedata
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in 'WF' else 1 for char in text)


def fill(message, number, depth=0):
    """Each field of a message with something wide in it, other in each row."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None:
            name = field.message_type.full_name
            sub = getattr(message, field.name).add() if field.label == field.LABEL_REPEATED else getattr(message, field.name)
            if name == 'google.protobuf.Timestamp':
                sub.seconds = 1700000000 + number * 1000000
            elif name == 'google.type.Date':
                sub.year, sub.month, sub.day = 2020 + number, 12, 31
            elif name == 'kam.v1.Money':
                sub.currency_code, sub.minor_units = 'CNY', 10 ** (number * 4 + 2)
            elif depth < 2 and not name.startswith('google.'):
                fill(sub, number, depth + 1)
            continue
        if field.name == 'next_page_token':
            continue
        value = TEXTS[(number + field.number) % len(TEXTS)]
        if field.type in (field.TYPE_INT32, field.TYPE_INT64):
            value = 3 ** (number + 1)
        elif field.type == field.TYPE_BOOL:
            value = number % 2 == 0
        elif field.type == field.TYPE_DOUBLE:
            value = 1.5 * number
        elif field.type == field.TYPE_ENUM:
            value = field.enum_type.values[1 + number % (len(field.enum_type.values) - 1)].number
        elif field.type != field.TYPE_STRING:
            continue
        elif field.name == 'id' or field.name.endswith(('_id', '_ids')):
            value = ID % number
        elif field.name == 'code':
            value = f'K-{number:06}'
        if field.label == field.LABEL_REPEATED:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)


class Overflow(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client('localhost:1'))
        overview = self.client.run('help').out
        self.commands = re.findall(r'(?m)^  ([a-z]+(?: [a-z]+)*)(?:  |$)', overview)
        self.assertGreater(len(self.commands), 40)

    def test_help_fits(self):
        for language in LANGUAGES:
            pages = [('help',), *{('help', command.split()[0]) for command in self.commands}, *(('help', *command.split()) for command in self.commands)]
            for words in pages:
                out, _ = self.client.screen(*words, '--no-pager', columns=80, rows=500, LANG=language, NO_COLOR='1')
                for line in out.splitlines():
                    self.assertLessEqual(width(line), 80, (words, language, line))

    def test_examples_stay_whole(self):
        words = ('help', 'import', 'accounts')
        wide, _ = self.client.screen(*words, columns=400, rows=500, NO_COLOR='1')
        narrow, _ = self.client.screen(*words, columns=60, rows=500, NO_COLOR='1')
        examples = re.findall(r'(?m)^  (kam import .*)$', wide)
        self.assertGreater(len(examples), 1)
        joined = re.sub(r' \\\n +', ' ', narrow)
        for example in examples:
            self.assertIn(example, joined)

    def test_lists_fit_and_line_up(self):
        server = self.enterContext(FakeServer())
        client = self.enterContext(Client(server.name))
        seen = 0
        methods = {}
        for path in re.findall(r'/?(kam\.v1\.\w+/\w+)', client.run('api', '--list').out):
            method = stubs.method(path)
            response = method.output_type
            rows = next((field for field in response.fields if field.label == field.LABEL_REPEATED and field.message_type is not None), None)
            if response.name.endswith('Response') and rows is not None:
                answer = stubs.message(response.full_name)()
                for number in range(4):
                    fill(getattr(answer, rows.name).add(), number)
                methods[path] = answer
                server.on(path.removeprefix('kam.v1.'), lambda request, context, answer=answer: answer)
        client.run('account', 'list', KAM_TOKEN='t')
        for command in [one for one in self.commands if one.split()[-1] in ('list', 'search')]:
            usage = re.sub(r'\[.*?\]', '', client.run('help', *command.split()).out.splitlines()[0]).split(command, 1)[1].split()
            words = command.split() + [{'YEAR': '2025', 'TEXT...': 'pumps'}.get(word, ID % 1) for word in usage]
            for columns, language in ((80, 'C.UTF-8'), (80, 'zh_CN.UTF-8'), (200, 'zh_CN.UTF-8')):
                out, code = client.screen(*words, columns=columns, rows=200, LANG=language, NO_COLOR='1', KAM_TOKEN='t')
                self.assertEqual(code, 0, (words, out))
                lines = out.splitlines()
                for line in lines:
                    self.assertLessEqual(width(line), columns, (words, language, line))
                self.check_columns(lines[:5], command)
            seen += 1
        self.assertGreater(seen, 12)

    def check_columns(self, table, command):
        """Between two columns there are two blanks at the same place in all lines."""
        cells = [''.join(char + '\0' * (width(char) - 1) for char in line if width(char) > 0) for line in table]
        longest = max(map(len, cells))
        blank = ''.join(' ' if all(line.ljust(longest)[at] == ' ' for line in cells) else 'x' for at in range(longest))
        headings = re.split(r' {2,}', table[0].strip())
        self.assertGreaterEqual(len(re.findall(r'(?<=x) {2,}(?=x)', blank)), len(headings) - 1, (command, table))


if __name__ == '__main__':
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Unique values for the fields of the fixture, and finding them again in any bytes.

Every text of the fixture company is a sentinel: a word that occurs nowhere else, made for one field of one record. Whatever the
server sends can then be scanned for what it should not know. Numbers and dates that matter (money, birthdays) are unique as well and
are found as decimal text and as they stand in protobuf messages.
"""
import base64
import dataclasses
import datetime
import random
import re

LETTERS = "abcdefghijklmnop"
WORD_LENGTH = 12
WORD_KEY = 7  # so many first characters are unique: a text cut short is found too
MONEY_BASE = 470_000_000 * 16384  # the last two protobuf groups of seven bits count, the others stay
DATE_BASE = datetime.date(1901, 1, 1)  # years that no clock of a test shows


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def date_message(date):
    return b"\x08" + varint(date.year) + b"\x10" + bytes([date.month]) + b"\x18" + bytes([date.day])


WORD = re.compile(rb"zq[a-p]{%d}" % (WORD_KEY - 2), re.IGNORECASE)
PHONE = re.compile(rb"9901\d{6}")
CODE = re.compile(rb"K-\d{6,}")
MONEY_TEXT = re.compile(rb"77004800\d{5}")
MONEY_VARINT = re.compile(rb"[\x80-\xff]{2}" + re.escape(varint(MONEY_BASE)[2:]), re.DOTALL)
DATE_TEXT = re.compile(rb"19[01]\d-[01]\d-[0-3]\d")
DATE_MESSAGE = re.compile(rb"\x08[\x80-\xff]\x0e\x10[\x01-\x0c]\x18[\x01-\x1f]", re.DOTALL)
FORMS = (WORD, PHONE, CODE, MONEY_TEXT, MONEY_VARINT, DATE_TEXT, DATE_MESSAGE)
TOKEN = re.compile(rb"[A-Za-z0-9_+/-]{16,}={0,2}")


@dataclasses.dataclass(frozen=True)
class Sentinel:
    family: str  # the account (and what hangs on it) that it belongs to: company.py
    record: str  # "account", "contact", "profile", ...
    column: str  # "account.name": what domain.md section 1 grants is said in these
    value: str

    def __str__(self):
        return f"{self.family}/{self.record}: {self.column}"


class Registry:
    def __init__(self, seed=7):
        self.random = random.Random(seed)
        self.by_needle = {}
        self.all = []
        self.count = 0

    def _add(self, family, record, column, value, *needles):
        sentinel = Sentinel(family, record, column, value)
        self.all.append(sentinel)
        for needle in needles:
            assert needle not in self.by_needle, needle
            self.by_needle[needle] = sentinel
        return value

    def text(self, family, record, column, form="{}"):
        while True:
            word = "zq" + "".join(self.random.choice(LETTERS) for _ in range(WORD_LENGTH - 2))
            if word[:WORD_KEY].encode() not in self.by_needle:
                break
        self._add(family, record, column, word, word[:WORD_KEY].encode())
        return form.format(word)

    def phone(self, family, record, column):
        self.count += 1
        number = f"9901{self.count:06d}"
        self._add(family, record, column, number, number.encode())
        return "+" + number

    def money(self, family, record, column):
        self.count += 1
        number = MONEY_BASE + self.count
        self._add(family, record, column, str(number), str(number).encode(), varint(number))
        return {"currency_code": "CNY", "minor_units": number}

    def date(self, family, record, column):
        self.count += 1
        date = DATE_BASE + datetime.timedelta(days=self.count)
        self._add(family, record, column, date.isoformat(), date.isoformat().encode(), date_message(date))
        return {"year": date.year, "month": date.month, "day": date.day}

    def code(self, family, record, column, code):
        """A value made by the server."""
        self._add(family, record, column, code, code.encode())

    def find(self, data):
        """All sentinels whose bytes are in data, also inside texts that are base64 (page tokens)."""
        found = self._scan(data)
        for token in TOKEN.findall(data):
            for alternative in (b"-_", b"+/"):
                for start in range(4):
                    part = token[start:].rstrip(b"=")
                    try:
                        plain = base64.b64decode(part[:len(part) // 4 * 4], altchars=alternative, validate=True)
                    except ValueError:
                        continue
                    found |= self._scan(plain)
        return found

    def _scan(self, data):
        found = set()
        for form in FORMS:
            for match in form.finditer(data):
                needle = match.group()
                sentinel = self.by_needle.get(needle.lower() if form is WORD else needle)
                if sentinel is not None:
                    found.add(sentinel)
        return found

    def of(self, family, record):
        return [s for s in self.all if s.family == family and s.record == record]

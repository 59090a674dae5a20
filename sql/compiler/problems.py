# SPDX-License-Identifier: Apache-2.0
"""Slips found on the way: all are collected, so that one build shows them all."""
import difflib
import re


class Slip(Exception):
    """One slip whose place the caller knows."""


class Problems:
    def __init__(self):
        self.found = []

    def add(self, file, line, text):
        row = (file, line, text)
        if row not in self.found:
            self.found.append(row)

    def lines(self):
        def natural(row):
            return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", row[0])], row[1]
        return ["%s:%d: error: %s" % row for row in sorted(self.found, key=natural)]


def choices(wrong, names):
    """What would be right: the close names, or all of them where none is close."""
    names = sorted(names)
    if not names:
        return "there is none"
    close = difflib.get_close_matches(wrong, names, 3)
    if close:
        return "did you mean %s?" % " or ".join("'%s'" % name for name in close)
    shown = ", ".join(names[:25])
    return "there is %s%s" % (shown, ", ..." if len(names) > 25 else "")

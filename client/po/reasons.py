#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a server may answer when it refuses: every text of sql/ and server/ that reaches a client, with its stable reason and the values it has places for.
The catalogues get the texts from here, the client its table from reason to text, and tests/cli/reasons_test.py what is wrong with them.

usage: reasons.py OUTPUT.c
"""
import ast
import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclasses.dataclass(frozen=True)
class Refusal:
    reason: str  # '' where a text has none of its own
    text: str
    place: str
    given: frozenset  # names of the values that go along
    is_old: bool = False  # of a function that a later migration replaced: what an older server says


def balanced(source, start):
    """The text between the parenthesis at `start` and its end, whatever quotes hold."""
    depth, at, quote = 0, start, ""
    while at < len(source):
        char = source[at]
        if quote:
            at += char == "\\" and quote == '"'
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return source[start + 1:at]
        at += 1
    return source[start + 1:]


# ---- C

C_CALL = re.compile(r"\b(error_refuse|error_add_violation|error_set|call_fail|batch_fail|wrong|refuse|fail)\(")
C_TEXT = r'"(?:[^"\\]|\\.)*"'
# What is said to the operator alone, at start or on kamd's own command line, is not here.
C_FOLDERS = ["server/methods", "server/rpc"]
C_FILES = ["server/db/batch.c", "server/db/pool.c", "server/base/format.c", "server/db/sqlstate.c"]


def c_text(literals):
    return ast.literal_eval("(" + literals + ")")


def of_c(path):
    source, place = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
    if path.name == "format.c":
        return [Refusal("WRONG_FORMAT", text, place, frozenset()) for text in re.findall(r'"(must [^"]+)"', source)]
    if path.name == "sqlstate.c":
        return [Refusal(reason, c_text(text), place, frozenset())
                for reason, text in re.findall(r'STATUS_[A-Z_]+,\s*(?:\.reason = )?"([A-Z_]+)",\s*(?:\.message = )?(' + C_TEXT + ")", source)]
    found = []
    for call in C_CALL.finditer(source):
        arguments = balanced(source, call.end() - 1)
        texts = re.findall(rf"{C_TEXT}(?:\s*{C_TEXT})*", arguments)
        reasons = [text for text in texts if re.fullmatch(r'"[A-Z][A-Z_]+"', text)]
        own = [text for text in texts if text not in reasons and (" " in text or "{" in text) and "%s" not in text]
        given = frozenset(re.findall(r'ERROR_(?:TEXT|NUMBER)\(\s*"([a-z_]+)"', arguments))
        for text in own:
            found.append(Refusal(c_text(reasons[0]) if reasons else "", c_text(text), f"{place}:{source.count(chr(10), 0, call.start()) + 1}", given))
    return found


# ---- SQL

SQL_TEXT = r"'((?:[^']|'')*)'"
SQL_FUNCTION = re.compile(r"create (?:or replace )?function (\w+)\(.*?\bas (\$\w*\$)(.*?)\2", re.S)
SQL_CALL = re.compile(r"\b(?:refuse|require)\(")


def arguments_of(text):
    """Split at the commas that are in no quotes and no parentheses."""
    parts, depth, quote, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quote = not quote
        elif not quote and char in "([":
            depth += 1
        elif not quote and char in ")]":
            depth -= 1
        elif not quote and char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return parts + [text[start:].strip()]


def of_sql_body(body, place, is_old):
    found = []
    for call in SQL_CALL.finditer(body):
        parts = arguments_of(balanced(body, call.end() - 1))
        code = next((at for at, part in enumerate(parts) if re.fullmatch(r"\d+", part)), None)
        if code is None or len(parts) < code + 3:
            continue
        reasons = re.findall(r"'([A-Z][A-Z_]+)'", parts[code + 1])
        message = parts[code + 2]
        # Values may be prepared before the call, in a variable.
        detail = " ".join(parts[code + 3:]) + (body if re.search(r"\bv_\w+", " ".join(parts[code + 3:])) else "")
        given = frozenset(re.findall(r"""['"]([a-z_]+)['"]\s*[,:]""", detail))
        texts = [text.replace("''", "'") for text in re.findall(SQL_TEXT + r"(?!\s*\|\|)", re.sub(r"\bwhen\b.*?\bthen\b", "then", message, flags=re.S))]
        is_joined = "||" in message
        found += [Refusal(reason, "" if is_joined else text, place, given, is_old) for reason in reasons for text in (texts or [""])
                  if " " in text or is_joined]
    return found


def descriptions(body, place, is_old):
    """Texts of violations, preconditions and resources. Values are looked for in the rest of the statement."""
    found = []
    for match in re.finditer(r"""['"]description['"]\s*[,:]\s*""", body):
        end = body.find(";", match.end())
        rest = body[match.end():end if end > 0 else len(body)]
        given = frozenset(re.findall(r"""['"]([a-z_]+)['"]\s*[,:]""", rest))
        begin = max(body.rfind(";", 0, match.start()), body.rfind("{", 0, match.start())) + 1
        reasons = re.findall(r"""['"]reason['"]\s*[,:]\s*['"]([A-Z_]+)['"]""", body[begin:match.start()])
        is_joined = bool(re.match(r"(?:'(?:[^']|'')*'|case\b(?:(?!\bend\b).)*\bend)\s*\|\|", rest, re.S))
        if rest.startswith("case"):
            rest = re.sub(r"\bwhen\b.*?\bthen\b", "then", rest[:re.search(r"\bend\b", rest).start()], flags=re.S)
            texts = re.findall(SQL_TEXT, rest)
        else:
            texts = re.findall(r"""^(?:'((?:[^']|'')*)'|"([^"]*)")""", rest)
            texts = [one or other for one, other in texts]
        found += [Refusal(reasons[-1] if reasons else "", "" if is_joined else text.replace("''", "'"), place, given, is_old) for text in texts]
    return found


def of_sql():
    bodies, found = {}, []
    for path in sorted((ROOT / "sql" / "migrations").glob("*.sql")):
        for name, _, body in SQL_FUNCTION.findall(path.read_text(encoding="utf-8")):
            # The operator's functions answer kamd's own command line; these two are how the others refuse.
            if not name.startswith("operator_") and name not in ("refuse", "require"):
                bodies.setdefault(name, []).append((path.name, body))
    for name, versions in bodies.items():
        for number, (place, body) in enumerate(versions):
            is_old = number + 1 < len(versions)
            found += of_sql_body(body, f"{place}: {name}()", is_old) + descriptions(body, f"{place}: {name}()", is_old)
    for path in sorted((ROOT / "sql" / "methods").glob("*/*.sql")):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        place = str(path.relative_to(ROOT))
        found += of_sql_body(text, place, False) + descriptions(text, place, False)
    return found


def refusals():
    files = [path for folder in C_FOLDERS for path in sorted((ROOT / folder).glob("*.c"))] + [ROOT / name for name in C_FILES]
    return [one for path in files for one in of_c(path)] + of_sql()


def table(found):
    """C: reason and text of each, sorted by reason; what older servers say comes after what this one says."""
    rows = sorted({(one.reason, one.is_old, one.text) for one in found if one.text})
    lines = ["// Made by reasons.py.", '#include "reason.h"', "", "const struct reason_text reason_texts[] = {"]
    lines += ["    {%s, %s}," % (c_string(reason), c_string(text)) for reason, _, text in rows]
    return "\n".join(lines + ["};", "const size_t reason_text_count = sizeof reason_texts / sizeof reason_texts[0];", ""])


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(table(refusals()), encoding="utf-8")

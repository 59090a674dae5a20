#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes kam.pot: the texts of the client's sources, those it takes from the contract (labels of fields, context "field"; enum values, context:
the enum's name; the comments that help shows), and those a server refuses with.

usage: extract.py DESCRIPTOR_SET OUTPUT.pot
"""
import pathlib
import re
import subprocess
import sys

UNSEEN = {"page_size", "page_token", "update_mask", "version", "id", "password", "current_password", "new_password"}
FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(ROOT / "proto"))
import contract  # noqa: E402  the build's own reader of descriptors
import reasons  # noqa: E402


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def entry(msgid, context=None, place=""):
    lines = ["#: " + place] if place else []
    if context:
        lines.append("msgctxt " + quoted(context))
    return "\n".join(lines + ["msgid " + quoted(msgid), 'msgstr ""', ""])


def enum_label(value, zero):
    bare = value.removeprefix(zero.split("UNSPECIFIED")[0])
    return bare[0] + bare[1:].lower().replace("_", " ")


def contract_entries(data):
    """Entries of everything in package kam.v1 that a person may see, each once."""
    source = contract.Contract(data)
    seen = {}

    def add(msgid, context, place):
        if msgid:
            seen.setdefault((context, msgid), place)

    # Help shows the fields of requests and of what they hold.
    messages = {name: message for name, message, _, _, _ in source.messages()}
    helped, waiting = set(), [name for name in messages if name.endswith("Request")]
    while waiting:
        name = waiting.pop()
        if name not in helped and name in messages and name != "kam.v1.Money":
            helped.add(name)
            waiting += [field.type_name[1:] for field in messages[name].field if field.type_name]
    for name, message, comments, _, _ in source.messages():
        if not name.startswith("kam.v1.") or name == "kam.v1.Rules":
            continue
        for field, comment in zip(message.field, comments):
            rules = source.rules(field)
            add(contract.label_of(field, rules), "field", f"{name}.{field.name}")
            line = contract.clean(comment).replace("\n", " ")
            has_letter = any(char.isascii() and char.isalpha() for char in line)
            is_leaf = field.type != field.TYPE_MESSAGE or not field.type_name.startswith(".kam.v1.") or field.type_name == ".kam.v1.Money"
            if name in helped and field.name not in UNSEEN and not rules.output_only and has_letter and is_leaf:
                add(line, None, f"{name}.{field.name}")
    for file in source.files:
        if file.package != "kam.v1":
            continue
        for enum in file.enum_type:
            for value in enum.value:
                if value.number != 0 and enum.name != "Format":
                    add(enum_label(value.name, enum.value[0].name), enum.name, value.name)
    return [entry(msgid, context, place) for (context, msgid), place in sorted(seen.items(), key=lambda one: (one[0][0] or "", one[0][1]))]


def xgettext(folder, keywords):
    """A catalogue of the texts in a folder's C sources, without those that are only places for values."""
    sources = sorted(path.name for path in folder.glob("*.c"))
    catalogue = subprocess.run(["xgettext", "--language=C", "--from-code=UTF-8", "--keyword", *("--keyword=" + word for word in keywords), "--sort-by-file",
                                "--no-location", "--no-wrap", "--omit-header", "--output=-", "--directory", str(folder), *sources],
                               check=True, capture_output=True, text=True, encoding="utf-8").stdout
    return [one for one in catalogue.strip().split("\n\n") if re.search("[A-Za-z]", re.sub(r"%[a-z]|\\[a-z]", "", one[one.index("msgid"):].replace("msgid", "").replace("msgstr", "")))]


def server_entries():
    texts = {}
    for one in reasons.refusals():
        if one.text:
            texts.setdefault(one.text, one.place.split(":")[0])
    return [entry(text, place=place) for text, place in sorted(texts.items())]


def main():
    descriptors, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    pot = "\n\n".join(xgettext(FOLDER.parent / "cli", ["_", "N_", "NC_:1c,2"]) + xgettext(FOLDER.parent / "lib", ["_", "error_set:4", "refuse:2"])) + "\n"
    head = ('# SPDX-License-Identifier: Apache-2.0\nmsgid ""\nmsgstr ""\n"Project-Id-Version: kam\\n"\n"MIME-Version: 1.0\\n"\n'
            '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n')
    parts = head + "\n" + pot + "\n" + "\n".join(contract_entries(descriptors.read_bytes()) + server_entries())
    # A comment of the contract may be a text of the sources as well.
    merged = subprocess.run(["msguniq", "--use-first", "--no-wrap", "-"], input=parts, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    target.write_text(merged, encoding="utf-8")


if __name__ == "__main__":
    main()

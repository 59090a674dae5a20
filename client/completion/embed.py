#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes text files as C arrays, for `kam completion`.

usage: embed.py OUTPUT.c NAME=FILE...
"""
import pathlib
import sys

parts = ["// Made by embed.py.", '#include "complete.h"']
for one in sys.argv[2:]:
    name, path = one.split("=", 1)
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    text = "\n".join('    "' + line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '\\n"' for line in lines)
    parts.append(f"const char {name}[] =\n{text};")
pathlib.Path(sys.argv[1]).write_text("\n".join(parts) + "\n", encoding="utf-8")

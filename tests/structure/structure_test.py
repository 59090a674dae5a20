#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the house itself: arrows between rooms, licence lines, size of files, headers that stand alone."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LINES_MAX = 600
# Folder of the server: what it may include from others.
ROOMS = {
    "base": set(),
    "net": {"base"},
    "rpc": {"base", "net"},
    "db": {"base"},
    "methods": {"base", "rpc", "db"},
    "kamd": {"base", "net", "rpc", "db", "methods"},
}
# A library's header: the only folders that may include it.
OWNERS = {
    r"libpq-fe\.h": {"server/db"},
    r"nghttp2/.*": {"server/net", "client/lib"},
    r"openssl/.*": {"server/net", "client/lib"},
    r"sqlite3\.h": {"client/lib"},
    r"microhttpd\.h": {"server/kamd"},
}
LICENCE_EXEMPT = re.compile(r"(\.(csv|json|md5|png|gz|pot|bin|txt)|LICENSE|\.gitignore|/corpus/.*)$")


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                             stdout=subprocess.PIPE)
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
    else:  # a source tree without git
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                 if path.is_file() and path.relative_to(ROOT).parts[0] != "build"]
    return [name for name in names if name and (ROOT / name).is_file()]


def includes(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text, re.MULTILINE)


class Structure(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.files = tracked_files()
        self.sources = [name for name in self.files if name.endswith((".c", ".h"))]

    def test_every_file_names_its_licence_first(self):
        missing = []
        for name in self.files:
            if LICENCE_EXEMPT.search("/" + name):
                continue
            lines = (ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines()[:2]
            if lines and lines[0].startswith("{"):
                continue  # JSON has no comments
            if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines):
                missing.append(name)
        self.assertEqual(missing, [])

    def test_no_source_file_is_too_long(self):
        long = []
        for name in self.files:
            if name.endswith((".c", ".h", ".py", ".sql", ".proto", ".sh")):
                count = len((ROOT / name).read_text(encoding="utf-8").splitlines())
                if count > LINES_MAX:
                    long.append(f"{name}: {count} lines")
        self.assertEqual(long, [])

    def test_arrows_between_rooms_point_down(self):
        wrong = []
        for name in self.sources:
            parts = pathlib.PurePath(name).parts
            if parts[0] != "server" or len(parts) < 3:
                continue
            for include in includes(name):
                target = include.split("/")[0]
                if target in ROOMS and target != parts[1] and target not in ROOMS[parts[1]]:
                    wrong.append(f"{name} includes {include}")
        self.assertEqual(wrong, [])

    def test_libraries_are_included_by_their_owners_only(self):
        wrong = []
        for name in self.sources:
            folder = "/".join(pathlib.PurePath(name).parts[:2])
            if not name.startswith(("server/", "client/")):
                continue
            for include in includes(name):
                for pattern, owners in OWNERS.items():
                    if re.fullmatch(pattern, include) and folder not in owners:
                        wrong.append(f"{name} includes {include}")
        self.assertEqual(wrong, [])

    def test_each_header_compiles_alone(self):
        build = pathlib.Path(os.environ.get("KAM_BUILD", ROOT / "build" / "dev"))
        packages = ["libuv", "libnghttp2", "openssl", "libprotobuf-c", "libpq", "libsodium", "jansson", "libutf8proc",
                    "libmicrohttpd"]
        flags = shlex.split(subprocess.run(["pkg-config", "--cflags", *packages], stdout=subprocess.PIPE, text=True,
                                           check=True).stdout)
        headers = [name for name in self.sources
                   if name.endswith(".h") and name.startswith(("server/", "client/", "proto/"))]
        self.assertTrue(headers)
        with tempfile.TemporaryDirectory() as folder:
            probe = pathlib.Path(folder) / "probe.c"
            failures = []
            for header in headers:
                # Twice, so that a missing guard shows as well.
                probe.write_text(f'#include "{ROOT / header}"\n#include "{ROOT / header}"\n', encoding="utf-8")
                done = subprocess.run(
                    ["cc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                     f"-I{ROOT / 'server'}", f"-I{ROOT / 'client'}", f"-I{ROOT / 'client' / 'lib'}", f"-I{ROOT / 'proto'}",
                     f"-I{build / 'proto' / 'gen'}", f"-I{build / 'server' / 'methods'}", f"-I{build}", *flags, str(probe)],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if done.returncode != 0:
                    failures.append(f"{header}:\n{done.stdout}")
        self.assertEqual(failures, [])

    def test_nothing_is_left_to_do(self):
        marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
        found = []
        for name in self.files:
            if name.endswith((".c", ".h", ".py", ".sql", ".proto", ".md", ".txt", ".sh")) or name in ("run", ".ci/run"):
                text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
                found += [f"{name}: {match.group(0)}" for match in marks.finditer(text)]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()

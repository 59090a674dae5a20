#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes kamd(8) and kamd.conf(5) from what kamd's own help says, which is made from its tables.

usage: man.py KAMD DIRECTORY DATE    (the directory has man5 and man8)
"""
import pathlib
import re
import subprocess
import sys


def ask(kamd, *words):
    return subprocess.run([kamd, *words, "--help"], check=True, capture_output=True, text=True, encoding="utf-8").stdout


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("~", "\\(ti").replace("^", "\\(ha").replace("`", "\\(ga")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def entry(name, text):
    return f".TP\n\\fB{roff(name)}\\fR\n{roff(text)}\n"


def read_settings(text):
    """(name, argument, default, help) of each setting."""
    lines = text[text.index("  --"):].splitlines()
    found = []
    for line in lines:
        head = re.fullmatch(r"  --(\S+) (\S+)(?:  \((.*)\))?", line)
        if head:
            found.append([head[1], head[2], head[3] or "", ""])
        elif line.startswith("    "):
            found[-1][3] = (found[-1][3] + " " + line.strip()).strip()
    return found


def head(name, section, version, meaning):
    return (f'.\\" SPDX-License-Identifier: Apache-2.0\n.\\" Made from the help of kamd.\n.TH {name.upper()} {section} {sys.argv[3]} "kamd {version}" "kam"\n.nh\n.ad l\n'
            f".SH NAME\n{roff(name)} \\- {roff(meaning)}\n")


def main():
    kamd, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    version = subprocess.run([kamd, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    overview = ask(kamd)
    names = re.findall(r"(?m)^  ([a-z]+(?: [a-z]+)?) {2,}\S", overview.split("Commands:")[1].split("\n\n")[0] + "\n")
    settings = read_settings(overview)

    page = head("kamd", 8, version, "the server of the key account manager")
    page += ".SH SYNOPSIS\n\\fBkamd\\fR COMMAND [FLAGS] [SETTINGS]\n.SH DESCRIPTION\n"
    page += roff("kamd serves key account management over gRPC and TLS, on PostgreSQL: a private one that it keeps in its data directory, or yours. "
                 "It is stopped with SIGTERM, which lets what runs finish; SIGHUP reads the settings and the certificate again.") + "\n.SH COMMANDS\n"
    for name in names:
        usage, text = ask(kamd, *name.split()).removeprefix("Usage: ").split("\n\n", 1)
        text, _, rest = text.partition("\n\n")
        page += f'.SS "{roff(usage)}"\n{roff(text)}\n'
        for flag in re.finditer(r"(?m)^  (\S.*?)(?: {2,}(\S.*)|\n {4,}(\S.*))$", rest.split("kamd --help")[0]):
            page += entry(flag[1], flag[2] or flag[3] or "")
    page += ".SH SETTINGS\n" + roff("As flags --NAME VALUE, in the environment as KAM_NAME (dashes become underscores), or as lines of the file given with --config. "
                                    "A flag wins over the environment, the environment over the file. ") + "\\fBkamd.conf\\fR(5) lists them.\n"
    page += ".SH EXIT STATUS\n" + entry("0", "Done.") + entry("1", "Failed.") + entry("2", "The command line or a setting is wrong.")
    page += ".SH FILES\n" + entry("/etc/kam/kamd.conf", "The settings of the service.") + entry("/var/lib/kam", "The data directory of the service.")
    page += ".SH SEE ALSO\n\\fBkam\\fR(1), \\fBkamd.conf\\fR(5)\n"
    (folder / "man8" / "kamd.8").write_text(page, encoding="utf-8")

    page = head("kamd.conf", 5, version, "settings of kamd")
    page += ".SH DESCRIPTION\n" + roff("Lines of the form NAME = VALUE; a # at the start of a line or after a blank begins a comment. The file is named by --config. "
                                       "Sizes are written 512KiB, times 500ms, 30s, 5m, 1h. `kamd config` prints the settings in this form, with where each came from.")
    page += "\n.SH SETTINGS\n"
    for name, argument, default, text in settings:
        if name != "config":
            page += entry(f"{name} = {argument}", text + (f" Default: {default}." if default and "Default:" not in text else ""))
    page += ".SH EXAMPLE\n.nf\nport = 7443\ndatabase\\-file = /etc/kam/database\nlog\\-format = json\n.fi\n.SH SEE ALSO\n\\fBkamd\\fR(8)\n"
    (folder / "man5" / "kamd.conf.5").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""A throw-away PostgreSQL on a Unix socket, and just enough of libpq (ctypes) to prepare and describe statements."""
import ctypes
import ctypes.util
import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile


class DatabaseError(Exception):
    def __init__(self, message, sqlstate="", position=0, hint=""):
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.position = position  # in characters from 1; 0 when PostgreSQL named none
        self.hint = hint


def find_binaries():
    """The folder with initdb and postgres: the newest of Debian's, else what the PATH has."""
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    folders.sort(key=lambda folder: int(re.search(r"/(\d+)/", folder).group(1) if re.search(r"/(\d+)/", folder) else 0))
    for folder in reversed(folders):
        if os.path.exists(os.path.join(folder, "initdb")) and os.path.exists(os.path.join(folder, "postgres")):
            return folder
    found = shutil.which("initdb")
    if found:
        return os.path.dirname(os.path.realpath(found))
    raise DatabaseError("no PostgreSQL server programs (initdb, postgres); install the package postgresql")


class Cluster:
    """Used with `with`: initdb, start, stop, remove. Takes about two seconds."""

    def __enter__(self):
        self.binaries = find_binaries()
        self.folder = tempfile.mkdtemp(prefix="kamsql.")
        self.prefix = []
        try:
            if os.geteuid() == 0:
                # PostgreSQL refuses to run as root.
                user = next((name for name in ("postgres", "nobody") if name in [p.pw_name for p in pwd.getpwall()]), None)
                if user is None:
                    raise DatabaseError("PostgreSQL does not run as root, and there is no user postgres or nobody")
                entry = pwd.getpwnam(user)
                os.chown(self.folder, entry.pw_uid, entry.pw_gid)
                self.prefix = ["setpriv", "--reuid=%d" % entry.pw_uid, "--regid=%d" % entry.pw_gid, "--clear-groups"]
            self.run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
            self.run("pg_ctl", "-D", "data", "-w", "-t", "60", "-l", "log", "-o",
                     "-k %s -c listen_addresses= -F -c max_connections=8 -c shared_buffers=16MB -c autovacuum=off -c lc_messages=C" % self.folder, "start")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        try:
            self.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program, *arguments):
        done = subprocess.run(self.prefix + [os.path.join(self.binaries, program), *arguments], cwd=self.folder,
                              env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            log = os.path.join(self.folder, "log")
            more = open(log, encoding="utf-8").read() if os.path.exists(log) else ""
            raise DatabaseError("%s failed: %s%s" % (program, done.stdout.strip()[-800:], more[-800:]))

    def connect(self, user, database):
        return Connection("host=%s user=%s dbname=%s client_encoding=UTF8" % (self.folder, user, database))


def load_libpq():
    libpq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
            ("PQconnectdb", pointer, [text]), ("PQstatus", number, [pointer]), ("PQerrorMessage", text, [pointer]),
            ("PQfinish", None, [pointer]), ("PQexec", pointer, [pointer, text]), ("PQclear", None, [pointer]),
            ("PQprepare", pointer, [pointer, text, text, number, ctypes.POINTER(ctypes.c_uint)]),
            ("PQdescribePrepared", pointer, [pointer, text]), ("PQresultStatus", number, [pointer]),
            ("PQresultErrorField", text, [pointer, number]), ("PQnparams", number, [pointer]),
            ("PQparamtype", ctypes.c_uint, [pointer, number]), ("PQnfields", number, [pointer]),
            ("PQfname", text, [pointer, number]), ("PQftype", ctypes.c_uint, [pointer, number]),
            ("PQntuples", number, [pointer]), ("PQgetvalue", text, [pointer, number, number])):
        function = getattr(libpq, name)
        function.restype = result
        function.argtypes = arguments
    libpq.PQsetNoticeProcessor.argtypes = [pointer, pointer, pointer]
    return libpq


class Connection:
    libpq = None
    ignore_notice = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda *_: None)

    def __init__(self, conninfo):
        if Connection.libpq is None:
            Connection.libpq = load_libpq()
        self.handle = self.libpq.PQconnectdb(conninfo.encode())
        if self.libpq.PQstatus(self.handle) != 0:
            raise DatabaseError(self.libpq.PQerrorMessage(self.handle).decode().strip())
        self.libpq.PQsetNoticeProcessor(self.handle, ctypes.cast(self.ignore_notice, ctypes.c_void_p), None)

    def close(self):
        self.libpq.PQfinish(self.handle)

    def check(self, result):
        """The result, or DatabaseError; the caller clears it."""
        if self.libpq.PQresultStatus(result) in (1, 2):
            return result

        def field(code):
            value = self.libpq.PQresultErrorField(result, ord(code))
            return value.decode("utf-8", "replace") if value else ""
        context = field("W").split("\n")[0]
        error = DatabaseError(field("M") + (" (%s)" % context if context else "") or self.libpq.PQerrorMessage(self.handle).decode(),
                              field("C"), int(field("P") or 0), field("H"))
        self.libpq.PQclear(result)
        raise error

    def execute(self, sql):
        self.libpq.PQclear(self.check(self.libpq.PQexec(self.handle, sql.encode())))

    def values(self, sql):
        """The first column of all rows, as text."""
        result = self.check(self.libpq.PQexec(self.handle, sql.encode()))
        rows = [self.libpq.PQgetvalue(result, row, 0).decode() for row in range(self.libpq.PQntuples(result))]
        self.libpq.PQclear(result)
        return rows

    def describe(self, name, sql, oids):
        """Prepares the statement; (parameter oids, [(column, oid)])."""
        types = (ctypes.c_uint * max(1, len(oids)))(*oids)
        self.libpq.PQclear(self.check(self.libpq.PQprepare(self.handle, name.encode(), sql.encode(), len(oids), types)))
        result = self.check(self.libpq.PQdescribePrepared(self.handle, name.encode()))
        parameters = [self.libpq.PQparamtype(result, at) for at in range(self.libpq.PQnparams(result))]
        columns = [(self.libpq.PQfname(result, at).decode(), self.libpq.PQftype(result, at))
                   for at in range(self.libpq.PQnfields(result))]
        self.libpq.PQclear(result)
        return parameters, columns

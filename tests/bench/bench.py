#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures kamd against pgbench: the very same statements, under the same rights, on the same database, in turn.

A company of a given size is generated, kamd serves it over TLS on the loopback address, tests/bench/load is its client; pgbench runs the
statements of one call over PostgreSQL's Unix socket, pipelined and in BEGIN ... COMMIT, each at its best client count. Every figure is the
median of several rounds, in which the three take turns. Results: a table, and JSON with --output.
"""
import argparse
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import psycopg2

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import statements
from company import METHODS, generate

TOKENS = 64
IDLE_CONNECTIONS = 2000
TICKS = os.sysconf("SC_CLK_TCK")


def find_tool(name):
    """A PostgreSQL program: the newest version's."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(found[-1]) if found else shutil.which(name)


def processor_seconds(pid, with_children=False):
    """User and system time of a process; with those of its children, whether they ended or not."""
    total = 0
    for process in [pid, *(children_of(pid) if with_children else [])]:
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
            if with_children and process == pid:
                total += int(fields[13]) + int(fields[14])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / TICKS


def children_of(pid):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], stdout=subprocess.PIPE, text=True).stdout
    return [int(line) for line in out.split()]


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


class Server:
    """kamd on its embedded default, in a directory of its own."""

    def __init__(self, build, directory, options=()):
        ready = directory / "data" / "ready"
        ready.unlink(missing_ok=True)
        self.log = open(directory / "log", "ab")
        self.process = subprocess.Popen(
            [str(build / "server/kamd/kamd"), "serve", "--data", str(directory / "data"), "--address", "127.0.0.1", "--port", "0",
             "--metrics", "off", "--ready-file", str(ready), "--log-level", "warning",
             "--max-connections-per-address", "10000", *options], stdout=self.log, stderr=self.log)
        while not ready.exists():
            if self.process.poll() is not None:
                sys.exit(f"kamd did not start; see {directory / 'log'}")
            time.sleep(0.05)
        self.port = int(ready.read_text().split()[0])
        self.postmaster = int((self.find_cluster(directory) / "postmaster.pid").read_text().split()[0])
        self.socket = (self.find_cluster(directory) / "postmaster.pid").read_text().split("\n")[4]

    @staticmethod
    def find_cluster(directory):
        return next((directory / "data").rglob("postmaster.pid")).parent

    def connect(self):
        return psycopg2.connect(host=self.socket, dbname="kam", user="kam_owner")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def run_load(build, port, tokens, method, accounts, connections, in_flight, seconds, seed):
    done = subprocess.run(
        [str(build / "tests/bench/load"), "--port", str(port), "--method", method, "--accounts", str(accounts), "--connections",
         str(connections), "--in-flight", str(in_flight), "--seconds", str(seconds), "--seed", str(seed)],
        input="\n".join(tokens), stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout)
    if result["failed"]:
        sys.exit(f"bench: {method}: {result['failed']} calls failed: {result['failure']}")
    return result


RUNS = itertools.count(1)


def run_pgbench(server, role, script, clients, seconds, accounts):
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        os.chmod(file.name, 0o644)
        environment = dict(os.environ, PGOPTIONS=f"-c role=kam_{role} -c search_path=kam,public,pg_temp "
                           "-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1 -c jit=off")
        done = subprocess.run(
            [find_tool("pgbench"), "-n", "-M", "prepared", "-h", server.socket, "-U", "kam_login", "-c", str(clients), "-j", "1", "-T",
             str(seconds), "-D", f"accounts={accounts}", "-D", "payload=\\x00", "-D", "count=0", "-D", f"run={next(RUNS)}", "-f", file.name, "kam"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode != 0 or not found or "failed transactions: 0 " not in done.stdout:
        sys.exit(f"bench: pgbench failed:\n{done.stdout}{done.stderr}\n{script}")
    return float(found.group(1))


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.methods = statements.load_methods(self.build / "proto/kam.pb")
        self.results = []

    def best_clients(self, server, role, script, accounts):
        rates = {}
        for clients in (2, 4, 8, 16, 24):
            rates[clients] = run_pgbench(server, role, script, clients, self.options.probe_seconds, accounts)
        return max(rates, key=rates.get)

    def compare(self, server, name, tokens, accounts, connections, in_flight, with_transaction=False):
        """kamd, pgbench pipelined and pgbench in a transaction, in turn."""
        spec = METHODS[name]
        tokens = tokens[spec.callers]
        script = spec.script(self.methods, tokens)
        clients = self.best_clients(server, spec.role, script.pipelined(), accounts)
        rounds = {"kamd": [], "pipelined": [], "transaction": [], "p50": [], "p99": [], "kamd_cpu": [], "postgres_cpu": []}
        for number in range(self.options.rounds):
            before = self.count_written(server, spec)
            start = processor_seconds(server.process.pid), processor_seconds(server.postmaster, True)
            load = run_load(self.build, server.port, tokens, name, accounts, connections, in_flight, self.options.seconds, number + 1)
            end = processor_seconds(server.process.pid), processor_seconds(server.postmaster, True)
            written = self.count_written(server, spec) - before
            if spec.written and written != load["ok"]:
                sys.exit(f"bench: {name}: {load['ok']} calls answered OK, but {written} rows written")
            rounds["kamd"].append(load["per_second"])
            rounds["p50"].append(load["p50_us"])
            rounds["p99"].append(load["p99_us"])
            rounds["kamd_cpu"].append((end[0] - start[0]) / load["ok"] * 1e6)
            rounds["postgres_cpu"].append((end[1] - start[1]) / load["ok"] * 1e6)
            rounds["pipelined"].append(run_pgbench(server, spec.role, script.pipelined(), clients, self.options.seconds, accounts))
            if with_transaction:
                rounds["transaction"].append(
                    run_pgbench(server, spec.role, script.in_transaction(), clients, self.options.seconds, accounts))
        medians = {key: statistics.median(values) for key, values in rounds.items() if values}
        result = {"method": name, "connections": connections, "in_flight": in_flight, "pgbench_clients": clients, "rounds": rounds,
                  "median": medians, "ratio_pipelined": medians["kamd"] / medians["pipelined"]}
        if with_transaction:
            result["ratio_transaction"] = medians["kamd"] / medians["transaction"]
        self.results.append(result)
        self.print_row(result)

    @staticmethod
    def count_written(server, spec):
        if not spec.written:
            return 0
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(spec.written)
            return cursor.fetchone()[0]

    @staticmethod
    def print_row(result):
        median = result["median"]
        transaction = f"{result['ratio_transaction']:.2f}" if "ratio_transaction" in result else "-"
        print(f"{result['method']:<6} {result['connections']:>4} x {result['in_flight']:<2} {median['kamd']:>10.0f} "
              f"{median['pipelined']:>10.0f} {result['ratio_pipelined']:>6.2f} {transaction:>6} {median['p50']:>8.0f} {median['p99']:>8.0f} "
              f"{median['kamd_cpu']:>7.1f} {median['postgres_cpu']:>7.1f}  (pgbench: {result['pgbench_clients']} clients)", flush=True)

    def measure_memory(self, server, tokens):
        """Resident memory per connection that made one call and then rests."""
        before = resident_bytes(server.process.pid)
        process = subprocess.Popen(
            [str(self.build / "tests/bench/load"), "--port", str(server.port), "--method", "idle", "--accounts", "1", "--connections",
             str(IDLE_CONNECTIONS), "--seconds", "5"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write("\n".join(tokens["manager"]) + "\n")
        process.stdin.close()
        if process.stdout.readline().strip() != "idle":
            sys.exit("bench: the idle connections did not come up")
        per_connection = (resident_bytes(server.process.pid) - before) / IDLE_CONNECTIONS
        process.wait()
        self.results.append({"method": "memory", "connections": IDLE_CONNECTIONS, "bytes_per_connection": per_connection})
        print(f"memory of kamd per idle TLS connection ({IDLE_CONNECTIONS} of them): {per_connection / 1024:.1f} KiB", flush=True)

    def measure(self, scale, directory, only_growth=False):
        server = Server(self.build, directory)
        try:
            started = time.monotonic()
            connection = server.connect()
            accounts, tokens = generate(connection, scale, TOKENS)
            connection.commit()
            connection.autocommit = True
            connection.cursor().execute("vacuum analyze")
            connection.close()
            print(f"# scale {scale}: {accounts} accounts, generated in {time.monotonic() - started:.0f} s", flush=True)
            if only_growth:
                return {name: self.median_rate(server, name, tokens, accounts) for name in ("get", "list")}
            if not self.options.only:
                self.measure_memory(server, tokens)
            print("method  load        kamd/s  pgbench/s  ratio  in tx   p50 us   p99 us  cpu us  pg cpu", flush=True)
            for name, connections, in_flight in (("get", 64, 4), ("list", 64, 4), ("page", 64, 4), ("today", 64, 4), ("check", 64, 4), ("board", 64, 4),
                                                 ("log", 64, 4), ("get", 256, 1)):
                if not self.options.only or name in self.options.only:
                    self.compare(server, name, tokens, accounts, connections, in_flight, name == "get" and connections == 64)
            if not self.options.no_growth:
                return {name: self.median_rate(server, name, tokens, accounts) for name in ("get", "list")}
        finally:
            server.stop()

    def median_rate(self, server, name, tokens, accounts):
        return statistics.median(
            run_load(self.build, server.port, tokens[METHODS[name].callers], name, accounts, 64, 4, self.options.seconds, seed)["per_second"]
            for seed in range(1, self.options.rounds + 1))

    def run(self):
        workplace = pathlib.Path(self.options.directory or tempfile.mkdtemp(prefix="kam-bench-"))
        workplace.mkdir(parents=True, exist_ok=True)
        os.chmod(workplace, 0o755)
        try:
            big, small = workplace / "big", workplace / "small"
            for directory in (big, small):
                directory.mkdir(exist_ok=True)
            at_size = self.measure(self.options.scale, big)
            if not self.options.no_growth:
                at_tenth = self.measure(self.options.scale / 10, small, only_growth=True)
                for name in ("get", "list"):
                    ratio = at_tenth[name] / at_size[name]
                    self.results.append({"method": f"{name}, cost at 10x the data", "ratio": ratio})
                    print(f"{name}: cost at 10x the data: {ratio:.2f}", flush=True)
        finally:
            if not self.options.directory:
                shutil.rmtree(workplace, ignore_errors=True)
        if self.options.output:
            pathlib.Path(self.options.output).write_text(json.dumps(self.results, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="build directory (release)")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 10,000 accounts, 50,000 contacts, 100,000 opportunities, 2,000,000 activities")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="length of one run")
    parser.add_argument("--probe-seconds", type=int, default=2, help="length of a run that looks for pgbench's best client count")
    parser.add_argument("--only", action="append", choices=sorted(METHODS), help="measure this method; may be given several times")
    parser.add_argument("--no-growth", action="store_true", help="without the comparison with a tenth of the data")
    parser.add_argument("--directory", help="work here and leave the database there")
    parser.add_argument("--output", default="bench.json", help="JSON file to write")
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs all tests, three at a time: suites wait a good deal; ends with one line "N passed, N failed, N skipped".

Three kinds of suites:
  unit    every program ctest knows of (cmocka), in the builds dev and asan
  python  every tests/**/*_test.py (unittest); a line "# builds: dev asan" in the file says against which builds it runs
  fuzz    every fuzz target (libFuzzer) on its corpus, for 60 seconds
sql.process_model_test takes KAM_MODEL_SEQUENCES, how many random sequences it tries (250), and KAM_MODEL_SEED, the first one.
Patterns on the command line choose suites whose names contain one of them.
"""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
SUITE_SECONDS_MAX = 1500
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "LSAN_OPTIONS": "print_suppressions=0",
}


@dataclasses.dataclass
class Suite:
    name: str
    kind: str
    command: list
    build: str
    seconds_max: int = SUITE_SECONDS_MAX
    directory: pathlib.Path = ROOT
    shares_machine: bool = True  # False: runs alone


@dataclasses.dataclass
class Outcome:
    suite: Suite
    passed: int = 0
    failed: int = 0
    skipped: list = dataclasses.field(default_factory=list)  # (test, reason)
    seconds: float = 0.0
    output: str = ""


def build(preset, targets=()):
    """Configures and builds one preset; ends the run when it fails, because nothing after it would mean anything."""
    directory = ROOT / "build" / preset
    steps = []
    if not (directory / "build.ninja").exists():
        steps.append(["cmake", "--preset", preset])
    steps.append(["cmake", "--build", "--preset", preset] + (["--target", *targets] if targets else []))
    began = time.monotonic()
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            print(done.stdout)
            print(f"failed: {' '.join(step)}")
            print("0 passed, 1 failed, 0 skipped")
            sys.exit(1)
    print(f"built {preset} in {time.monotonic() - began:.0f} s", flush=True)


def unit_suites(preset):
    directory = ROOT / "build" / preset
    listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=directory, stdout=subprocess.PIPE, check=True)
    suites = []
    for test in json.loads(listing.stdout)["tests"]:
        if "command" in test:
            places = [p["value"] for p in test.get("properties", []) if p["name"] == "WORKING_DIRECTORY"]
            suites.append(Suite(f"{test['name']}.{preset}", "unit", test["command"], preset,
                                directory=pathlib.Path(places[0]) if places else directory))
    return suites


def python_suites():
    suites = []
    for path in sorted((ROOT / "tests").glob("*/*_test.py")):
        text = path.read_text(encoding="utf-8")
        found = re.search(r"^# builds: (.+)$", text, re.MULTILINE)
        for preset in (found.group(1).split() if found else ["dev"]):
            suites.append(Suite(f"{path.parent.name}.{path.stem}.{preset}", "python",
                                [PYTHON, "-m", "unittest", "-v", path.stem], preset, directory=path.parent,
                                shares_machine="# alone" not in text))
    return suites


def fuzz_suites(seconds):
    suites = []
    for path in sorted((ROOT / "build" / "fuzz" / "tests" / "fuzz").glob("fuzz_*")):
        if not os.access(path, os.X_OK) or path.is_dir():
            continue
        corpus = ROOT / "tests" / "fuzz" / "corpus" / path.name.removeprefix("fuzz_")
        grown = path.parent / "grown" / path.name  # what the run finds stays in the build folder
        grown.mkdir(parents=True, exist_ok=True)
        command = [str(path), f"-max_total_time={seconds}", "-timeout=25", "-rss_limit_mb=2048", "-print_final_stats=1",
                   f"-artifact_prefix={path.parent}/", str(grown)] + ([str(corpus)] if corpus.is_dir() else [])
        suites.append(Suite(f"fuzz.{path.name}", "fuzz", command, "fuzz", seconds_max=seconds + 300))
    return suites


def count_cmocka(text, status, outcome):
    passed = [int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.MULTILINE)]
    failed = [int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", text, re.MULTILINE)]
    skipped = re.findall(r"^\[  SKIPPED \] (?!\d+ test)(\S+)", text, re.MULTILINE)
    outcome.passed = sum(passed) if passed else int(status == 0)
    outcome.failed = sum(failed)
    outcome.skipped = [(name, "skipped by the test") for name in sorted(set(skipped))]
    if status != 0 and outcome.failed == 0:
        outcome.failed = 1


def count_unittest(text, status, outcome):
    ran = re.search(r"^Ran (\d+) tests? in", text, re.MULTILINE)
    numbers = dict(re.findall(r"(failures|errors|unexpected successes)=(\d+)", text.rsplit("\n\n", 1)[-1]))
    outcome.failed = sum(int(n) for n in numbers.values())
    outcome.skipped = [(m[0], m[1]) for m in re.findall(r"^(\S+).*\.\.\. skipped ['\"](.*)['\"]$", text, re.MULTILINE)]
    if ran is None:
        outcome.failed = max(outcome.failed, 1)
    else:
        # An error in setUpClass fails without having run.
        outcome.passed = max(int(ran.group(1)) - outcome.failed - len(outcome.skipped), 0)
    if status != 0 and outcome.failed == 0 or ran is not None and int(ran.group(1)) == 0 and not outcome.skipped:
        outcome.failed = max(outcome.failed, 1)


@contextlib.contextmanager
def prepared_cluster():
    """A PostgreSQL cluster that the python suites copy: tests/support/prepare.py."""
    environment = dict(os.environ, KAM_BUILD=str(ROOT / "build" / "dev"), KAM_BUILD_NAME="dev", PYTHONPATH=str(ROOT / "tests"), PYTHONDONTWRITEBYTECODE="1")
    made = subprocess.run([PYTHON, "-m", "support.prepare"], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    data = pathlib.Path(made.stdout.strip())
    try:
        yield data
    finally:
        shutil.rmtree(data.parent)


def run_suite(suite, prepared):
    outcome = Outcome(suite)
    environment = dict(os.environ, KAM_BUILD=str(ROOT / "build" / suite.build), KAM_BUILD_NAME=suite.build, **SANITIZERS)
    environment["PYTHONPATH"] = str(ROOT / "tests")
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in [name for name in environment if name.startswith("KAM_")]:
        if name not in ("KAM_BUILD", "KAM_BUILD_NAME", "KAM_SHARED_DATA", "KAM_MODEL_SEQUENCES", "KAM_MODEL_SEED"):
            del environment[name]  # settings of whoever runs the tests are not the tests' own
    if prepared is not None:
        environment["KAM_TEST_PREPARED"] = str(prepared)
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in suite.command], cwd=suite.directory, env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    timed_out = False
    try:
        raw, _ = process.communicate(timeout=suite.seconds_max)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        raw, _ = process.communicate()
    outcome.output = raw.decode("utf-8", "replace")
    outcome.seconds = time.monotonic() - started
    if suite.kind == "unit":
        count_cmocka(outcome.output, process.returncode, outcome)
    elif suite.kind == "python":
        count_unittest(outcome.output, process.returncode, outcome)
    else:
        outcome.passed, outcome.failed = (1, 0) if process.returncode == 0 else (0, 1)
    if timed_out:
        outcome.failed = max(outcome.failed, 1)
        outcome.output += f"\nkilled after {suite.seconds_max} seconds\n"
    return outcome


def report(outcome, lock):
    with lock:
        word = "FAIL" if outcome.failed else "ok"
        skipped = f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
        failed = f", {outcome.failed} failed" if outcome.failed else ""
        print(f"{word:4} {outcome.seconds:6.1f} s  {outcome.suite.name} ({outcome.passed} passed{failed}{skipped})",
              flush=True)
        if outcome.failed:
            print("-" * 100)
            print(outcome.output.rstrip())
            print("-" * 100, flush=True)


def run_all(suites, jobs, prepared):
    lock = threading.Lock()
    outcomes = []

    def run_and_report(suite):
        outcome = run_suite(suite, prepared)
        report(outcome, lock)
        return outcome

    together = [suite for suite in suites if suite.shares_machine]
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as executor:
        outcomes.extend(executor.map(run_and_report, together))
    for suite in suites:
        if not suite.shares_machine:
            outcomes.append(run_and_report(suite))
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", help="run suites whose names contain one of these")
    parser.add_argument("--jobs", type=int, default=3, help="suites at once")
    parser.add_argument("--no-build", action="store_true", help="use the builds as they are")
    parser.add_argument("--fuzz-seconds", type=int, default=60)
    parser.add_argument("--suite-seconds", type=int, default=SUITE_SECONDS_MAX, help="how long a suite that is no fuzz target may take")
    parser.add_argument("--fuzz-only", action="store_true")
    options = parser.parse_args()

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts this in the background has it ignored, by all that follow
    started = time.monotonic()
    if not options.no_build:
        for preset in [] if options.fuzz_only else ["dev", "asan"]:
            build(preset)
        build("fuzz", ["fuzz_" + path.name.removesuffix("_fuzz.c") for path in (ROOT / "tests" / "fuzz").glob("*_fuzz.c")])
    suites = fuzz_suites(options.fuzz_seconds)
    if not options.fuzz_only:
        # The long ones first, so that the last minutes keep both processors busy.
        suites = python_suites() + suites + unit_suites("dev") + unit_suites("asan")
    if options.patterns:
        suites = [suite for suite in suites if any(pattern in suite.name for pattern in options.patterns)]
    for suite in suites:
        if suite.kind != "fuzz":
            suite.seconds_max = options.suite_seconds
    if not suites:
        print("no suite has such a name" if options.patterns else "there is nothing to run")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    with prepared_cluster() if any(suite.kind == "python" for suite in suites) else contextlib.nullcontext() as prepared:
        outcomes = run_all(suites, options.jobs, prepared)

    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = [(outcome.suite.name, *entry) for outcome in outcomes for entry in outcome.skipped]
    for name, test, reason in skipped:
        print(f"skipped {name} {test}: {reason}")
    for outcome in outcomes:
        if outcome.failed:
            print(f"failed  {outcome.suite.name}")
    print(f"{len(outcomes)} suites in {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

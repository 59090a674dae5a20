# SPDX-License-Identifier: Apache-2.0
"""What the suites share: generated stubs, a server of their own, channels to it. Import it before any stub."""
import atexit
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

BUILD = pathlib.Path(os.environ.get("KAM_BUILD", ROOT / "build" / "dev")).resolve()


def generate_stubs():
    """Makes the Python stubs importable: test_pb2, google.rpc.status_pb2, stubs.health.v1.health_pb2, ..."""
    folder = tempfile.mkdtemp(prefix="kam-conformance-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    protos = [(ROOT / "tests/interop", "test.proto"), (ROOT / "proto", "grpc/health/v1/health.proto"),
              (ROOT / "proto", "grpc/reflection/v1/reflection.proto"),
              (ROOT / "proto", "grpc/reflection/v1alpha/reflection.proto"), (ROOT / "proto", "google/rpc/status.proto"),
              (ROOT / "proto", "google/rpc/error_details.proto")]
    plugin = "--plugin=protoc-gen-grpc=" + shutil.which("grpc_python_plugin")
    for root, name in protos:
        subprocess.run(["protoc", "-I", root, "--python_out", folder, "--grpc_out", folder, plugin, name], check=True)
    # "grpc/" would hide the grpc package itself: the generated packages get names of their own.
    os.rename(os.path.join(folder, "grpc"), os.path.join(folder, "stubs"))
    for path in pathlib.Path(folder).rglob("*.py"):
        text = path.read_text()
        path.write_text(re.sub(r"^from grpc\.(health|reflection)", r"from stubs.\1", text, flags=re.M))
    sys.path.insert(0, folder)


generate_stubs()


def sanitizer_options(more):
    """What the environment asks for, and more."""
    given = os.environ.get("ASAN_OPTIONS", "detect_leaks=1")
    return dict(os.environ, ASAN_OPTIONS=given + ":" + more)


class Server:
    """An interop server in a directory of its own. Stopped with SIGTERM, it must exit with 0: sanitizers report then."""

    def __init__(self, **limits):
        self.is_stopped = False
        self.directory = tempfile.mkdtemp(prefix="kam-interop-")
        self.log = open(os.path.join(self.directory, "log"), "w+")
        arguments = [str(BUILD / "tests/interop/interop-server"), self.directory]
        arguments += ["%s=%d" % limit for limit in limits.items()]
        # Memory in the sanitizer's quarantine would count as the server's where a test watches its size.
        environment = sanitizer_options("quarantine_size_mb=16")
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        self.fingerprint = self.process.stdout.readline().split()[1]
        self.port = int(self.process.stdout.readline().split()[1])
        self.certificate = pathlib.Path(self.directory, "certificate.pem").read_bytes()

    def channel(self, **options):
        import grpc
        options.setdefault("grpc.use_local_subchannel_pool", 1)
        pairs = [(key.replace("__", "."), value) for key, value in options.items()]
        return grpc.secure_channel("localhost:%d" % self.port, grpc.ssl_channel_credentials(self.certificate), pairs)

    def signal(self, number):
        self.process.send_signal(number)

    def rss_bytes(self):
        text = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) * 1024

    def wait(self, timeout=60):
        code = self.process.wait(timeout)
        self.process.stdout.close()
        return code

    def log_text(self):
        self.log.flush()
        return pathlib.Path(self.directory, "log").read_text()

    def stop(self):
        """Ends the server, once; anything but a clean exit is an error with the log in it."""
        if self.is_stopped:
            return
        self.is_stopped = True
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.wait()
        text = self.log_text()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        if code != 0:
            raise AssertionError("the server ended with %d:\n%s" % (code, text[-8000:]))


def in_thread(function, *arguments):
    """Runs function beside the test; returns a callable that waits for its result."""
    box = {}

    def run():
        try:
            box["result"] = function(*arguments)
        except BaseException as error:  # handed over to the waiting thread
            box["error"] = error

    thread = threading.Thread(target=run)
    thread.start()

    def wait():
        thread.join()
        if "error" in box:
            raise box["error"]
        return box["result"]

    return wait

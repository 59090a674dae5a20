# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Connections over time: keepalive, draining, reload, idleness, the log, many connects and disconnects."""
import os
import re
import signal
import ssl
import socket
import time
import unittest

import grpc

import harness
import test_pb2 as pb
import test_pb2_grpc as stubs

TIMEOUT = 60


def eventually(condition, seconds=30):
    """Waits until condition() is true; for what the other side does in its own time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class WithServer(unittest.TestCase):
    def start(self, **limits):
        server = harness.Server(**limits)
        self.addCleanup(server.stop)
        return server

    def channel(self, server, **options):
        channel = server.channel(**options)
        self.addCleanup(channel.close)
        return channel


class Keepalive(WithServer):
    def test_client_pings_are_tolerated(self):
        channel = self.channel(self.start(), grpc__keepalive_time_ms=100, grpc__keepalive_timeout_ms=5000,
                               grpc__keepalive_permit_without_calls=1, grpc__http2__max_pings_without_data=0)
        extra = stubs.ExtraServiceStub(channel)
        self.assertEqual(extra.Sleep(pb.SleepRequest(milliseconds=2500), timeout=TIMEOUT), pb.Empty())

    def test_server_pings_keep_a_quiet_call(self):
        extra = stubs.ExtraServiceStub(self.channel(self.start(keepalive_ms=100, keepalive_timeout_ms=5000)))
        self.assertEqual(extra.Sleep(pb.SleepRequest(milliseconds=1500), timeout=TIMEOUT), pb.Empty())

    def test_quiet_connection_outlives_the_request_limit(self):
        """Frames on streams that are closed already must not look like a request that makes no progress."""
        stub = stubs.TestServiceStub(self.channel(self.start(request_ms=1000)))
        for _ in range(2):
            response = stub.UnaryCall(pb.SimpleRequest(response_size=300000), timeout=TIMEOUT)
            self.assertEqual(len(response.payload.body), 300000)
            time.sleep(2.5)

    def test_idle_connection_is_closed_gracefully(self):
        server = self.start(idle_ms=300)
        stub = stubs.TestServiceStub(self.channel(server))
        stub.EmptyCall(pb.Empty(), timeout=TIMEOUT)
        self.assertTrue(eventually(lambda: read_metrics(server)["kam_connections"] == 0))
        stub.EmptyCall(pb.Empty(), timeout=TIMEOUT, wait_for_ready=True)


def read_metrics(server):
    path = os.path.join(server.directory, "metrics")
    if os.path.exists(path):
        os.remove(path)
    server.signal(signal.SIGUSR1)
    assert eventually(lambda: os.path.exists(path))
    with open(path) as file:
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in file if not line.startswith("#")}


class Draining(WithServer):
    def test_calls_in_flight_finish_and_new_ones_fail(self):
        server = self.start(grace_ms=20000)
        channel = self.channel(server)
        extra = stubs.ExtraServiceStub(channel)
        calls = [extra.Sleep.future(pb.SleepRequest(milliseconds=1500), timeout=TIMEOUT) for _ in range(20)]
        self.assertTrue(eventually(lambda: read_metrics(server)["kam_streams"] == 20))
        server.signal(signal.SIGTERM)

        def is_refused():
            try:
                socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
                return False
            except OSError:
                return True

        self.assertTrue(eventually(is_refused))
        for call in calls:
            self.assertEqual(call.result(), pb.Empty())
        with server.channel() as late:
            with self.assertRaises(grpc.RpcError) as caught:
                stubs.TestServiceStub(late).EmptyCall(pb.Empty(), timeout=5)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        server.stop()

    def test_calls_beyond_the_grace_end_with_unavailable(self):
        server = self.start(grace_ms=300)
        call = stubs.ExtraServiceStub(self.channel(server)).Sleep.future(pb.SleepRequest(milliseconds=600000))
        self.assertTrue(eventually(lambda: read_metrics(server)["kam_streams"] == 1))
        server.signal(signal.SIGTERM)
        with self.assertRaises(grpc.RpcError) as caught:
            call.result(timeout=TIMEOUT)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        server.stop()

    def test_stream_that_nobody_reads_does_not_stop_it(self):
        server = self.start(grace_ms=300)
        request = pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=100000)])
        call = stubs.ExtraServiceStub(self.channel(server)).Flood(request)
        next(call)
        server.stop()

    def test_idle_connections_are_closed(self):
        server = self.start(grace_ms=60000)
        channels = [self.channel(server) for _ in range(10)]
        for channel in channels:
            stubs.TestServiceStub(channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)
        begin = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - begin, 30)

    def test_half_open_handshakes_do_not_stop_it(self):
        server = self.start(grace_ms=300)
        sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
        server.stop()
        for one in sockets:
            one.close()


class Certificate(WithServer):
    def key_pin(self, port):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as connection:
            return connection.getpeercert(binary_form=True)

    def test_files_and_fingerprint(self):
        server = self.start()
        self.assertEqual(os.stat(os.path.join(server.directory, "key.pem")).st_mode & 0o777, 0o600)
        self.assertRegex(server.fingerprint, r"^SHA256:[A-Za-z0-9+/]{43}$")

    def test_names_are_verified_by_a_stock_client(self):
        server = self.start()
        context = ssl.create_default_context(cafile=os.path.join(server.directory, "certificate.pem"))
        context.set_alpn_protocols(["h2"])
        for name in ("localhost", "127.0.0.1", "::1", socket.gethostname()):
            with self.subTest(name):
                raw = socket.create_connection(("127.0.0.1", server.port))
                with context.wrap_socket(raw, server_hostname=name) as tls:
                    self.assertEqual(tls.version(), "TLSv1.3")

    def test_reload_takes_the_new_certificate_and_keeps_connections(self):
        server = self.start()
        stub = stubs.TestServiceStub(self.channel(server))
        stub.EmptyCall(pb.Empty(), timeout=TIMEOUT)
        old = self.key_pin(server.port)
        other = self.start()
        for name in ("certificate.pem", "key.pem"):
            with open(os.path.join(other.directory, name), "rb") as source:
                data = source.read()
            with open(os.path.join(server.directory, name), "wb") as target:
                target.write(data)
        server.signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: self.key_pin(server.port) != old))
        self.assertEqual(self.key_pin(server.port), self.key_pin(other.port))
        stub.EmptyCall(pb.Empty(), timeout=TIMEOUT)

    def test_reload_of_a_broken_file_keeps_the_old_one(self):
        server = self.start()
        old = self.key_pin(server.port)
        with open(os.path.join(server.directory, "certificate.pem"), "w") as target:
            target.write("no certificate")
        server.signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: "cannot use the certificate" in server.log_text()))
        self.assertEqual(self.key_pin(server.port), old)


class Bookkeeping(WithServer):
    def test_one_log_line_per_call(self):
        server = self.start()
        stub = stubs.TestServiceStub(self.channel(server))
        request_id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
        stub.UnaryCall(pb.SimpleRequest(), timeout=TIMEOUT, metadata=[("kam-request-id", request_id)])
        stub.EmptyCall(pb.Empty(), timeout=TIMEOUT, metadata=[("kam-request-id", "secret text")])
        self.assertTrue(eventually(lambda: server.log_text().count("msg=call") == 2))
        first, second = [line for line in server.log_text().splitlines() if "msg=call" in line]
        self.assertRegex(first, r"method=/grpc.testing.TestService/UnaryCall user=tester peer=127.0.0.1 status=OK "
                                r"total_us=\d+ queue_us=0 database_us=0 request_id=" + request_id)
        self.assertTrue(second.endswith("request_id=-"))
        self.assertNotIn("secret", server.log_text())

    def test_metrics(self):
        server = self.start()
        stub = stubs.TestServiceStub(self.channel(server))
        for _ in range(3):
            stub.EmptyCall(pb.Empty(), timeout=TIMEOUT)
        with self.assertRaises(grpc.RpcError):
            stub.UnimplementedCall(pb.Empty(), timeout=TIMEOUT)
        name = 'kam_calls_total{method="/grpc.testing.TestService/EmptyCall",status="OK"}'
        self.assertTrue(eventually(lambda: read_metrics(server).get(name) == 3))
        metrics = read_metrics(server)
        self.assertEqual(metrics['kam_calls_total{method="unknown",status="UNIMPLEMENTED"}'], 1)
        self.assertEqual(metrics['kam_call_seconds_count{method="/grpc.testing.TestService/EmptyCall"}'], 3)
        self.assertEqual(metrics["kam_connections"], 1)
        self.assertGreater(metrics["kam_sent_bytes_total"], 100)

    def test_thousand_connections_leave_nothing(self):
        """Connect, call, disconnect. What is left over is found by the leak checker at the end, and in the metrics."""
        server = self.start()
        for _ in range(1000):
            with server.channel() as channel:
                stubs.TestServiceStub(channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)
        self.assertTrue(eventually(lambda: read_metrics(server)["kam_connections"] == 0))
        self.assertEqual(read_metrics(server)["kam_connections_accepted_total"], 1000)

    def test_cancelled_calls_are_counted_as_such(self):
        server = self.start()
        extra = stubs.ExtraServiceStub(self.channel(server))
        calls = [extra.Sleep.future(pb.SleepRequest(milliseconds=600000)) for _ in range(10)]
        self.assertTrue(eventually(lambda: read_metrics(server)["kam_streams"] == 10))
        for call in calls:
            call.cancel()
        name = 'kam_calls_total{method="/grpc.testing.ExtraService/Sleep",status="CANCELLED"}'
        self.assertTrue(eventually(lambda: read_metrics(server).get(name) == 10))
        self.assertEqual(len(re.findall("status=CANCELLED", server.log_text())), 10)

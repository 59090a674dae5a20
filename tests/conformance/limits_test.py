# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Limits as a stock client meets them: sizes, flow control, streams, decoding, details."""
import concurrent.futures
import queue
import threading
import unittest

import grpc

import harness
import test_pb2 as pb
import test_pb2_grpc as stubs
from google.rpc import error_details_pb2, status_pb2

TIMEOUT = 60
MIB = 1024 * 1024


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server()
        cls.channel = cls.server.channel(grpc__max_send_message_length=-1, grpc__max_receive_message_length=-1)
        cls.stub = stubs.TestServiceStub(cls.channel)
        cls.extra = stubs.ExtraServiceStub(cls.channel)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.stop()

    def failure(self, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        return caught.exception

    def test_message_at_the_limit(self):
        request = pb.SimpleRequest(payload=pb.Payload(body=b"\0" * (4 * MIB - 100)))
        self.stub.UnaryCall(request, timeout=TIMEOUT)

    def test_message_over_the_limit(self):
        request = pb.SimpleRequest(payload=pb.Payload(body=b"\0" * (4 * MIB + 1)))
        error = self.failure(lambda: self.stub.UnaryCall(request, timeout=TIMEOUT))
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.stub.EmptyCall(pb.Empty(), timeout=TIMEOUT)

    def test_message_over_the_limit_in_a_stream(self):
        requests = [pb.StreamingInputCallRequest(payload=pb.Payload(body=b"\0" * size)) for size in (10, 5 * MIB, 10)]
        error = self.failure(lambda: self.stub.StreamingInputCall(iter(requests), timeout=TIMEOUT))
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_large_response(self):
        response = self.stub.UnaryCall(pb.SimpleRequest(response_size=20 * MIB), timeout=TIMEOUT)
        self.assertEqual(len(response.payload.body), 20 * MIB)

    def test_metadata_over_the_limit(self):
        error = self.failure(
            lambda: self.stub.EmptyCall(pb.Empty(), timeout=TIMEOUT, metadata=[("x-long", "x" * 9000)]))
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.stub.EmptyCall(pb.Empty(), timeout=TIMEOUT, metadata=[("x-long", "x" * 6000)])

    def test_hundred_streams_on_one_connection(self):
        calls = []
        for _ in range(100):
            requests = queue.Queue()
            calls.append((requests, self.stub.FullDuplexCall(iter(requests.get, None), timeout=TIMEOUT)))
        for requests, _ in calls:
            requests.put(pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=1000)]))
        for _, call in calls:
            self.assertEqual(len(next(call).payload.body), 1000)
        for requests, call in calls:
            requests.put(None)
            self.assertEqual(list(call), [])

    def test_more_streams_than_the_limit_wait(self):
        with concurrent.futures.ThreadPoolExecutor(150) as pool:
            calls = [pool.submit(self.extra.Sleep, pb.SleepRequest(milliseconds=200), timeout=TIMEOUT)
                     for _ in range(150)]
            for call in calls:
                self.assertEqual(call.result(), pb.Empty())

    def test_many_calls_from_many_channels(self):
        def work(_):
            with self.server.channel() as channel:
                stub = stubs.TestServiceStub(channel)
                return sum(len(stub.UnaryCall(pb.SimpleRequest(response_size=100), timeout=TIMEOUT).payload.body)
                           for _ in range(50))

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(work, range(16))), [5000] * 16)

    def test_slow_reader_does_not_grow_the_server(self):
        """The whole stream is 512 MiB; a client that reads nothing must not make the server hold it."""
        request = pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=32768)])
        calls = [self.extra.Flood(request) for _ in range(8)]
        for call in calls:
            next(call)
        before = self.server.rss_bytes()
        for call in calls:
            for _ in range(64):
                next(call)
        after = self.server.rss_bytes()
        for call in calls:
            call.cancel()
        self.assertLess(after - before, 32 * MIB)
        self.assertLess(after, 512 * MIB)

    def test_fast_writer_is_held_back(self):
        """A method that takes one message in 100 ms stops the client, and the server holds a window at most."""
        sent = []
        done = threading.Event()

        def requests():
            while not done.is_set():
                sent.append(1)
                yield pb.StreamingInputCallRequest(payload=pb.Payload(body=b"\0" * 65536))

        call = self.extra.SlowInput.future(requests())
        before = self.server.rss_bytes()
        with self.assertRaises(grpc.FutureTimeoutError):
            call.result(timeout=1.5)
        self.assertLess(self.server.rss_bytes() - before, 32 * MIB)
        self.assertLess(len(sent), 100)
        done.set()
        self.assertGreater(call.result(timeout=TIMEOUT).aggregated_payload_size, 0)

    def test_too_many_elements(self):
        """Two bytes on the wire for an element that takes hundred in memory."""
        raw = self.channel.unary_unary("/grpc.testing.ExtraService/Echo")
        error = self.failure(lambda: raw(b"\x1a\x00" * MIB, timeout=TIMEOUT))
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def nested(self, depth):
        message = pb.Nested(text="inmost")
        for _ in range(depth - 1):
            message = pb.Nested(child=message)
        return message

    def test_depth(self):
        self.assertEqual(self.extra.Echo(self.nested(32), timeout=TIMEOUT), self.nested(32))
        error = self.failure(lambda: self.extra.Echo(self.nested(33), timeout=TIMEOUT))
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("child.child", error.details())

    def status_of(self, error):
        status = status_pb2.Status()
        status.ParseFromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
        return status

    def unpack(self, status, kind):
        for any_detail in status.details:
            detail = kind()
            if any_detail.Is(kind.DESCRIPTOR):
                any_detail.Unpack(detail)
                return detail
        return None

    def test_bad_text_names_the_field(self):
        raw = self.channel.unary_unary("/grpc.testing.ExtraService/Echo")
        for name, text in (("invalid UTF-8", b"\xff\xfe"), ("NUL", b"a\0b"), ("overlong", b"\xc0\xaf"),
                           ("surrogate", b"\xed\xa0\x80")):
            with self.subTest(name):
                inner = b"\x12" + bytes([len(text)]) + text
                error = self.failure(lambda: raw(b"\x0a" + bytes([len(inner)]) + inner, timeout=TIMEOUT))
                self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
                violations = self.unpack(self.status_of(error), error_details_pb2.BadRequest).field_violations
                self.assertEqual([violation.field for violation in violations], ["child.text"])

    def test_bytes_that_are_no_message(self):
        raw = self.channel.unary_unary("/grpc.testing.ExtraService/Echo")
        for name, data in (("truncated varint", b"\x22\x01\x80"), ("truncated length", b"\x12\x05ab"),
                           ("group", b"\x0b\x0c"), ("field 0", b"\x02\x00"), ("wrong wire type", b"\x10\x01"),
                           ("wire type 7", b"\x0f"), ("huge length", b"\x12\xff\xff\xff\xff\x0f"),
                           ("long varint", b"\x38" + b"\xff" * 10 + b"\x01")):
            with self.subTest(name):
                error = self.failure(lambda: raw(data, timeout=TIMEOUT))
                self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_unknown_fields_are_ignored(self):
        raw = self.channel.unary_unary("/grpc.testing.ExtraService/Echo", response_deserializer=pb.Nested.FromString)
        self.assertEqual(raw(b"\x12\x01a\xfa\x3f\x03xyz\xf8\x3f\x07", timeout=TIMEOUT).text, "a")

    def test_details(self):
        error = self.failure(lambda: self.extra.Fail(pb.FailRequest(violations=3, retry_after_ms=1500, extra_details=2),
                                                     timeout=TIMEOUT))
        status = self.status_of(error)
        self.assertEqual((status.code, status.message), (3, error.details()))
        info = self.unpack(status, error_details_pb2.ErrorInfo)
        self.assertEqual((info.reason, info.domain, dict(info.metadata)), ("INVALID_FIELD", "kam.v1", {}))
        violations = self.unpack(status, error_details_pb2.BadRequest).field_violations
        self.assertEqual([violation.field for violation in violations],
                         ["account.field_0", "account.field_1", "account.field_2"])
        retry = self.unpack(status, error_details_pb2.RetryInfo)
        self.assertEqual((retry.retry_delay.seconds, retry.retry_delay.nanos), (1, 500000000))
        self.assertEqual(self.unpack(status, error_details_pb2.ResourceInfo).resource_type, "Account")

    def test_details_too_large_are_cut(self):
        for message in ("", "很" * 170):
            with self.subTest(message=len(message)):
                request = pb.FailRequest(violations=0 if message else 20, extra_details=60, message=message)
                error = self.failure(lambda: self.extra.Fail(request, timeout=TIMEOUT))
                status = self.status_of(error)
                self.assertLess(status.ByteSize(), 6 * 1024)
                info = self.unpack(status, error_details_pb2.ErrorInfo)
                self.assertEqual(dict(info.metadata), {"details": "cut"})
                self.assertGreater(len(status.details), 4)

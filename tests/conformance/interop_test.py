# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The public gRPC interoperability cases, with the stock Python client
(https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md)."""
import queue
import unittest

import grpc

import harness
import test_pb2 as pb
import test_pb2_grpc as stubs

REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
TIMEOUT = 60


def output_request(sizes, **more):
    return pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=size) for size in sizes], **more)


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server()
        cls.channel = cls.server.channel()
        cls.stub = stubs.TestServiceStub(cls.channel)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.stop()

    def failure(self, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        return caught.exception

    def test_empty_unary(self):
        self.assertEqual(self.stub.EmptyCall(pb.Empty(), timeout=TIMEOUT), pb.Empty())

    def test_large_unary(self):
        request = pb.SimpleRequest(response_size=314159, payload=pb.Payload(body=b"\0" * 271828))
        response = self.stub.UnaryCall(request, timeout=TIMEOUT)
        self.assertEqual(response.payload.body, b"\0" * 314159)

    def test_client_streaming(self):
        requests = (pb.StreamingInputCallRequest(payload=pb.Payload(body=b"\0" * size)) for size in REQUEST_SIZES)
        response = self.stub.StreamingInputCall(requests, timeout=TIMEOUT)
        self.assertEqual(response.aggregated_payload_size, 74922)

    def test_client_streaming_without_messages(self):
        self.assertEqual(self.stub.StreamingInputCall(iter([]), timeout=TIMEOUT).aggregated_payload_size, 0)

    def test_server_streaming(self):
        responses = list(self.stub.StreamingOutputCall(output_request(RESPONSE_SIZES), timeout=TIMEOUT))
        self.assertEqual([len(response.payload.body) for response in responses], RESPONSE_SIZES)

    def test_server_streaming_without_messages(self):
        call = self.stub.StreamingOutputCall(output_request([]), timeout=TIMEOUT)
        self.assertEqual(list(call), [])
        self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_ping_pong(self):
        requests = queue.Queue()
        call = self.stub.FullDuplexCall(iter(requests.get, None), timeout=TIMEOUT)
        for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
            requests.put(output_request([response_size], payload=pb.Payload(body=b"\0" * request_size)))
            self.assertEqual(len(next(call).payload.body), response_size)
        requests.put(None)
        self.assertEqual(list(call), [])
        self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_full_duplex_pipelined(self):
        """All requests are sent before the first response is read."""
        requests = [output_request([size, size]) for size in RESPONSE_SIZES]
        sizes = [len(response.payload.body) for response in self.stub.FullDuplexCall(iter(requests), timeout=TIMEOUT)]
        self.assertEqual(sizes, [size for size in RESPONSE_SIZES for _ in range(2)])

    def test_empty_stream(self):
        call = self.stub.FullDuplexCall(iter([]), timeout=TIMEOUT)
        self.assertEqual(list(call), [])
        self.assertEqual(call.code(), grpc.StatusCode.OK)

    def check_metadata(self, call):
        self.assertIn(("x-grpc-test-echo-initial", "test_initial_metadata_value"), call.initial_metadata())
        self.assertIn(("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"), call.trailing_metadata())

    METADATA = (("x-grpc-test-echo-initial", "test_initial_metadata_value"),
                ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))

    def test_custom_metadata_unary(self):
        response, call = self.stub.UnaryCall.with_call(pb.SimpleRequest(response_size=10), metadata=self.METADATA,
                                                       timeout=TIMEOUT)
        self.assertEqual(len(response.payload.body), 10)
        self.check_metadata(call)

    def test_custom_metadata_duplex(self):
        call = self.stub.FullDuplexCall(iter([output_request([10])]), metadata=self.METADATA, timeout=TIMEOUT)
        self.assertEqual(len(list(call)), 1)
        self.check_metadata(call)

    def test_status_code_and_message_unary(self):
        status = pb.EchoStatus(code=2, message="test status message")
        error = self.failure(lambda: self.stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=TIMEOUT))
        self.assertEqual((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, "test status message"))

    def test_status_code_and_message_duplex(self):
        status = pb.EchoStatus(code=2, message="test status message")
        error = self.failure(lambda: list(
            self.stub.FullDuplexCall(iter([output_request([], response_status=status)]), timeout=TIMEOUT)))
        self.assertEqual((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, "test status message"))

    def test_special_status_message(self):
        text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        error = self.failure(lambda: self.stub.UnaryCall(
            pb.SimpleRequest(response_status=pb.EchoStatus(code=2, message=text)), timeout=TIMEOUT))
        self.assertEqual((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, text))

    def test_status_message_in_chinese_and_percent(self):
        text = "客户 100% 满意 %E5"
        error = self.failure(lambda: self.stub.UnaryCall(
            pb.SimpleRequest(response_status=pb.EchoStatus(code=9, message=text)), timeout=TIMEOUT))
        self.assertEqual((error.code(), error.details()), (grpc.StatusCode.FAILED_PRECONDITION, text))

    def test_every_status_code(self):
        for code in grpc.StatusCode:
            if code is grpc.StatusCode.OK:
                continue
            with self.subTest(code=code.name):
                error = self.failure(lambda: self.stub.UnaryCall(
                    pb.SimpleRequest(response_status=pb.EchoStatus(code=code.value[0], message=code.name)),
                    timeout=TIMEOUT))
                self.assertEqual((error.code(), error.details()), (code, code.name))

    def test_status_after_messages(self):
        call = self.stub.StreamingOutputCall(
            output_request([1, 2, 3], response_status=pb.EchoStatus(code=10, message="late")), timeout=TIMEOUT)
        sizes = []
        with self.assertRaises(grpc.RpcError) as caught:
            for response in call:
                sizes.append(len(response.payload.body))
        self.assertEqual(sizes, [1, 2, 3])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.ABORTED)

    def test_unimplemented_method(self):
        error = self.failure(lambda: self.stub.UnimplementedCall(pb.Empty(), timeout=TIMEOUT))
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_unimplemented_service(self):
        stub = stubs.UnimplementedServiceStub(self.channel)
        error = self.failure(lambda: stub.UnimplementedCall(pb.Empty(), timeout=TIMEOUT))
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_cancel_after_begin(self):
        requests = queue.Queue()
        call = self.stub.StreamingInputCall.future(iter(requests.get, None), timeout=TIMEOUT)
        call.cancel()
        requests.put(None)
        self.assertTrue(call.cancelled())
        self.assertEqual(call.code(), grpc.StatusCode.CANCELLED)

    def test_cancel_after_first_response(self):
        requests = queue.Queue()
        call = self.stub.FullDuplexCall(iter(requests.get, None), timeout=TIMEOUT)
        requests.put(output_request([31415], payload=pb.Payload(body=b"\0" * 27182)))
        self.assertEqual(len(next(call).payload.body), 31415)
        call.cancel()
        requests.put(None)
        with self.assertRaises(grpc.RpcError):
            next(call)
        self.assertEqual(call.code(), grpc.StatusCode.CANCELLED)

    def test_timeout_on_sleeping_server(self):
        requests = queue.Queue()
        requests.put(pb.StreamingOutputCallRequest(payload=pb.Payload(body=b"\0" * 27182)))
        call = self.stub.FullDuplexCall(iter(requests.get, None), timeout=0.001)
        error = self.failure(lambda: list(call))
        requests.put(None)
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_timeout_on_sleeping_method(self):
        stub = stubs.ExtraServiceStub(self.channel)
        error = self.failure(lambda: stub.Sleep(pb.SleepRequest(milliseconds=600000), timeout=0.2))
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_message_survives_a_round_trip(self):
        stub = stubs.ExtraServiceStub(self.channel)
        message = pb.Nested(text="张伟 & Söhne 😈", numbers=[1, -1, 2**31 - 1], labels={"a": "b", "投诉": ""},
                            amount=-5, codes=[7, 8], children=[pb.Nested(text="x"), pb.Nested()])
        self.assertEqual(stub.Echo(message, timeout=TIMEOUT), message)

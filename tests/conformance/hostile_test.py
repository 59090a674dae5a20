# SPDX-License-Identifier: Apache-2.0
"""A client that means harm or is broken: raw TLS with frames of its own making (RFC 9113). After every case a good client is served by the
same server, and the case says what the bad one must have got."""
import socket
import ssl
import struct
import time
import unittest

import grpc
from hpack import Decoder, Encoder
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame,
                              RstStreamFrame, SettingsFrame, WindowUpdateFrame)

import harness
import test_pb2 as pb
import test_pb2_grpc as stubs

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TIMEOUT = 30
PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 1, 3, 6, 9, 11
EMPTY_CALL = "/grpc.testing.TestService/EmptyCall"
UNARY_CALL = "/grpc.testing.TestService/UnaryCall"
INPUT_CALL = "/grpc.testing.TestService/StreamingInputCall"
ECHO_CALL = "/grpc.testing.ExtraService/Echo"
EMPTY_MESSAGE = b"\0" + struct.pack(">I", 0)


def message(data, flag=0):
    return struct.pack(">BI", flag, len(data)) + data


def request_headers(path=EMPTY_CALL, drop=(), **changes):
    fields = [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"),
              ("content-type", "application/grpc"), ("te", "trailers")]
    changes = {key.replace("__", ":").replace("_", "-"): value for key, value in changes.items()}
    fields = [(key, changes.pop(key, value)) for key, value in fields if key not in drop]
    return fields + list(changes.items())


class Wire:
    """A connection that sends any bytes and remembers every frame it gets."""

    def __init__(self, port, alpn=("h2",), maximum=None, preface=PREFACE, settings=True):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if maximum:
            context.maximum_version = maximum
        raw = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        try:
            self.tls = context.wrap_socket(raw)
        except BaseException:
            raw.close()
            raise
        self.encoder, self.decoder = Encoder(), Decoder()
        self.buffer = b""
        self.frames = []
        self.is_broken = False
        if preface:
            self.send_bytes(preface)
        if settings:
            self.send(SettingsFrame())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def send_bytes(self, data):
        """What a server that has closed does to the sender is not what is tested."""
        try:
            self.tls.sendall(data)
        except OSError:
            self.is_broken = True

    def send(self, *frames):
        self.send_bytes(b"".join(frame.serialize() for frame in frames))

    def headers(self, stream, fields, end=False, end_headers=True):
        frame = HeadersFrame(stream)
        frame.data = self.encoder.encode(fields)
        if end_headers:
            frame.flags.add("END_HEADERS")
        if end:
            frame.flags.add("END_STREAM")
        return frame

    def data(self, stream, data, end=False):
        frame = DataFrame(stream, data)
        if end:
            frame.flags.add("END_STREAM")
        return frame

    def call(self, stream, fields, body=EMPTY_MESSAGE):
        self.send(self.headers(stream, fields), self.data(stream, body, end=True))

    def _read(self):
        while True:
            if len(self.buffer) >= 9:
                frame, length = Frame.parse_frame_header(memoryview(self.buffer[:9]))
                if len(self.buffer) >= 9 + length:
                    frame.parse_body(memoryview(self.buffer[9:9 + length]))
                    self.buffer = self.buffer[9 + length:]
                    if isinstance(frame, HeadersFrame):
                        frame.fields = dict(self.decoder.decode(frame.data))
                    if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
                        self.send(SettingsFrame(flags=["ACK"]))
                    return frame
            try:
                data = self.tls.recv(65536)
            except ssl.SSLError:
                return None
            except socket.timeout:
                raise AssertionError("the server keeps silent; got %s" % self.frames)
            except OSError:
                return None
            if not data:
                return None
            self.buffer += data

    def read_until(self, wanted):
        """Frames up to the first for which wanted(frame) is true; None when the server closes before."""
        while True:
            frame = self._read()
            if frame is None:
                return None
            self.frames.append(frame)
            if wanted(frame):
                return frame

    def answer(self, stream):
        """All header fields of a stream's answer, initial and trailing, up to END_STREAM or RST_STREAM."""
        fields = {}

        def wanted(frame):
            if frame.stream_id != stream:
                return isinstance(frame, GoAwayFrame)
            if isinstance(frame, HeadersFrame):
                fields.update(frame.fields)
            return isinstance(frame, RstStreamFrame) or "END_STREAM" in frame.flags

        self.last = self.read_until(wanted)
        return fields

    def goaway(self):
        """Reads to the end of the connection. The error code of the last GOAWAY, None without one."""
        self.read_until(lambda frame: False)
        codes = [frame.error_code for frame in self.frames if isinstance(frame, GoAwayFrame)]
        return codes[-1] if codes else None


class Hostile(unittest.TestCase):
    LIMITS = {}

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server(**cls.LIMITS)
        cls.channel = cls.server.channel()
        stubs.TestServiceStub(cls.channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.stop()

    def tearDown(self):
        """A client that was there before, and a new one, are served."""
        stubs.TestServiceStub(self.channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)
        with self.server.channel() as channel:
            stubs.TestServiceStub(channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)

    def wire(self, **options):
        wire = Wire(self.server.port, **options)
        self.addCleanup(wire.tls.close)
        return wire

    def check_alive(self, wire, stream):
        """The same connection still works."""
        wire.call(stream, request_headers())
        self.assertEqual(wire.answer(stream).get("grpc-status"), "0")


class Transport(Hostile):
    def test_plain_http_on_the_port(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=TIMEOUT) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while True:
                try:
                    data = plain.recv(4096)
                except OSError:
                    break
                if not data:
                    break
                received += data
        self.assertNotIn(b"HTTP", received)

    def test_garbage_instead_of_tls(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=TIMEOUT) as plain:
            plain.sendall(bytes(range(256)) * 100)
            try:
                while plain.recv(4096):
                    pass
            except OSError:
                pass

    def test_tls_1_2_is_refused(self):
        with self.assertRaises(ssl.SSLError) as caught:
            self.wire(maximum=ssl.TLSVersion.TLSv1_2)
        self.assertIn("VERSION", str(caught.exception).upper())

    def test_no_alpn(self):
        wire = self.wire(alpn=None)
        self.assertIsNone(wire.read_until(lambda frame: True))

    def test_other_alpn(self):
        with self.assertRaises((ssl.SSLError, OSError)):
            wire = self.wire(alpn=("http/1.1",))
            self.assertEqual(wire.tls.recv(1), b"")
            raise OSError("closed")

    def test_http_1_inside_tls(self):
        wire = self.wire(preface=b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", settings=False)
        self.assertEqual(wire.goaway(), PROTOCOL_ERROR)

    def test_bad_preface(self):
        wire = self.wire(preface=PREFACE[:-3] + b"XX\n")
        self.assertEqual(wire.goaway(), PROTOCOL_ERROR)

    def test_no_settings_after_the_preface(self):
        wire = self.wire(settings=False)
        wire.send(wire.headers(1, request_headers(), end=True))
        self.assertEqual(wire.goaway(), PROTOCOL_ERROR)

    def test_disconnect_at_every_stage(self):
        for stage in range(6):
            wire = self.wire(preface=None, settings=False)
            for part in (PREFACE[:10], PREFACE[10:], SettingsFrame().serialize(),
                         wire.headers(1, request_headers()).serialize(), wire.data(1, b"\0\0\0").serialize())[:stage]:
                wire.send_bytes(part)
            wire.tls.close()


class Frames(Hostile):
    def expect_goaway(self, code, *raw):
        wire = self.wire()
        wire.send_bytes(b"".join(raw))
        self.assertEqual(wire.goaway(), code)

    def raw(self, kind, flags, stream, payload, length=None):
        size = len(payload) if length is None else length
        return struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def test_data_on_stream_zero(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(0, 0, 0, b"x"))

    def test_data_on_an_idle_stream(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(0, 0, 5, b"x"))

    def test_headers_on_an_even_stream(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(1, 4, 2, Encoder().encode(request_headers())))

    def test_frame_larger_than_allowed(self):
        self.expect_goaway(FRAME_SIZE_ERROR, self.raw(0, 0, 1, b"x" * 16385))

    def test_settings_of_odd_length(self):
        self.expect_goaway(FRAME_SIZE_ERROR, self.raw(4, 0, 0, b"12345"))

    def test_ping_of_wrong_length(self):
        self.expect_goaway(FRAME_SIZE_ERROR, self.raw(6, 0, 0, b"1234567"))

    def test_window_update_of_zero(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(8, 0, 0, b"\0\0\0\0"))

    def test_settings_with_a_bad_window(self):
        self.expect_goaway(FLOW_CONTROL_ERROR, self.raw(4, 0, 0, struct.pack(">HI", 4, 0x80000000)))

    def test_bad_header_compression(self):
        self.expect_goaway(COMPRESSION_ERROR, self.raw(1, 5, 1, b"\xff\xff\xff\xff\xff\xff\xff"))

    def test_padding_longer_than_the_frame(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(1, 0xC, 1, b"\xff" + Encoder().encode(request_headers())))

    def test_continuation_out_of_the_blue(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(9, 4, 1, b"abc"))

    def test_other_frame_between_headers_and_continuation(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(), end_headers=False), PingFrame(opaque_data=b"12345678"))
        self.assertEqual(wire.goaway(), PROTOCOL_ERROR)

    def test_push_promise_from_a_client(self):
        self.expect_goaway(PROTOCOL_ERROR, self.raw(5, 4, 1, b"\0\0\0\2" + Encoder().encode(request_headers())))

    def test_window_overflow_of_the_connection(self):
        self.expect_goaway(FLOW_CONTROL_ERROR, self.raw(8, 0, 0, b"\x7f\xff\xff\xff") * 2)

    def test_window_overflow_of_a_stream(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(UNARY_CALL)))
        wire.send_bytes(self.raw(8, 0, 1, b"\x7f\xff\xff\xff") * 2)
        wire.answer(1)
        self.assertEqual((type(wire.last), wire.last.error_code), (RstStreamFrame, FLOW_CONTROL_ERROR))
        self.check_alive(wire, 3)

    def test_data_beyond_the_window(self):
        """A method that takes its time: the client goes on after its window is used up."""
        wire = self.wire()
        wire.send(wire.headers(1, request_headers("/grpc.testing.ExtraService/SlowInput")))
        body = message(pb.StreamingInputCallRequest(payload=pb.Payload(body=b"\0" * 16000)).SerializeToString())
        for _ in range(30):
            wire.send(wire.data(1, body))
        frame = wire.read_until(lambda frame: isinstance(frame, (RstStreamFrame, GoAwayFrame)))
        self.assertEqual(frame.error_code, FLOW_CONTROL_ERROR)

    def test_unknown_frame_types_are_ignored(self):
        wire = self.wire()
        wire.send_bytes(self.raw(0x42, 0xFF, 0, b"anything") + self.raw(0x43, 0, 1, b""))
        self.check_alive(wire, 1)

    def test_upper_case_header(self):
        wire = self.wire()
        frame = HeadersFrame(1, wire.encoder.encode(request_headers()) + b"\x00\x03Bad\x01x", flags=["END_HEADERS"])
        wire.send(frame)
        wire.answer(1)
        self.assertEqual((type(wire.last), wire.last.error_code), (RstStreamFrame, PROTOCOL_ERROR))
        self.check_alive(wire, 3)

    def test_stream_reused(self):
        """Headers on a closed stream are trailers that came late, and are ignored."""
        wire = self.wire()
        self.check_alive(wire, 1)
        wire.send(wire.headers(1, request_headers(), end=True))
        self.check_alive(wire, 3)
        self.assertEqual([frame.stream_id for frame in wire.frames if isinstance(frame, HeadersFrame)], [1, 1, 3, 3])


class Requests(Hostile):
    def ask(self, fields, body=EMPTY_MESSAGE):
        wire = self.wire()
        wire.call(1, fields, body)
        answer = wire.answer(1)
        self.check_alive(wire, 3)
        return answer

    def expect(self, status, fields, body=EMPTY_MESSAGE):
        answer = self.ask(fields, body)
        self.assertEqual((answer.get(":status"), answer.get("grpc-status")), ("200", str(status.value[0])), answer)
        return answer

    def test_good_request(self):
        self.expect(grpc.StatusCode.OK, request_headers())

    def test_content_types(self):
        for text in ("application/grpc+proto", "application/grpc;charset=utf-8"):
            self.expect(grpc.StatusCode.OK, request_headers(content_type=text))
        for text in ("application/json", "application/grpc-web", "application/grpc+json", "text/html", ""):
            with self.subTest(text):
                answer = self.ask(request_headers(content_type=text))
                self.assertEqual((answer[":status"], answer.get("grpc-status")), ("415", None))
        self.assertEqual(self.ask(request_headers(drop=["content-type"]))[":status"], "415")

    def test_methods(self):
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            answer = self.ask(request_headers(__method=method))
            self.assertEqual((answer[":status"], answer["allow"]), ("405", "POST"))

    def test_te_missing(self):
        self.expect(grpc.StatusCode.INTERNAL, request_headers(drop=["te"]))

    def test_paths(self):
        for path in ("/", "/a", "//", "/grpc.testing.TestService", "/grpc.testing.TestService/", "/x/y/z", "*",
                     "/" + "a" * 3000, "/grpc.testing.TestService/EmptyCall/", "/grpc.testing.TestService/emptycall",
                     "/%s/%n", "/Grpc.testing.TestService/EmptyCall"):
            with self.subTest(path[:60]):
                answer = self.ask(request_headers(path))
                if answer:
                    self.assertEqual(answer.get("grpc-status"), "12")

    def test_timeouts(self):
        for text in ("1H", "59M", "100S", "30000m", "99999999u", "99999999n", "99999999H"):
            with self.subTest(text):
                self.expect(grpc.StatusCode.OK, request_headers(grpc_timeout=text))
        for text in ("", "1", "S", "1s", "-1S", "1.5S", "123456789S", " 1S", "1S ", "1 S", "0x1S", "1Sm"):
            with self.subTest(text):
                answer = self.ask(request_headers(grpc_timeout=text))
                # HTTP/2 itself refuses or strips white space at the ends.
                if answer and text.strip() == text:
                    self.assertEqual(answer.get("grpc-status"), "3", answer)
        self.expect(grpc.StatusCode.DEADLINE_EXCEEDED, request_headers("/grpc.testing.ExtraService/Sleep", grpc_timeout="1n"),
                    message(pb.SleepRequest(milliseconds=60000).SerializeToString()))

    def test_compressed_flag(self):
        answer = self.expect(grpc.StatusCode.UNIMPLEMENTED, request_headers(grpc_encoding="gzip"), message(b"x", flag=1))
        self.assertEqual(answer["grpc-accept-encoding"], "identity")
        self.expect(grpc.StatusCode.INTERNAL, request_headers(), message(b"x", flag=1))
        self.expect(grpc.StatusCode.INTERNAL, request_headers(grpc_encoding="identity"), message(b"x", flag=1))
        self.expect(grpc.StatusCode.OK, request_headers(grpc_encoding="gzip"), message(b""))

    def test_flag_out_of_range(self):
        self.expect(grpc.StatusCode.INTERNAL, request_headers(), message(b"x", flag=7))

    def test_truncated_message(self):
        for body in (b"\0", b"\0\0\0\0", b"\0\0\0\0\5abc", message(b"") + b"\0"):
            with self.subTest(body):
                self.expect(grpc.StatusCode.INTERNAL, request_headers(), body)

    def test_length_of_four_gigabytes(self):
        rss = self.server.rss_bytes()
        self.expect(grpc.StatusCode.RESOURCE_EXHAUSTED, request_headers(), b"\0\xff\xff\xff\xffabc")
        self.assertLess(self.server.rss_bytes() - rss, 64 * 1024 * 1024)

    def test_number_of_messages(self):
        self.expect(grpc.StatusCode.UNIMPLEMENTED, request_headers(), b"")
        self.expect(grpc.StatusCode.UNIMPLEMENTED, request_headers(), EMPTY_MESSAGE * 2)
        self.expect(grpc.StatusCode.OK, request_headers(INPUT_CALL), b"")

    def test_headers_that_end_the_stream(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(), end=True))
        self.assertEqual(wire.answer(1)["grpc-status"], "12")
        wire.send(wire.headers(3, request_headers(INPUT_CALL), end=True))
        self.assertEqual(wire.answer(3)["grpc-status"], "0")

    def test_message_cut_at_every_byte(self):
        body = message(pb.Nested(text="split", numbers=[1, 2, 3]).SerializeToString())
        wire = self.wire()
        for at in range(len(body) + 1):
            stream = 2 * at + 1
            wire.send(wire.headers(stream, request_headers(ECHO_CALL)), wire.data(stream, body[:at]),
                      wire.data(stream, body[at:], end=True))
            self.assertEqual(wire.answer(stream)["grpc-status"], "0")
        stream += 2
        wire.send(wire.headers(stream, request_headers(ECHO_CALL)))
        for byte in body:
            wire.send(wire.data(stream, bytes([byte])))
        wire.send(wire.data(stream, b"", end=True))
        self.assertEqual(wire.answer(stream)["grpc-status"], "0")

    def test_padded_frames(self):
        wire = self.wire()
        frame = DataFrame(1, EMPTY_MESSAGE, pad_length=200, flags=["PADDED", "END_STREAM"])
        wire.send(wire.headers(1, request_headers()), frame)
        self.assertEqual(wire.answer(1)["grpc-status"], "0")

    def test_invalid_text_and_depth(self):
        self.expect(grpc.StatusCode.INVALID_ARGUMENT, request_headers(ECHO_CALL), message(b"\x12\x02\xff\xfe"))
        nested = b""
        for _ in range(2000):
            nested = b"\x0a" + varint(len(nested)) + nested
        self.expect(grpc.StatusCode.INVALID_ARGUMENT, request_headers(ECHO_CALL), message(nested))

    def test_bad_binary_metadata(self):
        for text in ("!!!!", "A", "AAA=AAA=", "=" * 10):
            with self.subTest(text):
                self.expect(grpc.StatusCode.OK, request_headers(x_grpc_test_echo_trailing_bin=text))

    def test_answer_before_the_request_is_complete(self):
        """The rest of the request is not wanted: the answer is followed by RST_STREAM(NO_ERROR)."""
        wire = self.wire()
        wire.send(wire.headers(1, request_headers("/no.Service/Method")))
        self.assertEqual(wire.answer(1)["grpc-status"], "12")
        frame = wire.read_until(lambda frame: isinstance(frame, RstStreamFrame))
        self.assertEqual(frame.error_code, 0)
        wire.send(wire.data(1, b"late" * 1000, end=True))
        self.check_alive(wire, 3)

    def test_more_streams_than_allowed(self):
        wire = self.wire()
        wire.read_until(lambda frame: isinstance(frame, SettingsFrame) and "ACK" in frame.flags)
        for at in range(101):
            wire.send(wire.headers(2 * at + 1, request_headers(INPUT_CALL)))
        wire.answer(201)
        # RFC 9113, 5.1.2 asks for a stream error; nghttp2 closes the connection of who saw the limit and passes it.
        self.assertEqual((type(wire.last), wire.last.error_code), (GoAwayFrame, PROTOCOL_ERROR))

    def test_unfinished_large_messages_on_many_streams(self):
        """4 MiB less a byte on each of 100 streams would be 400 MiB: the connection may hold a few of them only."""
        rss = self.server.rss_bytes()
        wire = self.wire()
        wire.read_until(lambda frame: isinstance(frame, SettingsFrame) and "ACK" not in frame.flags)
        part = b"\0" * 16384
        refused = 0
        for at in range(24):
            stream = 2 * at + 1
            wire.send(wire.headers(stream, request_headers(UNARY_CALL)),
                      wire.data(stream, struct.pack(">BI", 0, 4194304)))
            window = 256 * 1024 - 5
            for _ in range(63):
                wire.send(wire.data(stream, part[:4096] * 4))
                window -= 16384
                if window < 16384:
                    frame = wire.read_until(lambda frame: isinstance(frame, HeadersFrame) or (
                        isinstance(frame, WindowUpdateFrame) and frame.stream_id == stream))
                    if isinstance(frame, HeadersFrame):
                        self.assertEqual(frame.fields["grpc-status"], "8")
                        refused += 1
                        break
                    window += frame.window_increment
        self.assertGreater(refused, 0)
        self.assertLess(self.server.rss_bytes() - rss, 100 * 1024 * 1024)


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


class Floods(Hostile):
    def test_headers_over_the_limit(self):
        wire = self.wire()
        fields = request_headers() + [("x-%d" % at, "y" * 100) for at in range(80)]
        wire.call(1, fields)
        self.assertEqual(wire.answer(1)["grpc-status"], "8")
        self.check_alive(wire, 3)

    def test_header_bomb(self):
        """One long value in the compression table, then one byte for each repetition."""
        wire = self.wire()
        block = wire.encoder.encode(request_headers() + [("x-bomb", "y" * 3900)]) + b"\xbe" * 12000
        wire.send(HeadersFrame(1, block, flags=["END_HEADERS"]))
        self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)

    def test_continuation_flood(self):
        for size in (0, 1, 100):
            with self.subTest(size):
                wire = self.wire()
                wire.send(wire.headers(1, request_headers(), end_headers=False))
                wire.send_bytes(ContinuationFrame(1, b"\x00\x01a\x7f\x00" * size).serialize() * 200)
                self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)

    def test_rapid_reset(self):
        wire = self.wire()
        for at in range(2000):
            stream = 2 * at + 1
            wire.send(wire.headers(stream, request_headers("/grpc.testing.ExtraService/Sleep")),
                      wire.data(stream, message(pb.SleepRequest(milliseconds=60000).SerializeToString()), end=True),
                      RstStreamFrame(stream, error_code=8))
            if wire.is_broken:
                break
        self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)

    def test_some_resets_are_fine(self):
        wire = self.wire()
        for at in range(100):
            wire.send(wire.headers(2 * at + 1, request_headers()), RstStreamFrame(2 * at + 1, error_code=8))
        self.check_alive(wire, 201)

    def flood(self, frame):
        wire = self.wire()
        wire.send_bytes(frame.serialize() * 5000)
        self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)
        # Who goes on is cut off.
        wire = self.wire()
        wire.tls.settimeout(TIMEOUT)
        data = frame.serialize() * 500
        begin = time.monotonic()
        while not wire.is_broken and time.monotonic() - begin < TIMEOUT:
            wire.send_bytes(data)
        self.assertTrue(wire.is_broken)

    def test_settings_flood(self):
        self.flood(SettingsFrame(settings={3: 100}))

    def test_ping_flood(self):
        self.flood(PingFrame(opaque_data=b"12345678"))

    def test_ping_ack_flood(self):
        self.flood(PingFrame(opaque_data=b"12345678", flags=["ACK"]))

    def test_priority_flood(self):
        self.flood(PriorityFrame(1, depends_on=0, stream_weight=1))

    def test_window_update_flood(self):
        self.flood(WindowUpdateFrame(0, window_increment=1))

    def test_unknown_frame_flood(self):
        wire = self.wire()
        wire.send_bytes(b"\0\0\0\x42\0\0\0\0\0" * 150000)
        self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)

    def test_empty_data_flood(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(INPUT_CALL)))
        wire.send_bytes(wire.data(1, b"").serialize() * 5000)
        self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)

    def test_ping_flood_without_reading(self):
        """The answers pile up in the kernel; the server stops reading instead of piling them up itself."""
        rss = self.server.rss_bytes()
        wire = self.wire()
        wire.tls.settimeout(2)
        data = PingFrame(opaque_data=b"12345678").serialize() * 1000
        for _ in range(300):
            wire.send_bytes(data)
            if wire.is_broken:
                break
        self.assertLess(self.server.rss_bytes() - rss, 32 * 1024 * 1024)

    def test_calls_without_reading_the_answers(self):
        rss = self.server.rss_bytes()
        wire = self.wire()
        wire.send(SettingsFrame(settings={4: 0}))
        body = message(pb.SimpleRequest(response_size=1000000).SerializeToString())
        for at in range(20):
            wire.call(2 * at + 1, request_headers(UNARY_CALL), body)
        wire.send(PingFrame(opaque_data=b"12345678"))
        wire.read_until(lambda frame: isinstance(frame, PingFrame) and "ACK" in frame.flags)
        self.assertLess(self.server.rss_bytes() - rss, 64 * 1024 * 1024)


class Slowness(Hostile):
    LIMITS = {"handshake_ms": 700, "request_ms": 700, "connections_per_address": 20}

    def wait_closed(self, sock):
        sock.settimeout(TIMEOUT)
        try:
            while sock.recv(65536):
                pass
        except socket.timeout:
            self.fail("the server keeps the connection")
        except OSError:
            pass

    def test_silence_instead_of_a_handshake(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as plain:
            self.wait_closed(plain)

    def test_silence_after_the_handshake(self):
        wire = self.wire(preface=None, settings=False)
        wire.goaway()

    def test_preface_byte_by_byte(self):
        wire = self.wire(preface=None, settings=False)
        for byte in PREFACE[:-1]:
            wire.send_bytes(bytes([byte]))
            time.sleep(0.02)
        wire.goaway()

    def test_headers_that_never_end(self):
        wire = self.wire()
        wire.read_until(lambda frame: isinstance(frame, SettingsFrame) and "ACK" not in frame.flags)
        wire.send(wire.headers(1, request_headers(), end_headers=False))
        self.assertEqual(wire.goaway(), ENHANCE_YOUR_CALM)

    def test_body_that_never_ends(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(UNARY_CALL)), wire.data(1, b"\0\0\0\0\x09abc"))
        self.assertEqual(wire.answer(1)["grpc-status"], "4")
        self.check_alive(wire, 3)

    def test_body_one_byte_at_a_time(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(UNARY_CALL)), wire.data(1, b"\0\0\0\x10\0"))
        wire.tls.settimeout(0.1)
        fields = {}
        begin = time.monotonic()
        while "grpc-status" not in fields and time.monotonic() - begin < TIMEOUT:
            wire.send(wire.data(1, b"x"))
            try:
                frame = wire._read()
            except AssertionError:
                continue
            if isinstance(frame, HeadersFrame):
                fields = frame.fields
        self.assertEqual(fields.get("grpc-status"), "4")

    def test_stream_of_messages_may_pause(self):
        wire = self.wire()
        wire.send(wire.headers(1, request_headers(INPUT_CALL)), wire.data(1, EMPTY_MESSAGE))
        # A later stream is timed out after this one has been quiet for longer: time passes by the server's own clock.
        wire.send(wire.headers(3, request_headers(UNARY_CALL)))
        self.assertEqual(wire.answer(3)["grpc-status"], "4")
        wire.send(wire.data(1, EMPTY_MESSAGE, end=True))
        self.assertEqual(wire.answer(1)["grpc-status"], "0")

    def test_answer_that_is_not_read(self):
        wire = self.wire()
        wire.send(SettingsFrame(settings={4: 0}))
        wire.call(1, request_headers(UNARY_CALL), message(pb.SimpleRequest(response_size=100000).SerializeToString()))
        wire.answer(1)
        self.assertEqual((type(wire.last), wire.last.error_code), (RstStreamFrame, 8))

    def test_half_open_connections_of_one_address(self):
        sockets = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(60)]
        for one in sockets:
            self.wait_closed(one)
            one.close()


class Silence(Hostile):
    LIMITS = {"keepalive_ms": 300, "keepalive_timeout_ms": 300}

    def tearDown(self):
        """Only new connections: the stock client does not answer pings at once while it has no call."""
        with self.server.channel() as channel:
            stubs.TestServiceStub(channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)

    def test_pings_are_not_answered(self):
        wire = self.wire()
        frame = wire.read_until(lambda frame: isinstance(frame, PingFrame))
        self.assertIsNotNone(frame)
        wire.goaway()

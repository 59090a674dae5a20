# SPDX-License-Identifier: Apache-2.0
"""Raw TLS with frames of its own making (RFC 9113), for clients that mean harm or are broken."""
import socket
import ssl
import struct
import unittest

from hpack import Decoder, Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

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


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


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

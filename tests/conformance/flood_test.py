# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Floods and slowness. After every case a good client is served by the same server, and the case says what the
bad one must have got."""
import socket
import time
from random import Random

from hyperframe.frame import (ContinuationFrame, HeadersFrame, PingFrame, PriorityFrame, RstStreamFrame,
                              SettingsFrame, WindowUpdateFrame)

from wire import (ECHO_CALL, EMPTY_MESSAGE, ENHANCE_YOUR_CALM, Hostile, INPUT_CALL, PREFACE, TIMEOUT, UNARY_CALL,
                  Wire, message, pb, request_headers, stubs)


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
        for _ in range(80):
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


class Noise(Hostile):
    def conversation(self, wire, random):
        """Frames of a reasonable client, some of them repeated, cut, or with bytes changed."""
        body = pb.SimpleRequest(response_size=random.randrange(100000)).SerializeToString()
        parts = []
        for at in range(random.randrange(1, 20)):
            stream = 2 * at + 1
            path = random.choice([UNARY_CALL, INPUT_CALL, ECHO_CALL, "/no/where"])
            parts += [wire.headers(stream, request_headers(path)).serialize(),
                      wire.data(stream, message(body), end=random.random() < 0.7).serialize()]
            parts += random.choices([PingFrame(opaque_data=b"12345678").serialize(),
                                     RstStreamFrame(stream, error_code=8).serialize(),
                                     WindowUpdateFrame(stream, random.randrange(1, 1 << 31)).serialize(),
                                     SettingsFrame(settings={4: random.randrange(1 << 31)}).serialize(),
                                     PriorityFrame(stream, depends_on=0, stream_weight=1).serialize(),
                                     ContinuationFrame(stream, b"").serialize(), b""], k=random.randrange(3))
        for _ in range(random.randrange(3)):
            at = random.randrange(len(parts))
            part = bytearray(parts[at])
            kind = random.randrange(4)
            if kind == 0 and part:
                part[random.randrange(len(part))] = random.randrange(256)
            elif kind == 1:
                part = part[:random.randrange(len(part) + 1)]
            elif kind == 2:
                part = part * 2
            else:
                part += bytes(random.randrange(256) for _ in range(random.randrange(20)))
            parts[at] = bytes(part)
        return b"".join(parts)

    def test_spoiled_conversations(self):
        random = Random(20)
        for _ in range(80):
            with Wire(self.server.port) as wire:
                wire.send_bytes(self.conversation(wire, random))
                if random.random() < 0.3:
                    wire.send(PingFrame(opaque_data=b"last one"))
                    wire.tls.settimeout(0.05)
                    try:
                        wire.read_until(lambda frame: False)
                    except (AssertionError, ValueError):
                        pass  # the server waits for the rest of a frame that was cut


class Slowness(Hostile):
    LIMITS = {"handshake_ms": 2000, "request_ms": 1000, "connections_per_address": 20}

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
    LIMITS = {"keepalive_ms": 300, "keepalive_timeout_ms": 2000}

    def tearDown(self):
        """Only new connections: the stock client does not answer pings at once while it has no call."""
        with self.server.channel() as channel:
            stubs.TestServiceStub(channel).EmptyCall(pb.Empty(), timeout=TIMEOUT)

    def test_pings_are_not_answered(self):
        wire = self.wire()
        frame = wire.read_until(lambda frame: isinstance(frame, PingFrame))
        self.assertIsNotNone(frame)
        wire.goaway()

# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam and a server that never stops talking: its deadline holds."""
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading
import unittest

import h2.config
import h2.connection
import h2.events
from hyperframe.frame import DataFrame

from client import Client
from fake_server import make_certificate


class FloodingServer:
    """Answers every request with response headers and then empty DATA frames for as long as the client listens."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='kam-flood-', dir='/tmp'))
        make_certificate(self.folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.folder / 'certificate.pem', self.folder / 'key.pem')
        self.context.set_alpn_protocols(['h2'])
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.flooded = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(plain,), daemon=True).start()

    def talk(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as wire:
                self.flood(wire)
        except OSError:
            pass

    def flood(self, wire):
        h2_side = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        h2_side.initiate_connection()
        wire.sendall(h2_side.data_to_send())
        while True:
            for event in h2_side.receive_data(wire.recv(65536)):
                if isinstance(event, h2.events.RequestReceived):
                    h2_side.send_headers(event.stream_id, [(':status', '200'), ('content-type', 'application/grpc')])
                    wire.sendall(h2_side.data_to_send())
                    empty = DataFrame(event.stream_id).serialize() * 5000
                    while True:
                        wire.sendall(empty)
                        self.flooded += 5000
            wire.sendall(h2_side.data_to_send())

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Flood(unittest.TestCase):
    def test_empty_frames_do_not_outlast_the_deadline(self):
        server = FloodingServer()
        self.addCleanup(server.close)
        with Client('127.0.0.1:%d' % server.listener.getsockname()[1]) as client:
            ran = client.run('account', 'list', '--timeout', '2', KAM_TOKEN='t')  # it would never come back
        self.assertEqual(ran.code, 7, ran.err)
        self.assertGreater(server.flooded, 0)


if __name__ == '__main__':
    unittest.main()

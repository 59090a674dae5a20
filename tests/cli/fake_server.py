# SPDX-License-Identifier: Apache-2.0
"""A small gRPC server whose answers a test writes itself: for what a real kamd does only on a bad day.

    with FakeServer() as server:
        server.on('AccountService/GetAccount', lambda request, context: Account(...))
        server.refuse('AccountService/ListAccounts', 14, 'the database is away', details=[...])
        server.calls    # [(path, request, metadata)]
"""
import concurrent.futures
import pathlib
import shutil
import subprocess
import tempfile

import grpc

from support import stubs


def make_certificate(folder, name='localhost'):
    """A self-signed certificate and its key, PEM."""
    key, certificate = folder / 'key.pem', folder / 'certificate.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                    '-addext', f'subjectAltName=DNS:{name},IP:127.0.0.1', '-keyout', str(key), '-out', str(certificate)],
                   check=True, capture_output=True)
    return key.read_bytes(), certificate.read_bytes()


class FakeServer(grpc.GenericRpcHandler):
    def __init__(self, port=0):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='kam-fake-', dir='/tmp'))
        self.key, self.certificate = make_certificate(self.folder)
        self.port = port
        self.answers = {}
        self.calls = []
        self.server = None

    def __enter__(self):
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=32), handlers=[self])
        credentials = grpc.ssl_server_credentials([(self.key, self.certificate)])
        self.port = self.server.add_secure_port(f'127.0.0.1:{self.port}', credentials)
        self.server.start()
        return self

    def __exit__(self, *unused):
        self.server.stop(0).wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def name(self):
        return f'127.0.0.1:{self.port}'

    def on(self, path, answer):
        """answer(request, context) gives the response, or aborts."""
        self.answers['/kam.v1.' + path] = answer

    def refuse(self, path, code, message, reason='', details=(), times=None, values=None):
        """The method fails; with times only so often, then it does what on() said before."""
        before = self.answers.get('/kam.v1.' + path)
        left = [times]

        def answer(request, context):
            if left[0] is not None:
                if left[0] == 0:
                    return before(request, context)
                left[0] -= 1
            status = stubs.message('google.rpc.Status')(code=code, message=message)
            if reason:
                status.details.add().Pack(stubs.message('google.rpc.ErrorInfo')(reason=reason, domain='kam.v1', metadata=values or {}))
            for detail in details:
                status.details.add().Pack(detail)
            context.set_trailing_metadata([('grpc-status-details-bin', status.SerializeToString())])
            context.abort(next(one for one in grpc.StatusCode if one.value[0] == code), message)

        self.on(path, answer)

    # ---- grpc.GenericRpcHandler

    def service(self, details):
        answer = self.answers.get(details.method)
        if answer is None:
            return None
        method = stubs.method(details.method[1:])
        metadata = {entry.key: entry.value for entry in details.invocation_metadata}

        def handle(request, context):
            self.calls.append((details.method, request, metadata))
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(handle, request_deserializer=stubs.message(method.input_type.full_name).FromString,
                                                   response_serializer=lambda message: message.SerializeToString())

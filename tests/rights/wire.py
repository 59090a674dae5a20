# SPDX-License-Identifier: Apache-2.0
"""Calls kamd through the stubs and keeps every byte that came back."""
import dataclasses
import uuid

import grpc

from support import stubs
from support.kam import PATIENCE_SECONDS


def all_methods():
    """{"AccountService/GetAccount": descriptor} of the whole contract."""
    return {f"{service.name}/{method.name}": method for service in stubs.services() for method in service.methods}


@dataclasses.dataclass
class Answer:
    code: str  # "OK", "NOT_FOUND", ...
    details: str
    message: object  # None unless OK
    bytes: bytes  # message, status text and all metadata, as they came

    def __str__(self):
        return f"{self.code} ({self.details})" if self.details else self.code


class Wire:
    def __init__(self, kamd):
        self.channel = kamd.channel()
        self.methods = all_methods()

    def request(self, name, fields):
        return stubs.message(self.methods[name].input_type.full_name)(**fields)

    def start(self, name, fields, token=None, request_id=None):
        """Begins a call; finish() waits for it."""
        invoke = self.channel.unary_stream if self.methods[name].server_streaming else self.channel.unary_unary
        stub = invoke(f"/kam.v1.{name}", request_serializer=lambda message: message.SerializeToString())
        metadata = [("kam-request-id", request_id or str(uuid.uuid4()))]
        if token is not None:
            metadata.append(("authorization", f"Bearer {token}"))
        if self.methods[name].server_streaming:
            return name, stub(self.request(name, fields), metadata=metadata, timeout=PATIENCE_SECONDS)
        return name, stub.future(self.request(name, fields), metadata=metadata, timeout=PATIENCE_SECONDS)

    def finish(self, started):
        name, call = started
        if self.methods[name].server_streaming:
            return self.finish_stream(name, call)
        payload = call.result() if call.exception() is None else b""
        parts = [payload, (call.details() or "").encode()]
        for key, value in [*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())]:
            parts += [key.encode(), value if isinstance(value, bytes) else value.encode()]
        message = None
        if call.code() is grpc.StatusCode.OK:
            message = stubs.message(self.methods[name].output_type.full_name).FromString(payload)
        return Answer(call.code().name, call.details() or "", message, b"\0".join(parts))

    def finish_stream(self, name, call):
        """What a stream says until it has nothing more to say, as one message."""
        message, parts, code, details = stubs.message(self.methods[name].output_type.full_name)(), [], "OK", ""
        try:
            for payload in call:
                message.MergeFromString(payload)
                parts.append(payload)
                if message.is_current:
                    break
            metadata = [*(call.initial_metadata() or ())]
            call.cancel()
        except grpc.RpcError as error:
            code, details = error.code().name, error.details() or ""
            metadata = [*(error.initial_metadata() or ()), *(error.trailing_metadata() or ())]
        parts.append(details.encode())
        for key, value in metadata:
            parts += [key.encode(), value if isinstance(value, bytes) else value.encode()]
        return Answer(code, details, message if code == "OK" else None, b"\0".join(parts))

    def call(self, name, fields, token=None, request_id=None):
        return self.finish(self.start(name, fields, token, request_id))

    def get(self, name, fields, token):
        """The message of a call that must succeed."""
        answer = self.call(name, fields, token)
        if answer.code != "OK":
            raise AssertionError(f"{name} {fields} gave {answer}")
        return answer.message

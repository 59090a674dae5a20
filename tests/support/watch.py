# SPDX-License-Identifier: Apache-2.0
"""A stream of WatchService/Watch, read by a thread of its own.

    with Watcher(caller) as watcher:
        watcher.wait_for(lambda: watcher.saw(account.id))
"""
import threading

import grpc

from support import stubs
from support.kam import Refused, wait_for

PATH = '/kam.v1.WatchService/Watch'


class Watcher:
    def __init__(self, caller, cursor='', reads=True):
        request = stubs.message('kam.v1.WatchRequest')(cursor=cursor)
        invoke = caller.channel.unary_stream(PATH, request_serializer=lambda one: one.SerializeToString(),
                                             response_deserializer=stubs.message('kam.v1.WatchResponse').FromString)
        self.stream = invoke(request, metadata=[('authorization', f'Bearer {caller.token}')] if caller.token else [])
        self.messages = []
        self.changes = []   # (entity, record id, version, operation), in the order they came
        self.cursor = cursor
        self.refused = None
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.is_reading = reads
        if reads:
            self.thread.start()

    def begin_to_read(self):
        self.is_reading = True
        self.thread.start()

    def read(self):
        try:
            for message in self.stream:
                self.messages.append(message)
                self.changes.extend(message.changes)
                self.cursor = message.cursor
        except grpc.RpcError as error:
            self.refused = Refused(error)

    def __enter__(self):
        return self.wait_begun()

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.stream.cancel()
        if self.is_reading:
            self.thread.join()

    def wait_begun(self):
        """Until it has said where it is: what is committed from now on it tells."""
        self.wait_for(lambda: self.messages and self.messages[-1].is_current)
        return self

    def wait_for(self, condition, what='the stream to tell'):
        def met():
            if self.refused is not None:
                raise self.refused
            return condition()
        return wait_for(met, what)

    def wait_end(self):
        """The Refused that it ended with."""
        wait_for(lambda: not self.thread.is_alive(), 'the stream to end')
        return self.refused

    def told(self, record_id=None, entity=None):
        return [change for change in list(self.changes) if record_id in (None, change.record_id) and entity in (None, change.entity)]

    def wait_told(self, record_id, version=None):
        """The change of the record (to that version), when it was told."""
        def find():
            return next((change for change in self.told(record_id) if version in (None, change.version)), None)
        return self.wait_for(find, f'{record_id} to be told')

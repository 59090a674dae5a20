# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The standard services: grpc.health.v1, grpc.reflection.v1 and v1alpha."""
import queue
import signal
import unittest

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool

import harness
from stubs.health.v1 import health_pb2, health_pb2_grpc
from stubs.reflection.v1 import reflection_pb2, reflection_pb2_grpc
from stubs.reflection.v1alpha import reflection_pb2 as alpha_pb2
from stubs.reflection.v1alpha import reflection_pb2_grpc as alpha_pb2_grpc

TIMEOUT = 60
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class Health(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server()
        self.addCleanup(self.server.stop)
        channel = self.server.channel()
        self.addCleanup(channel.close)
        self.stub = health_pb2_grpc.HealthStub(channel)

    def check(self, service):
        return self.stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT).status

    def watch(self, service):
        call = self.stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT)
        self.addCleanup(call.cancel)
        return call

    def test_check(self):
        for service in ("", "grpc.testing.TestService", "grpc.health.v1.Health"):
            self.assertEqual(self.check(service), SERVING)
        with self.assertRaises(grpc.RpcError) as caught:
            self.check("no.such.Service")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_watch_tells_changes(self):
        call = self.watch("grpc.testing.TestService")
        other = self.watch("")
        self.assertEqual(next(call).status, SERVING)
        self.assertEqual(next(other).status, SERVING)
        self.server.signal(signal.SIGUSR2)
        self.assertEqual(next(call).status, NOT_SERVING)
        self.assertEqual(self.check("grpc.testing.TestService"), NOT_SERVING)
        self.assertEqual(self.check(""), SERVING)
        self.server.signal(signal.SIGUSR2)
        self.assertEqual(next(call).status, SERVING)

    def test_watch_of_an_unknown_service_goes_on(self):
        self.assertEqual(next(self.watch("no.such.Service")).status, SERVICE_UNKNOWN)

    def test_watch_ends_when_the_server_drains(self):
        call = self.watch("")
        self.assertEqual(next(call).status, SERVING)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(next(call).status, NOT_SERVING)
        with self.assertRaises(grpc.RpcError) as caught:
            next(call)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)


class Reflection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server()
        cls.channel = cls.server.channel()

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.stop()

    VERSIONS = ((reflection_pb2, reflection_pb2_grpc), (alpha_pb2, alpha_pb2_grpc))

    def ask(self, version, *requests):
        messages, grpc_stubs = version
        stub = grpc_stubs.ServerReflectionStub(self.channel)
        call = stub.ServerReflectionInfo((messages.ServerReflectionRequest(**request) for request in requests),
                                         timeout=TIMEOUT)
        return list(call)

    def files(self, response):
        return [descriptor_pb2.FileDescriptorProto.FromString(data)
                for data in response.file_descriptor_response.file_descriptor_proto]

    def test_list_services(self):
        for version in self.VERSIONS:
            response, = self.ask(version, {"list_services": "", "host": "here"})
            names = [service.name for service in response.list_services_response.service]
            self.assertEqual(names, sorted(names))
            for name in ("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                         "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"):
                self.assertIn(name, names)
            self.assertEqual(response.valid_host, "here")
            self.assertEqual(response.original_request.host, "here")

    def test_file_by_name_comes_with_its_imports_once(self):
        for version in self.VERSIONS:
            first, second = self.ask(version, {"file_by_filename": "google/rpc/error_details.proto"},
                                     {"file_by_filename": "google/rpc/error_details.proto"})
            self.assertEqual([file.name for file in self.files(first)],
                             ["google/rpc/error_details.proto", "google/protobuf/duration.proto"])
            self.assertEqual([file.name for file in self.files(second)], ["google/rpc/error_details.proto"])

    def test_file_by_symbol(self):
        for symbol in ("grpc.health.v1.Health", "grpc.health.v1.Health.Check", "grpc.health.v1.HealthCheckResponse",
                       "grpc.health.v1.HealthCheckResponse.ServingStatus"):
            with self.subTest(symbol):
                response, = self.ask(self.VERSIONS[0], {"file_containing_symbol": symbol})
                self.assertEqual(self.files(response)[0].name, "grpc/health/v1/health.proto")

    def test_descriptors_are_complete(self):
        """A tool that knows nothing builds the whole service from what it gets."""
        response, = self.ask(self.VERSIONS[1], {"file_containing_symbol": "grpc.health.v1.Health"})
        pool = descriptor_pool.DescriptorPool()
        for file in reversed(self.files(response)):
            pool.Add(file)
        service = pool.FindServiceByName("grpc.health.v1.Health")
        self.assertEqual([method.name for method in service.methods], ["Check", "Watch"])

    def test_unknown_names_are_answered(self):
        for request in ({"file_by_filename": "no.proto"}, {"file_containing_symbol": "no.Symbol"},
                        {"all_extension_numbers_of_type": "no.Type"},
                        {"file_containing_extension": reflection_pb2.ExtensionRequest(
                            containing_type="google.protobuf.FieldOptions", extension_number=4711)}):
            with self.subTest(str(request)):
                response, = self.ask(self.VERSIONS[0], request)
                self.assertEqual(response.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])
                self.assertTrue(response.error_response.error_message)

    def test_empty_request_is_answered(self):
        response, = self.ask(self.VERSIONS[0], {})
        self.assertEqual(response.error_response.error_code, grpc.StatusCode.INVALID_ARGUMENT.value[0])

    def test_extensions(self):
        numbers, = self.ask(self.VERSIONS[0], {"all_extension_numbers_of_type": "google.protobuf.FieldOptions"})
        found = list(numbers.all_extension_numbers_response.extension_number)
        self.assertTrue(found)
        response, = self.ask(self.VERSIONS[0], {"file_containing_extension": reflection_pb2.ExtensionRequest(
            containing_type="google.protobuf.FieldOptions", extension_number=found[0])})
        self.assertIn("kam.v1", self.files(response)[0].package)

    def test_ping_pong(self):
        requests = queue.Queue()
        call = reflection_pb2_grpc.ServerReflectionStub(self.channel).ServerReflectionInfo(iter(requests.get, None),
                                                                                          timeout=TIMEOUT)
        for _ in range(20):
            requests.put(reflection_pb2.ServerReflectionRequest(list_services=""))
            self.assertTrue(next(call).list_services_response.service)
        requests.put(None)
        self.assertEqual(list(call), [])

    def test_asking_without_reading(self):
        """Thousands of answers nobody takes at first: the server holds the client back, and loses none."""
        request = {"file_by_filename": "google/protobuf/descriptor.proto"}
        self.assertEqual(len(self.ask(self.VERSIONS[0], *[request] * 500)), 500)

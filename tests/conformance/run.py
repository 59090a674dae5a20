#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the conformance suites against a build. usage: run.py BUILD_DIRECTORY [unittest selection, such as interop_test.Interop.test_x]"""
import importlib
import sys
import unittest

import harness

SUITES = ["interop_test", "limits_test", "lifecycle_test", "services_test", "hostile_test", "flood_test"]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    harness.prepare(sys.argv[1])
    try:
        loader = unittest.TestLoader()
        suite = unittest.TestSuite()
        for name in sys.argv[2:] or SUITES:
            importlib.import_module(name.split(".")[0])
            suite.addTests(loader.loadTestsFromName(name))
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    finally:
        harness.cleanup()
    sys.exit(0 if result.wasSuccessful() else 1)


main()

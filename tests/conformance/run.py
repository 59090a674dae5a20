#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the conformance suites against one build.

usage: run.py BUILD_DIRECTORY [SELECTION ...]     a selection is one of unittest: interop_test.Interop.test_empty_unary
"""
import os
import sys
import unittest

SUITES = ["interop_test", "limits_test", "lifecycle_test", "services_test", "hostile_test", "flood_test"]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.environ["KAM_BUILD"] = sys.argv[1]
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[2:] or SUITES)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


main()

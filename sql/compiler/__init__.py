# SPDX-License-Identifier: Apache-2.0
"""The parts of sql/compile.py: see docs/methods.md for what they read."""

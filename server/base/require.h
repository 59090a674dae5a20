// SPDX-License-Identifier: Apache-2.0
// Broken invariants end the process, in release builds too: a server that no longer knows its own state must not
// answer.
#ifndef KAM_BASE_REQUIRE_H
#define KAM_BASE_REQUIRE_H

// Prints the condition with its place to stderr and aborts. Never returns.
_Noreturn void require_failed(const char *condition, const char *file, int line);

#define REQUIRE(condition) ((condition) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For test programs that load the data plane once and run many claims: each claim is a function whose name is a sentence.
 * Prints TAP lines and `N passed, N failed`; the exit status is 1 if any failed.
 */
#ifndef FB_TESTS_CASES_H
#define FB_TESTS_CASES_H

#include <stdio.h>

struct cases {
	unsigned int passed, failed;
	unsigned int broken; /* checks that failed in the running case */
};

extern struct cases cases;

#define CHECK(cond, ...)                                                  \
	do {                                                              \
		if (!(cond)) {                                            \
			cases.broken++;                                   \
			printf("# %s:%d: %s", __FILE__, __LINE__, #cond); \
			printf("  -- " __VA_ARGS__);                      \
			printf("\n");                                     \
		}                                                         \
	} while (0)

#define RUN_CASE(fn, ...)                                                                               \
	do {                                                                                            \
		cases.broken = 0;                                                                       \
		fn(__VA_ARGS__);                                                                        \
		if (cases.broken)                                                                       \
			cases.failed++;                                                                 \
		else                                                                                    \
			cases.passed++;                                                                 \
		printf("%sok %u - %s\n", cases.broken ? "not " : "", cases.passed + cases.failed, #fn); \
		fflush(stdout);                                                                         \
	} while (0)

#define CASES_END() (printf("%u passed, %u failed\n", cases.passed, cases.failed), cases.failed != 0)

#endif

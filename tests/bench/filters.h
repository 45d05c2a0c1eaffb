/* SPDX-License-Identifier: GPL-2.0-only */
/* ClassBench filter sets, as the generator of policies reads them. */
#ifndef FB_TESTS_BENCH_FILTERS_H
#define FB_TESTS_BENCH_FILTERS_H

#include <linux/types.h>

#include "base/vec.h"

enum { PROTO_ANY = 256 };

struct side {
	__u32 addr;
	unsigned int len;
};
struct rule {
	struct side src, dst;
	unsigned int sport[2], dport[2], proto; /* a number of 8 bits, or PROTO_ANY */
};
struct rules FB_VEC(struct rule);

/*
 * One filter a line: `@src/len dst/len lo : hi lo : hi proto/mask [flags/mask]`; blank lines and comments (#) are skipped. Whatever else a line
 * says ends the program with file, line and value, since a set of which a part is left out measures another set.
 */
void filters_read(const char *path, struct rules *ret);

#endif

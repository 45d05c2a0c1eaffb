// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_miss: what this machine takes for a line that is in no cache, in ns: dependent loads, at random over as much memory as a million flows have, in pages of 4 KiB
 * as the kernel's maps have. Rows that touch many flows cannot be better than this, since a packet cannot go on before its flow has come.
 *
 * Prints: median, quarter, three quarters.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include "engine.h"

enum { LINE = 64, LOADS = 200000, SAMPLES = 15 };
static const size_t bytes = 128u << 20, lines = (128u << 20) / LINE;

/* One cycle through all lines (Sattolo, 1986): each holds the number of the next. */
static void link_lines(char *memory)
{
	uint64_t state = 88172645463325252ull;

	for (size_t i = 0; i < lines; i++)
		*(uint32_t *)(memory + i * LINE) = (uint32_t)i;
	for (size_t i = lines - 1; i > 0; i--) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		uint32_t *a = (uint32_t *)(memory + i * LINE),
			 *b = (uint32_t *)(memory + (state >> 16) % i * LINE);
		uint32_t was = *a;

		*a = *b;
		*b = was;
	}
}

int main(void)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sample ns = { 0 };
	volatile uint32_t at = 0;

	if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE))
		engine_die("128 MiB of memory: %m");
	link_lines(memory);
	for (int s = 0; s < SAMPLES; s++) {
		double start = seconds_now();
		uint32_t i = at;

		for (int n = 0; n < LOADS; n++)
			i = *(uint32_t *)(memory + (size_t)i * LINE);
		at = i;
		sample_add(&ns, (seconds_now() - start) * 1e9 / LOADS);
	}
	printf("%.1f\t%.1f\t%.1f\n", sample_quantile(&ns, 0.5), sample_quantile(&ns, 0.25),
	       sample_quantile(&ns, 0.75));
	sample_done(&ns);
	return 0;
}

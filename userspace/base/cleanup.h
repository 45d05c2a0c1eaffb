/* SPDX-License-Identifier: GPL-2.0-only */
/* Owning locals: declare with the attribute and an initialiser; leave a function with FB_STEAL. */
#ifndef FB_BASE_CLEANUP_H
#define FB_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FB_CLEANUP(fn) __attribute__((cleanup(fn)))
#define FB_STEAL(p)                        \
	({                                 \
		__auto_type stolen_ = (p); \
		(p) = NULL;                \
		stolen_;                   \
	})
#define FB_STEAL_FD(fd)             \
	({                          \
		int stolen_ = (fd); \
		(fd) = -1;          \
		stolen_;            \
	})

static inline void fb_cleanup_free(void *p)
{
	free(*(void **)p);
}
static inline void fb_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void fb_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}
#define fb_autofree   FB_CLEANUP(fb_cleanup_free)
#define fb_autoclose  FB_CLEANUP(fb_cleanup_close)
#define fb_autofclose FB_CLEANUP(fb_cleanup_fclose)

#define FB_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif

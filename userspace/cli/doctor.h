/* SPDX-License-Identifier: GPL-2.0-only */
/* The findings of `doctor`: what was looked at, how it is, and what to do about it. */
#ifndef FB_CLI_DOCTOR_H
#define FB_CLI_DOCTOR_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/vec.h"

enum fb_health { FB_HEALTH_OK, FB_HEALTH_WARN, FB_HEALTH_FAIL };

struct fb_finding {
	enum fb_health health;
	char *what, *state, *advice; /* advice "" = none */
};
struct fb_findings {
	struct FB_VEC(struct fb_finding) v;
	enum fb_health worst;
	unsigned int ours,
		unknown; /* interfaces with firebreak's program, and with one that only root can tell */
};

/* fmt makes the state; advice may be NULL. */
void fb_finding_add(struct fb_findings *list, enum fb_health health, const char *what, const char *advice,
		    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void fb_findings_done(struct fb_findings *list);

/* "6.1.0-18-amd64" against a floor; false if it cannot be read. */
bool fb_kernel_at_least(const char *release, unsigned int major, unsigned int minor);

/* The checks, host and interfaces (doctor_host.c, doctor_iface.c). */
void fb_doctor_host(struct fb_findings *list);
struct fb_doctor_port {
	const char *name;
	bool trunk;	  /* the policy has zones on its tags */
	const char *wire; /* the other end of its wire, NULL = routed */
};
/* Reads the host once for all of them. */
void fb_doctor_ifaces(struct fb_findings *list, const struct fb_doctor_port *ports, size_t n);

#endif

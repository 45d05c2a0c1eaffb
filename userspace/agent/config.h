/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What firebreakd is told: options on the command line, and the same names in a file of `name value` lines.
 */
#ifndef FB_AGENT_CONFIG_H
#define FB_AGENT_CONFIG_H

#include <stdbool.h>

#include "base/error.h"
#include "base/vec.h"
#include "dataplane/dataplane.h"

#define FB_CONFIG_FILE "/etc/firebreak/firebreakd.conf"

struct fb_agent_config {
	char *file;		   /* FB_CONFIG_FILE unless told; only that one may be missing */
	char *run_dir;		   /* /run/firebreak */
	char *state_dir;	   /* /var/lib/firebreak */
	char *metrics;		   /* 127.0.0.1:9456; "off" = NULL */
	unsigned int flow_buckets; /* 0 = by memory */
	struct FB_VEC(char *)
		management; /* names of interfaces, NULL-terminated once fb_config_load returned */
	struct fb_rescue rescue;
	char *groups[3]; /* Unix groups of viewers, operators, admins */
	bool generic, large_image, keep_privileges;
	bool allow_lockout, unload, guard, version, help; /* on the command line only */
	bool file_wrong; /* fb_config_load failed by the file, and what else it says is here */
};

/*
 * Defaults, then the file, then the command line. Negative: which option is wrong and how. Nothing is read but the command line if that
 * is wrong, or asks for nothing but a text.
 */
int fb_config_load(int argc, char **argv, struct fb_agent_config *ret, struct fb_error *err);
/* The lines of a configuration file, also those behind one that is wrong; path is for the message, which names the first. */
int fb_config_parse(struct fb_agent_config *config, const char *path, const char *text, struct fb_error *err);
void fb_config_init(struct fb_agent_config *config);
void fb_config_done(struct fb_agent_config *config);
/* The usage text, made from the table of options; the caller frees it. */
char *fb_config_usage(void);

#endif

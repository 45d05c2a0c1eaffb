/* SPDX-License-Identifier: GPL-2.0-only */
/* What the table of verbs runs; each returns an enum fb_exit. */
#ifndef FB_CLI_VERBS_H
#define FB_CLI_VERBS_H

#include "cli/command.h"

int fb_cmd_init(const struct fb_call *call);
int fb_cmd_check(const struct fb_call *call);
int fb_cmd_fmt(const struct fb_call *call);
int fb_cmd_plan(const struct fb_call *call);
int fb_cmd_apply(const struct fb_call *call);
int fb_cmd_confirm(const struct fb_call *call);
int fb_cmd_rollback(const struct fb_call *call);
int fb_cmd_history(const struct fb_call *call);
/* history --access; an enum fb_exit. */
int fb_history_of_access(const struct fb_call *call, const char *name);
int fb_cmd_audit(const struct fb_call *call);
int fb_cmd_export(const struct fb_call *call);
int fb_cmd_import(const struct fb_call *call);
int fb_cmd_status(const struct fb_call *call);
int fb_cmd_top(const struct fb_call *call);
int fb_cmd_zones(const struct fb_call *call);
int fb_cmd_rules(const struct fb_call *call);
int fb_cmd_drops(const struct fb_call *call);
int fb_cmd_flows(const struct fb_call *call);
int fb_cmd_device(const struct fb_call *call);
int fb_cmd_devices(const struct fb_call *call);
int fb_cmd_events(const struct fb_call *call);
int fb_cmd_drops_by(const struct fb_call *call, const char *by);
int fb_cmd_why(const struct fb_call *call);
int fb_cmd_suggest(const struct fb_call *call);
int fb_cmd_explain(const struct fb_call *call);
int fb_cmd_matrix(const struct fb_call *call);
int fb_cmd_paths(const struct fb_call *call);
int fb_cmd_reach(const struct fb_call *call);
int fb_cmd_report(const struct fb_call *call);
int fb_cmd_snapshot(const struct fb_call *call);
int fb_cmd_open(const struct fb_call *call);
int fb_cmd_close(const struct fb_call *call);
int fb_cmd_isolate(const struct fb_call *call);
int fb_cmd_quarantine(const struct fb_call *call);
int fb_cmd_release(const struct fb_call *call);
int fb_cmd_end(const struct fb_call *call);
int fb_cmd_doctor(const struct fb_call *call);
int fb_cmd_completion(const struct fb_call *call);
int fb_cmd_help(const struct fb_call *call);
int fb_cmd_version(const struct fb_call *call);

#endif

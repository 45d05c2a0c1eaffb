// SPDX-License-Identifier: GPL-2.0-only
#include "agent/config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include <firebreak_abi.h>

#include "base/cleanup.h"
#include "base/inet.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "ctl/server.h"

typedef int fb_set(struct fb_agent_config *config, const char *value, struct fb_error *err);

static void keep(char **place, const char *value)
{
	free(*place);
	*place = strdup(value);
	if (!*place)
		abort();
}

static int set_path(char **place, const char *value, struct fb_error *err)
{
	if (value[0] != '/')
		return fb_error_set(err, -EINVAL, "%s: must be an absolute path", value);
	keep(place, value);
	return 0;
}

static int set_file(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	keep(&config->file, value);
	return 0;
}

static int set_run_dir(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_path(&config->run_dir, value, err);
}

static int set_state_dir(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_path(&config->state_dir, value, err);
}

static int set_metrics(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	if (strcmp(value, "off") != 0) {
		keep(&config->metrics, value);
		return fb_ctl_check_loopback(value, err);
	}
	free(config->metrics);
	config->metrics = NULL;
	return 0;
}

static int set_flows(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	char *rest;
	unsigned long long flows = strtoull(value, &rest, 10), max = (1ull << 20) * FB_FLOW_WAYS;

	if (!isdigit((unsigned char)*value) || *rest || flows < 1024 || flows > max)
		return fb_error_set(err, -EINVAL, "%s: must be a number of flows from 1024 to %llu", value,
				    max);
	config->flow_buckets = 1024 / FB_FLOW_WAYS;
	while ((unsigned long long)config->flow_buckets * FB_FLOW_WAYS < flows)
		config->flow_buckets *= 2;
	return 0;
}

static int set_management(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	if (!*value || strlen(value) >= IF_NAMESIZE)
		return fb_error_set(err, -EINVAL, "%s: is no interface name", value);
	fb_vec_add(&config->management, NULL);
	keep(&config->management.v[config->management.n - 1], value);
	return 0;
}

/* The group need not exist: then nobody beside root has the role. */
static int set_group(char **place, const char *value, struct fb_error *err)
{
	if (!*value || strpbrk(value, ":, \t"))
		return fb_error_set(err, -EINVAL, "%s: is no name of a group", value);
	keep(place, value);
	return 0;
}

static int set_viewers(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_group(&config->groups[0], value, err);
}

static int set_operators(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_group(&config->groups[1], value, err);
}

static int set_admins(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_group(&config->groups[2], value, err);
}

/* "IF PREFIX PORT". */
static int set_rescue(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	static const char form[] = "must be an interface, a prefix and a TCP port: \"eth0 10.99.0.0/24 22\"";
	struct fb_rescue rescue = { 0 };
	char *rest, more;
	const char *slash;
	struct fb_range range;
	unsigned int port, len;

	if (sscanf(value, "%15s %63s %u %c", rescue.interface, rescue.prefix, &port, &more) != 3 ||
	    port == 0 || port > 65535)
		return fb_error_set(err, -EINVAL, "%s: %s", value, form);
	slash = strchrnul(rescue.prefix, '/');
	if (fb_ip_parse(rescue.prefix, (size_t)(slash - rescue.prefix), &rescue.family, &range.first))
		return fb_error_set(err, -EINVAL, "%s: %s is no address; it %s", value, rescue.prefix, form);
	rescue.port = (unsigned short)port;
	len = rescue.family == 4 ? 32 : 128;
	if (*slash && (!isdigit((unsigned char)slash[1]) || strtoul(slash + 1, &rest, 10) > len || *rest))
		return fb_error_set(err, -EINVAL, "%s: %s is no length of a prefix", value, slash);
	if (*slash)
		len = (unsigned int)strtoul(slash + 1, NULL, 10);
	range.last = fb_ip_last(rescue.family, range.first, len);
	if (!fb_range_prefix(rescue.family, range, &len))
		return fb_error_set(err, -EINVAL, "%s: %s has bits beyond its length", value, rescue.prefix);
	config->rescue = rescue;
	return 0;
}

/* On the command line a switch has no value. */
static int set_switch(bool *place, const char *value, struct fb_error *err)
{
	if (value && strcasecmp(value, "yes") && strcasecmp(value, "no"))
		return fb_error_set(err, -EINVAL, "%s: must be yes or no", value);
	*place = !value || !strcasecmp(value, "yes");
	return 0;
}

static int set_generic(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->generic, value, err);
}

static int set_large_image(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->large_image, value, err);
}

static int set_keep_privileges(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->keep_privileges, value, err);
}

static int set_allow_lockout(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->allow_lockout, value, err);
}

static int set_unload(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->unload, value, err);
}

static int set_guard(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->guard, value, err);
}

static int set_version(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->version, value, err);
}

static int set_help(struct fb_agent_config *config, const char *value, struct fb_error *err)
{
	return set_switch(&config->help, value, err);
}

static const struct {
	const char *name, *value; /* value NULL = a switch */
	bool in_file;
	fb_set *set;
	const char *text;
} options[] = {
	{ "config", "FILE", false, set_file,
	  "lines of \"name value\" with these names (" FB_CONFIG_FILE ")" },
	{ "run-dir", "DIR", true, set_run_dir, "control socket and pins (/run/firebreak)" },
	{ "state-dir", "DIR", true, set_state_dir, "stored generations (/var/lib/firebreak)" },
	{ "flows", "N", true, set_flows, "room in the flow table (by memory: 256 K on 1 GiB)" },
	{ "metrics", "ADDR:PORT", true, set_metrics,
	  "where /metrics is served, on loopback (127.0.0.1:9456), or off" },
	{ "management", "IF", true, set_management,
	  "an interface beside the policy from which this host may be reached; repeatable" },
	{ "rescue", "ACCESS", true, set_rescue,
	  "\"IF PREFIX PORT\": from there, while no policy is in force" },
	{ "allow-lockout", NULL, false, set_allow_lockout,
	  "start without a policy, also if that ends the ssh session that this is typed in" },
	{ "viewers", "GROUP", true, set_viewers, "who may look and ask (firebreak)" },
	{ "operators", "GROUP", true, set_operators, "who may also cut and open (firebreak-operator)" },
	{ "admins", "GROUP", true, set_admins, "who may also apply (firebreak-admin)" },
	{ "generic", NULL, true, set_generic, "allow generic XDP where a driver has no native mode (slow)" },
	{ "large-image", NULL, true, set_large_image, "room for a policy of 64 MiB, not 16" },
	{ "no-drop-privileges", NULL, true, set_keep_privileges, "keep all capabilities after the start" },
	{ "unload", NULL, false, set_unload, "detach and remove everything, then exit: the host is open" },
	{ "guard", NULL, false, set_guard, "close the host if it has no guard yet, then exit" },
	{ "version", NULL, false, set_version, "print the version" },
	{ "help", NULL, false, set_help, "print this" },
};

char *fb_config_usage(void)
{
	struct fb_strbuf out = { 0 };

	fb_strbuf_add(&out, "usage: firebreakd [option...]\n");
	for (size_t i = 0; i < FB_ARRAY_SIZE(options); i++) {
		char name[48];

		snprintf(name, sizeof(name), "--%s%s%s", options[i].name, options[i].value ? " " : "",
			 options[i].value ? options[i].value : "");
		fb_strbuf_addf(&out, "  %-22s  %s\n", name, options[i].text);
	}
	return fb_strbuf_steal(&out);
}

void fb_config_init(struct fb_agent_config *config)
{
	*config = (struct fb_agent_config){ 0 };
	keep(&config->file, FB_CONFIG_FILE);
	keep(&config->run_dir, "/run/firebreak");
	keep(&config->state_dir, "/var/lib/firebreak");
	keep(&config->metrics, "127.0.0.1:9456");
	keep(&config->groups[0], "firebreak");
	keep(&config->groups[1], "firebreak-operator");
	keep(&config->groups[2], "firebreak-admin");
}

void fb_config_done(struct fb_agent_config *config)
{
	free(config->file);
	free(config->run_dir);
	free(config->state_dir);
	free(config->metrics);
	for (size_t i = 0; i < FB_ARRAY_SIZE(config->groups); i++)
		free(config->groups[i]);
	for (size_t i = 0; i < config->management.n; i++)
		free(config->management.v[i]);
	fb_vec_done(&config->management);
	*config = (struct fb_agent_config){ 0 };
}

static int set_named(struct fb_agent_config *config, const char *name, const char *value,
		     struct fb_error *err)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(options); i++) {
		if (!options[i].in_file || strcmp(options[i].name, name))
			continue;
		if (options[i].value && !*value)
			return fb_error_set(err, -EINVAL, "%s: write \"%s %s\"", name, name,
					    options[i].value);
		int r = options[i].set(config, *value ? value : NULL, err);

		return r < 0 ? fb_error_prefix(err, "%s", name) : 0;
	}
	return fb_error_set(err, -EINVAL, "%s: there is no such setting", name);
}

int fb_config_parse(struct fb_agent_config *config, const char *path, const char *text, struct fb_error *err)
{
	fb_autofree char *copy = strdup(text);
	unsigned int number = 0;
	char *rest = copy, *line;
	int r = 0;

	if (!copy)
		abort();
	while ((line = strsep(&rest, "\n"))) {
		char *name, *value, *end;
		struct fb_error why = { 0 };

		number++;
		*strchrnul(line, '#') = 0;
		for (end = line + strlen(line); end > line && isspace((unsigned char)end[-1]); end--)
			end[-1] = 0;
		name = line + strspn(line, " \t");
		if (!*name)
			continue;
		value = name + strcspn(name, " \t");
		if (*value) {
			*value++ = 0;
			value += strspn(value, " \t");
		}
		if (set_named(config, name, value, &why) < 0 && r == 0) {
			*err = why;
			r = fb_error_prefix(err, "%s:%u", path, number);
		}
	}
	return r;
}

static int parse_argv(struct fb_agent_config *config, int argc, char **argv, struct fb_error *err)
{
	struct option longs[FB_ARRAY_SIZE(options) + 1] = { 0 };
	int which, c;

	for (size_t i = 0; i < FB_ARRAY_SIZE(options); i++)
		longs[i] = (struct option){ options[i].name,
					    options[i].value ? required_argument : no_argument, NULL, 1 };
	optind = 0; /* from the start, also the second time */
	while ((c = getopt_long(argc, argv, ":", longs, &which)) != -1) {
		if (c != 1)
			return fb_error_set(err, -EINVAL, "%s: %s", argv[optind - 1],
					    c == ':' ? "needs a value"
						     : "there is no such option; see --help");
		if (options[which].set(config, optarg, err) < 0)
			return fb_error_prefix(err, "--%s", options[which].name);
	}
	if (optind < argc)
		return fb_error_set(err, -EINVAL, "%s: takes options only; see --help", argv[optind]);
	return 0;
}

static int load_file(struct fb_agent_config *config, bool optional, struct fb_error *err)
{
	fb_autofree char *text = NULL;
	size_t len;
	int r = fb_io_read(config->file, 1 << 20, &text, &len, err);

	if (r == -ENOENT && optional)
		return 0;
	return r < 0 ? r : fb_config_parse(config, config->file, text, err);
}

int fb_config_load(int argc, char **argv, struct fb_agent_config *ret, struct fb_error *err)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config told = { 0 };
	struct fb_error none = { 0 };
	int r;

	fb_config_init(&told);
	fb_config_init(ret);
	r = parse_argv(&told, argc, argv, err);
	if (r < 0)
		return r;
	keep(&ret->file, told.file);
	if (!told.help && !told.version)
		r = load_file(ret, !strcmp(ret->file, FB_CONFIG_FILE), err);
	ret->file_wrong = r < 0;
	parse_argv(ret, argc, argv, &none);
	fb_vec_add(&ret->management, NULL);
	ret->management.n--;
	return r;
}

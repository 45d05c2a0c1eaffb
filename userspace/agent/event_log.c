// SPDX-License-Identifier: GPL-2.0-only
/* From records to lines: one JSON object (Elastic Common Schema) for each, and a sentence in the journal for each alarm. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include "agent/api.h"
#include "agent/events.h"
#include "base/clock.h"
#include "base/log.h"

/* Bounds on what a flood may write: so many lines a second, the same again after a minute, two files of this size. */
enum {
	LINES_A_SECOND = 100,
	ALARMS_A_SECOND = 10,
	AGAIN_SECONDS = 60,
	FILE_BYTES = 8 << 20,
	SAVE_SECONDS = 600,
	READ_MAX = 1024
};

struct writing {
	struct fb_agent *agent;
	__s64 now;
	int fd;	     /* -1 = not open */
	bool failed; /* and why is in err: nothing more is tried in this second */
	struct fb_error err;
	unsigned int lines, alarms;
	size_t due; /* records that found no room in this second */
};

static void hear(const struct fb_event *event, void *user)
{
	const struct fb_agent *agent = user;

	fb_events_note(agent->events, event, fb_clock_now());
}

static void mend_log(const struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	long long n = fb_events_mend_log(agent->config->state_dir, &err);

	if (n > 0)
		fb_log(FB_LOG_WARNING, "%s/events.log ended in a torn line: its %lld bytes are cut off",
		       agent->config->state_dir, n);
	else if (n < 0)
		fb_log(FB_LOG_WARNING, "whether the last event was written whole is not known: %s", err.text);
}

int fb_agent_events_open(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_error why = { 0 };
	int r;

	mend_log(agent);
	agent->events = fb_events_new();
	r = fb_events_load(agent->events, agent->config->state_dir, &why);
	if (r < 0 && r != -ENOENT)
		fb_log(FB_LOG_WARNING, "what was told and observed before is lost: %s", why.text);
	return fb_dataplane_events_open(agent->dp, hear, agent, &agent->reader, err);
}

void fb_agent_events_close(struct fb_agent *agent)
{
	struct fb_error err = { 0 };

	fb_dataplane_events_close(agent->reader);
	if (agent->events && agent->reader &&
	    fb_events_save(agent->events, agent->config->state_dir, &err) < 0)
		fb_log(FB_LOG_WARNING, "what was told and observed is not kept: %s", err.text);
	fb_events_free(agent->events);
	agent->events = NULL;
}

void fb_agent_events_read(struct fb_agent *agent)
{
	fb_dataplane_events_read(agent->reader, READ_MAX);
}

/* ---- one record ---- */

static void put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *endpoint(const struct fb_event_record *r, bool source)
{
	json_t *o = json_object();
	char ip[FB_INET_STRLEN], mac[FB_MAC_STRLEN];

	if (r->family || r->ethertype == 0x0806)
		put(o, "ip",
		    json_string(fb_ip_print(r->family ? r->family : 4, source ? r->src : r->dst, ip)));
	if (source)
		put(o, "mac", json_string(fb_mac_print(r->mac, mac)));
	if (r->proto == 6 || r->proto == 17 || r->proto == 132)
		put(o, "port", json_integer(source ? r->sport : r->dport));
	return o;
}

static json_t *network(const struct fb_event_record *r)
{
	static const struct {
		__u8 proto;
		const char *name;
	} known[] = { { 1, "icmp" }, { 6, "tcp" }, { 17, "udp" }, { 58, "ipv6-icmp" }, { 132, "sctp" } };
	json_t *o = json_object();
	char number[8];

	put(o, "type",
	    json_string(r->family == 4		 ? "ipv4"
			: r->family == 6	 ? "ipv6"
			: r->ethertype == 0x0806 ? "arp"
						 : "other"));
	if (r->vid)
		put(o, "vlan", json_pack("{so}", "id", json_sprintf("%u", r->vid)));
	if (!r->family)
		return o;
	snprintf(number, sizeof(number), "%u", r->proto);
	put(o, "iana_number", json_string(number));
	for (size_t i = 0; i < FB_ARRAY_SIZE(known); i++)
		if (known[i].proto == r->proto)
			put(o, "transport", json_string(known[i].name));
	return o;
}

static bool passed(const struct fb_event_record *r)
{
	return r->reason == FB_PASSED;
}

static json_t *line_of(const struct writing *w, const struct fb_event_record *r)
{
	const struct fb_agent *agent = w->agent;
	const struct fb_line *line = fb_api_line(agent, r->rule);
	const struct fb_host_link *link = fb_host_by_index(&agent->host, r->ifindex);
	char at[FB_CLOCK_STRLEN], src[16], dst[16];
	json_t *o = json_object(), *event = json_object(), *own = json_object();

	put(o, "@timestamp", json_string(fb_clock_print_utc(r->last, at)));
	put(o, "ecs", json_pack("{ss}", "version", "8.11"));
	put(event, "kind", json_string(r->alarm ? "alert" : "event"));
	put(event, "category", json_pack("[s]", "network"));
	put(event, "type", json_pack("[ss]", "connection", passed(r) ? "allowed" : "denied"));
	put(event, "action", json_string(fb_event_kind_name(r->kind)));
	put(event, "start", json_string(fb_clock_print_utc(r->first, at)));
	if (!passed(r))
		put(event, "reason",
		    json_string(fb_api_reason_name(r->reason) ? fb_api_reason_name(r->reason) : "?"));
	put(o, "event", event);
	put(o, "source", endpoint(r, true));
	put(o, "destination", endpoint(r, false));
	put(o, "network", network(r));
	put(o, "observer",
	    json_pack("{s{so s{so}} s{so}}", "ingress", "zone",
		      fb_api_text(fb_agent_zone_name(agent, r->src_zone, src)), "interface", "name",
		      fb_api_text(link ? link->name : "-"), "egress", "zone",
		      fb_api_text(fb_agent_zone_name(agent, r->dst_zone, dst))));
	if (line)
		put(o, "rule",
		    json_pack("{so so}", "id", fb_api_text(line->id), "name", fb_api_text(line->text)));
	put(own, "count", fb_api_count(r->count));
	put(own, "generation", json_integer(fb_dataplane_generation(agent->dp)));
	if (r->detail)
		put(own, "detail", json_string(fb_event_detail_name(r->detail)));
	put(o, "firebreak", own);
	return o;
}

/* A sentence for people, with the fields beside it where the journal takes them. */
static void raise_alarm(const struct writing *w, const struct fb_event_record *r)
{
	const char *what = r->detail		       ? fb_event_detail_name(r->detail)
			   : r->kind == FB_EVENT_QUOTA ? "quota reached"
						       : fb_api_reason_name(r->reason);
	const struct fb_line *line = fb_api_line(w->agent, r->rule);
	char src[FB_INET_STRLEN], dst[FB_INET_STRLEN], mac[FB_MAC_STRLEN], zs[16], zd[16], text[320];
	int family = r->family ? r->family : 4;
	const char *from = fb_agent_zone_name(w->agent, r->src_zone, zs),
		   *to = fb_agent_zone_name(w->agent, r->dst_zone, zd);

	snprintf(text, sizeof(text), "%s: %s (%s, %s) to %s (%s), port %u%s%s, seen %llu times%s", what,
		 fb_ip_print(family, r->src, src), fb_mac_print(r->mac, mac), from,
		 fb_ip_print(family, r->dst, dst), to, r->dport, line ? ", line " : "", line ? line->id : "",
		 (unsigned long long)r->count, passed(r) ? "; it passed" : "; dropped");
	if (!getenv("JOURNAL_STREAM") ||
	    sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", FB_LOG_WARNING, "SYSLOG_IDENTIFIER=firebreakd",
			    "FIREBREAK_EVENT=%s", fb_event_kind_name(r->kind), "FIREBREAK_REASON=%s",
			    fb_api_reason_name(r->reason) ? fb_api_reason_name(r->reason) : "?",
			    "FIREBREAK_DETAIL=%s", what, "FIREBREAK_SRC_ZONE=%s", from,
			    "FIREBREAK_DST_ZONE=%s", to, "FIREBREAK_SRC=%s", src, "FIREBREAK_SRC_MAC=%s", mac,
			    "FIREBREAK_DST=%s", dst, "FIREBREAK_COUNT=%llu", (unsigned long long)r->count,
			    NULL) < 0)
		fb_log(FB_LOG_WARNING, "%s", text);
}

/* ---- the file ---- */

/* Of the last line that has an end; -errno. */
static off_t end_of_lines(int fd, off_t size)
{
	char buf[4096];

	while (size > 0) {
		off_t from = size > (off_t)sizeof(buf) ? size - (off_t)sizeof(buf) : 0;
		ssize_t n = pread(fd, buf, (size_t)(size - from), from);
		const char *end;

		if (n != size - from)
			return n < 0 ? -errno : -EIO;
		end = memrchr(buf, '\n', (size_t)n);
		if (end)
			return from + (end - buf) + 1;
		size = from;
	}
	return 0;
}

long long fb_events_mend_log(const char *state_dir, struct fb_error *err)
{
	fb_autofree char *path = NULL;
	fb_autoclose int fd = -1;
	struct stat st;
	off_t end;

	if (asprintf(&path, "%s/events.log", state_dir) < 0)
		abort();
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	end = end_of_lines(fd, st.st_size);
	if (end < 0)
		return fb_error_set(err, (int)end, "%s: %s", path, strerror((int)-end));
	if (end < st.st_size && ftruncate(fd, end) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	return st.st_size - end;
}

static int open_log(const struct fb_agent *agent, struct fb_error *err)
{
	fb_autofree char *path = NULL, *old = NULL;
	struct stat st;
	int fd;

	if (asprintf(&path, "%s/events.log", agent->config->state_dir) < 0 ||
	    asprintf(&old, "%s.1", path) < 0)
		abort();
	if (stat(path, &st) == 0 && st.st_size > FILE_BYTES)
		rename(path, old);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	return fd < 0 ? fb_error_set(err, -errno, "%s: %s", path, strerror(errno)) : fd;
}

/* Whole or not at all: a disk that fills up takes the beginning of a line. */
static int append(int fd, const char *line, struct fb_error *err)
{
	size_t len = strlen(line);
	struct stat st;
	ssize_t n;
	int r;

	if (fstat(fd, &st) < 0)
		return fb_error_set(err, -errno, "events.log: %s", strerror(errno));
	n = write(fd, line, len);
	if (n == (ssize_t)len)
		return 0;
	r = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && ftruncate(fd, st.st_size) < 0)
		return fb_error_set(err, -errno, "events.log: a line is torn, and stays: %s",
				    strerror(errno));
	return fb_error_set(err, r, "events.log: %s", strerror(-r));
}

static bool write_line(struct writing *w, const struct fb_event_record *r)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };
	fb_autofree char *text = NULL;
	json_t *json;

	if (w->fd < 0 && !w->failed)
		w->fd = open_log(w->agent, &w->err);
	w->failed |= w->fd < 0;
	if (w->failed)
		return false;
	json = line_of(w, r);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!text)
		abort();
	fb_strbuf_addf(&line, "%s\n", text);
	w->failed = append(w->fd, fb_strbuf_get(&line), &w->err) < 0;
	return !w->failed;
}

static void write_record(struct fb_event_record *r, void *user)
{
	struct writing *w = user;
	bool news = r->written_seq != r->seq && (!r->written || w->now - r->written >= AGAIN_SECONDS);

	if (!news && !r->owed)
		return;
	if (w->lines >= LINES_A_SECOND) {
		w->due++;
		return;
	}
	w->lines++;
	r->owed = !write_line(w, r);
	if (!news) /* the journal has it */
		return;
	if (r->alarm && w->alarms++ < ALARMS_A_SECOND)
		raise_alarm(w, r);
	r->written = w->now;
	r->written_seq = r->seq;
}

static void say_whether_written(struct fb_agent *agent, const struct writing *w)
{
	if (w->failed && !agent->events_unwritten)
		fb_log(FB_LOG_WARNING, "events are not written, and tried again: %s", w->err.text);
	if (!w->failed && w->lines && agent->events_unwritten)
		fb_log(FB_LOG_NOTICE, "events are written again");
	if (w->lines)
		agent->events_unwritten = w->failed;
}

void fb_agent_events_write(struct fb_agent *agent)
{
	struct writing w = { .agent = agent, .now = fb_clock_now(), .fd = -1 };
	struct fb_error err = { 0 };

	fb_events_each(agent->events, write_record, &w);
	if (w.fd >= 0)
		close(w.fd);
	say_whether_written(agent, &w);
	if (w.now - agent->events_saved < SAVE_SECONDS)
		return;
	agent->events_saved = w.now;
	if (fb_events_save(agent->events, agent->config->state_dir, &err) < 0)
		fb_log(FB_LOG_WARNING, "what was told and observed is not kept: %s", err.text);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "agent/events.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/store.h"
#include "base/vec.h"

/* Sets of eight; in a full set the record that was quiet for longest makes room. The hash has a secret: nobody aims at a set. */
enum { WAYS = 8, DROP_SETS = 512, FLOW_SETS = 512, ALARM_SETS = 128 };
enum table_id { DROPS, FLOWS, ALARMS, TABLES };

static const unsigned int sets[TABLES] = { [DROPS] = DROP_SETS, [FLOWS] = FLOW_SETS, [ALARMS] = ALARM_SETS };
static const char file[] = "events.json", older_file[] = "observed.json";

struct fb_records FB_VEC(struct fb_event_record *);

struct fb_events {
	struct fb_event_record *table[TABLES];
	__u64 secret, seq, saved;
};

struct fb_events *fb_events_new(void)
{
	struct fb_events *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	for (int t = 0; t < TABLES; t++) {
		e->table[t] = calloc((size_t)sets[t] * WAYS, sizeof(**e->table));
		if (!e->table[t])
			abort();
	}
	if (getrandom(&e->secret, sizeof(e->secret), 0) != sizeof(e->secret))
		e->secret = 0x9e3779b97f4a7c15ull;
	return e;
}

void fb_events_free(struct fb_events *e)
{
	for (int t = 0; e && t < TABLES; t++)
		free(e->table[t]);
	free(e);
}

__u64 fb_events_seq(const struct fb_events *e)
{
	return e->seq;
}

void fb_events_each(struct fb_events *e, void (*each)(struct fb_event_record *record, void *user), void *user)
{
	for (int t = 0; t < TABLES; t++)
		for (size_t i = 0; i < (size_t)sets[t] * WAYS; i++)
			if (e->table[t][i].kind)
				each(&e->table[t][i], user);
}

void fb_events_forget_zone(struct fb_events *e, unsigned int zone)
{
	for (int t = 0; t < TABLES; t++)
		for (size_t i = 0; i < (size_t)sets[t] * WAYS; i++) {
			struct fb_event_record *r = &e->table[t][i];

			if (r->src_zone == zone || r->dst_zone == zone)
				*r = (struct fb_event_record){ 0 };
		}
}

static bool is_icmp(__u8 proto)
{
	return proto == 1 || proto == 58;
}

static bool is_alarm(unsigned int kind, unsigned int reason)
{
	return kind == FB_EVENT_BINDING || kind == FB_EVENT_QUOTA ||
	       (kind == FB_EVENT_DROP && (reason == FB_DROP_NEVER || reason == FB_DROP_TABLE_FULL));
}

static struct fb_event_record record_of(const struct fb_event *event)
{
	struct fb_event_record r = {
		.kind = event->kind,
		.reason = event->reason,
		.detail = event->kind == FB_EVENT_BINDING ? event->detail : 0,
		.src_zone = event->src_zone,
		.dst_zone = event->dst_zone,
		.family = event->family,
		.proto = event->proto,
		.alarm = is_alarm(event->kind, event->reason),
		.src = { event->s_hi, event->s_lo },
		.dst = { event->d_hi, event->d_lo },
		.rule = event->rule,
		.dport = is_icmp(event->proto) ? (__u16)event->cport : event->dport,
		.ethertype = event->ethertype,
	};

	memcpy(r.mac, event->smac, sizeof(r.mac));
	return r;
}

static bool same(const struct fb_event_record *a, const struct fb_event_record *b)
{
	return a->kind == b->kind && a->reason == b->reason && a->detail == b->detail &&
	       a->src_zone == b->src_zone && a->dst_zone == b->dst_zone && a->family == b->family &&
	       a->proto == b->proto && a->dport == b->dport && a->rule == b->rule &&
	       a->ethertype == b->ethertype && !fb_ip_cmp(a->src, b->src) && !fb_ip_cmp(a->dst, b->dst) &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac));
}

static __u64 mix(__u64 h, __u64 word)
{
	h = (h ^ word) * 0xff51afd7ed558ccdull;
	return h ^ h >> 32;
}

static unsigned int table_of(const struct fb_event_record *r)
{
	if (r->alarm)
		return ALARMS;
	return r->kind == FB_EVENT_DROP ? DROPS : FLOWS;
}

/* The record of this, which is new (count 0) or there already. */
static struct fb_event_record *find(struct fb_events *e, const struct fb_event_record *what)
{
	unsigned int t = table_of(what);
	__u64 h = mix(mix(mix(mix(e->secret, what->src.hi), what->src.lo), what->dst.hi), what->dst.lo);
	struct fb_event_record *set, *oldest;

	h = mix(h, (__u64)what->kind | (__u64)what->reason << 8 | (__u64)what->proto << 16 |
			   (__u64)what->dport << 32 | (__u64)what->src_zone << 48);
	set = e->table[t] + (h % sets[t]) * WAYS;
	oldest = set;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].kind && same(&set[i], what))
			return &set[i];
		if (set[i].seq < oldest->seq)
			oldest = &set[i];
	}
	*oldest = *what;
	return oldest;
}

void fb_events_note(struct fb_events *e, const struct fb_event *event, __s64 now)
{
	struct fb_event_record what = record_of(event);
	struct fb_event_record *r = find(e, &what);

	if (!r->count)
		r->first = now;
	r->count++;
	r->last = now;
	r->seq = ++e->seq;
	r->sport = event->sport;
	r->vid = event->vid;
	r->ifindex = event->ifindex;
}

/* ---- what was told is worth a file: suggest needs all that observe mode saw, why what was dropped before a restart ---- */

static void collect(struct fb_event_record *r, void *user)
{
	fb_vec_add((struct fb_records *)user, r);
}

static int oldest_first(const void *a, const void *b)
{
	const struct fb_event_record *x = *(const struct fb_event_record *const *)a,
				     *y = *(const struct fb_event_record *const *)b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Without the device: its index means nothing after a boot. */
static json_t *to_json(const struct fb_event_record *r)
{
	int family = r->family ? r->family : 4;
	char src[FB_INET_STRLEN], dst[FB_INET_STRLEN], mac[FB_MAC_STRLEN];

	return json_pack("{si si si si si si si ss ss ss si si si sI sI sI sI}", "kind", r->kind, "reason",
			 r->reason, "detail", r->detail, "src_zone", r->src_zone, "dst_zone", r->dst_zone,
			 "family", r->family, "proto", r->proto, "src", fb_ip_print(family, r->src, src),
			 "dst", fb_ip_print(family, r->dst, dst), "mac", fb_mac_print(r->mac, mac), "dport",
			 r->dport, "sport", r->sport, "ethertype", r->ethertype, "rule", (json_int_t)r->rule,
			 "count", (json_int_t)r->count, "first", (json_int_t)r->first, "last",
			 (json_int_t)r->last);
}

int fb_events_save(struct fb_events *e, const char *state_dir, struct fb_error *err)
{
	struct fb_records records = { 0 };
	fb_autofree char *text = NULL;
	json_t *list;
	int r;

	if (e->saved == e->seq)
		return 0;
	fb_events_each(e, collect, &records);
	if (records.n)
		qsort(records.v, records.n, sizeof(*records.v), oldest_first);
	list = json_array();
	for (size_t i = 0; i < records.n; i++)
		json_array_append_new(list, to_json(records.v[i]));
	fb_vec_done(&records);
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	if (!text)
		return fb_error_set(err, -ENOMEM, "memory is short");
	r = fb_store_write_file(state_dir, file, text, strlen(text), err);
	if (r == 0)
		e->saved = e->seq;
	return r;
}

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void take(struct fb_events *e, const json_t *o)
{
	struct fb_event_record what = { .kind = (__u8)number(o, "kind"),
					.reason = (__u8)number(o, "reason"),
					.detail = (__u8)number(o, "detail"),
					.src_zone = (__u8)number(o, "src_zone"),
					.dst_zone = (__u8)number(o, "dst_zone"),
					.family = (__u8)number(o, "family"),
					.proto = (__u8)number(o, "proto"),
					.rule = (__u32)number(o, "rule"),
					.dport = (__u16)number(o, "dport"),
					.ethertype = (__u16)number(o, "ethertype") },
			       *r;
	const char *src = json_string_value(json_object_get(o, "src")),
		   *dst = json_string_value(json_object_get(o, "dst")),
		   *mac = json_string_value(json_object_get(o, "mac"));
	int family = 0, other = 0;

	if (!src || !dst || !mac || fb_ip_parse(src, strlen(src), &family, &what.src) < 0 ||
	    fb_ip_parse(dst, strlen(dst), &other, &what.dst) < 0 || family != other ||
	    (what.family && what.family != family) || fb_mac_parse(mac, strlen(mac), what.mac) < 0)
		return;
	if (!what.kind) { /* observed.json, of a version that kept nothing else */
		what.kind = FB_EVENT_WOULD_DROP;
		what.ethertype = family == 4 ? 0x0800 : 0x86dd;
	}
	if (what.kind > FB_EVENT_BINDING || what.src_zone >= FB_ZONES_MAX || what.dst_zone >= FB_ZONES_MAX)
		return;
	what.alarm = is_alarm(what.kind, what.reason);
	r = find(e, &what);
	r->count += (__u64)number(o, "count");
	r->sport = (__u16)number(o, "sport");
	r->first = number(o, "first");
	r->last = r->written = number(o, "last");
	r->seq = r->written_seq = ++e->seq;
}

int fb_events_load(struct fb_events *e, const char *state_dir, struct fb_error *err)
{
	fb_autofree char *text = NULL;
	size_t len = 0, i;
	int r = fb_store_read_file(state_dir, file, &text, &len, err);
	json_error_t why;
	json_t *list, *one;

	if (r == -ENOENT)
		r = fb_store_read_file(state_dir, older_file, &text, &len, err);
	if (r < 0)
		return r;
	list = json_loadb(text, len, 0, &why);
	if (!json_is_array(list)) {
		json_decref(list);
		return fb_error_set(err, -EINVAL, "%s/%s: is not what was written there: %s", state_dir, file,
				    why.text);
	}
	json_array_foreach (list, i, one)
		take(e, one);
	json_decref(list);
	e->saved = e->seq;
	return 0;
}

/* ---- names ---- */

const char *fb_event_kind_name(unsigned int kind)
{
	static const char *const names[] = { [FB_EVENT_DROP] = "drop",
					     [FB_EVENT_WOULD_DROP] = "would-drop",
					     [FB_EVENT_FLOW] = "flow",
					     [FB_EVENT_QUOTA] = "quota",
					     [FB_EVENT_BINDING] = "binding" };

	return kind < FB_ARRAY_SIZE(names) && names[kind] ? names[kind] : "?";
}

const char *fb_event_detail_name(unsigned int detail)
{
	static const char *const names[] = { [FB_BINDING_FOREIGN_MAC] = "foreign-mac",
					     [FB_BINDING_FOREIGN_IP] = "foreign-address",
					     [FB_BINDING_UNKNOWN] = "unknown-device",
					     [FB_BINDING_CLAIM] = "forged-claim" };

	return detail < FB_ARRAY_SIZE(names) ? names[detail] : NULL;
}

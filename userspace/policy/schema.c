// SPDX-License-Identifier: GPL-2.0-only
#include "policy/schema.h"

#include <stddef.h>
#include <string.h>

#include "policy/print.h"

#define S struct fb_stmt
#define FIELD(name, kind, type, member)                                              \
	{                                                                            \
		name, FB_FIELD_##kind, offsetof(type, member), 0, false, NULL, false \
	}
#define NEEDED(name, kind, type, member)                                            \
	{                                                                           \
		name, FB_FIELD_##kind, offsetof(type, member), 0, false, NULL, true \
	}
#define PART(name, type, member, schema, needed)                                      \
	{                                                                             \
		name, FB_FIELD_PART, offsetof(type, member), 0, false, schema, needed \
	}
#define LIST(name, type, member, count, schema)                                                          \
	{                                                                                                \
		name, FB_FIELD_LIST, offsetof(type, member), offsetof(type, count), false, schema, false \
	}
#define SCHEMA(variable, kind, type)                                                 \
	static const struct fb_schema variable##_schema = { kind, variable##_fields, \
							    FB_ARRAY_SIZE(variable##_fields), sizeof(type) }
#define DOC(type, member) \
	FIELD("owner", STRING, type, member.owner), FIELD("reason", STRING, type, member.reason)

static const struct fb_field iface_fields[] = {
	NEEDED("name", NAME, struct fb_iface, name),
	FIELD("vlan", VLAN, struct fb_iface, vlan),
};
SCHEMA(iface, NULL, struct fb_iface);

static const struct fb_field limit_fields[] = {
	NEEDED("number", COUNT, struct fb_suffix, limit.number),
	NEEDED("rate", NAME, struct fb_suffix, limit.unit),
	NEEDED("per", NAME, struct fb_suffix, limit.scope),
	FIELD("burst", COUNT, struct fb_suffix, limit.burst),
};
SCHEMA(limit, NULL, struct fb_suffix);

static const struct fb_field quota_fields[] = {
	NEEDED("number", COUNT, struct fb_suffix, quota.number),
	NEEDED("size", NAME, struct fb_suffix, quota.size),
	NEEDED("period", NAME, struct fb_suffix, quota.period),
	NEEDED("per", NAME, struct fb_suffix, quota.scope),
	NEEDED("action", NAME, struct fb_suffix, quota.action),
};
SCHEMA(quota, NULL, struct fb_suffix);

#define SUFFIX(type, member)                                                                             \
	DOC(type, member.doc), FIELD("until", DATE, type, member.until),                                 \
		FIELD("during", NAME, type, member.during),                                              \
		FIELD("on-request", NAME, type, member.on_request),                                      \
		PART("limit", type, member, &limit_schema, false),                                       \
		PART("quota", type, member, &quota_schema, false), FIELD("log", TRUE, type, member.log), \
		FIELD("id", NAME, type, member.id)

struct fb_default { /* a suffix by itself */
	struct fb_suffix s;
};
static const struct fb_field default_fields[] = { SUFFIX(struct fb_default, s) };
SCHEMA(default, NULL, struct fb_default);

static const struct fb_field allow_fields[] = {
	NEEDED("from", OPERANDS, struct fb_allow, from),
	NEEDED("to", OPERANDS, struct fb_allow, to),
	NEEDED("services", SERVICES, struct fb_allow, services),
	SUFFIX(struct fb_allow, suffix),
	FIELD("comments", COMMENTS, struct fb_allow, comments),
	FIELD("comment-behind", TRUE, struct fb_allow, comment_behind),
	FIELD("blank-before", LAYOUT, struct fb_allow, blank_before),
};
SCHEMA(allow, NULL, struct fb_allow);

static const struct fb_field policy_fields[] = {
	NEEDED("name", STRING, S, name),
	FIELD("language", NUMBER, S, policy.language),
	FIELD("version", NUMBER, S, policy.version),
	FIELD("timezone", STRING, S, policy.timezone),
};
SCHEMA(policy, "policy", S);

static const struct fb_field include_fields[] = { NEEDED("file", STRING, S, name) };
SCHEMA(include, "include", S);

static const struct fb_field zone_fields[] = {
	NEEDED("name", NAME, S, name),
	LIST("interface", S, zone.ifaces, zone.n_ifaces, &iface_schema),
	FIELD("network", NETS, S, zone.nets),
	FIELD("except", NETS, S, zone.except),
	FIELD("gateway", NETS, S, zone.gateways),
	FIELD("binding", NAME, S, zone.binding),
	FIELD("members", MEMBERS, S, zone),
	FIELD("members-how", STRING, S, zone.members_how),
	FIELD("on-deny", NAME, S, zone.on_deny),
	FIELD("ethertype", NAMES, S, zone.ethertypes),
	FIELD("purdue", NUMBER, S, zone.purdue),
	FIELD("target-level", NUMBER, S, zone.target_level),
	DOC(S, zone.doc),
};
SCHEMA(zone, "zone", S);

static const struct fb_field self_fields[] = {
	NEEDED("name", NAME, S, name),
	FIELD("purdue", NUMBER, S, zone.purdue),
	DOC(S, zone.doc),
};
SCHEMA(self, "zone", S);

static const struct fb_field zone_group_fields[] = {
	NEEDED("name", NAME, S, name),
	NEEDED("zones", NAMES, S, zone_group.members),
};
SCHEMA(zone_group, "zone-group", S);

static const struct fb_field wire_fields[] = {
	PART("a", S, wire.a, &iface_schema, true),
	PART("b", S, wire.b, &iface_schema, true),
};
SCHEMA(wire, "wire", S);

static const struct fb_field device_fields[] = {
	NEEDED("name", NAME, S, name),
	NEEDED("in", NAME, S, device.zone),
	FIELD("ip", NETS, S, device.ips),
	FIELD("mac", NAMES, S, device.macs),
	FIELD("vendor", STRING, S, device.vendor),
	FIELD("tag", NAMES, S, device.tags),
	DOC(S, device.doc),
};
SCHEMA(device, "device", S);

static const struct fb_field group_fields[] = {
	NEEDED("name", NAME, S, name),
	FIELD("in", NAME, S, group.zone),
	NEEDED("members", OPERANDS, S, group.members),
	FIELD("except", OPERANDS, S, group.except),
};
SCHEMA(group, "group", S);

static const struct fb_field service_fields[] = {
	NEEDED("name", NAME, S, name),
	NEEDED("items", SERVICES, S, service.items),
	FIELD("except", SERVICES, S, service.except),
	FIELD("initiator", NAME, S, service.initiator),
	FIELD("cleartext", TRUE, S, service.cleartext),
	DOC(S, service.doc),
};
SCHEMA(service, "service", S);

static const struct fb_field window_fields[] = {
	NEEDED("name", NAME, S, name),
	{ "times", FB_FIELD_EVERY, offsetof(S, window.every), offsetof(S, window.n_every), false, NULL,
	  false },
	FIELD("timezone", STRING, S, window.timezone),
	DOC(S, window.doc),
};
SCHEMA(window, "window", S);

static const struct fb_field access_fields[] = {
	NEEDED("name", NAME, S, name),
	FIELD("max", NAME, S, access.max),
	DOC(S, access.doc),
};
SCHEMA(access, "access", S);

static const struct fb_field firebreak_fields[] = {
	NEEDED("from", NAMES, S, firebreak.from),
	NEEDED("to", NAMES, S, firebreak.to),
	FIELD("mode", NAME, S, firebreak.mode),
	FIELD("observe-until", DATE, S, firebreak.observe_until),
	FIELD("on-deny", NAME, S, firebreak.on_deny),
	FIELD("mid-stream", TRUE, S, firebreak.mid_stream),
	{ "default", FB_FIELD_PART, offsetof(S, firebreak.defaults), offsetof(S, firebreak.has_default), true,
	  &default_schema, false },
	FIELD("setting-comments", COMMENTS, S, firebreak.setting_comments),
	LIST("allow", S, firebreak.allows, firebreak.n_allows, &allow_schema),
	FIELD("end-comments", COMMENTS, S, firebreak.end_comments),
};
SCHEMA(firebreak, "firebreak", S);

static const struct fb_field never_fields[] = {
	NEEDED("from", OPERANDS, S, never.a),
	FIELD("both-ways", TRUE, S, never.both),
	NEEDED("to", OPERANDS, S, never.b),
	FIELD("services", SERVICES, S, never.services),
	FIELD("except-from", OPERANDS, S, never.except_from),
	FIELD("text", STRING, S, never.text),
};
SCHEMA(never, "never", S);

static const struct fb_field entry_fields[] = {
	NEEDED("side", OPERANDS, struct fb_assert_entry, side),
	FIELD("services", SERVICES, struct fb_assert_entry, services),
};
SCHEMA(entry, NULL, struct fb_assert_entry);

static const struct fb_field assert_fields[] = {
	NEEDED("of", OPERANDS, S, assertion.a),
	NEEDED("verb", VERB, S, assertion.kind),
	FIELD("to", OPERANDS, S, assertion.b),
	FIELD("services", SERVICES, S, assertion.services),
	FIELD("transitively", TRUE, S, assertion.transitively),
	FIELD("ignoring", SERVICES, S, assertion.ignoring),
	LIST("entries", S, assertion.entries, assertion.n_entries, &entry_schema),
	FIELD("unless-opened", TRUE, S, assertion.unless_opened),
	FIELD("text", STRING, S, assertion.text),
};
SCHEMA(assert, "assert", S);

static const struct fb_field isolate_line_fields[] = {
	FIELD("keep", TRUE, struct fb_isolate_line, keep),
	NEEDED("a", OPERANDS, struct fb_isolate_line, a),
	NEEDED("b", OPERANDS, struct fb_isolate_line, b),
};
SCHEMA(isolate_line, NULL, struct fb_isolate_line);

static const struct fb_field isolate_fields[] = {
	NEEDED("name", NAME, S, name),
	FIELD("text", STRING, S, isolate.text),
	LIST("lines", S, isolate.lines, isolate.n_lines, &isolate_line_schema),
};
SCHEMA(isolate, "isolate", S);

static const struct fb_schema comment_schema = { "comment", NULL, 0, sizeof(S) };

const struct fb_schema *fb_schema_of(enum fb_stmt_kind kind)
{
	static const struct fb_schema *const table[] = {
		[FB_STMT_POLICY] = &policy_schema,
		[FB_STMT_INCLUDE] = &include_schema,
		[FB_STMT_ZONE] = &zone_schema,
		[FB_STMT_SELF] = &self_schema,
		[FB_STMT_ZONE_GROUP] = &zone_group_schema,
		[FB_STMT_WIRE] = &wire_schema,
		[FB_STMT_DEVICE] = &device_schema,
		[FB_STMT_GROUP] = &group_schema,
		[FB_STMT_SERVICE] = &service_schema,
		[FB_STMT_WINDOW] = &window_schema,
		[FB_STMT_ACCESS] = &access_schema,
		[FB_STMT_FIREBREAK] = &firebreak_schema,
		[FB_STMT_NEVER] = &never_schema,
		[FB_STMT_ASSERT] = &assert_schema,
		[FB_STMT_ISOLATE] = &isolate_schema,
		[FB_STMT_COMMENT] = &comment_schema,
	};

	return table[kind];
}

/* ---- values ----------------------------------------------------------------------------------------------- */

#define AT(type)    ((const type *)((const char *)base + field->offset))
#define OTHER(type) ((const type *)((const char *)base + field->other))

/* `zone` is an anonymous structure: its part that is one string of the grammar. */
static const struct fb_stmt *fb_zone_of(const struct fb_field *field, const void *base)
{
	return (const void *)((const char *)base + field->offset - offsetof(struct fb_stmt, zone));
}

size_t fb_field_items(const struct fb_field *field, const void *base)
{
	switch (field->kind) {
	case FB_FIELD_NAMES:
	case FB_FIELD_COMMENTS:
		return AT(struct fb_words)->n;
	case FB_FIELD_NETS:
		return AT(struct fb_nets)->n;
	case FB_FIELD_OPERANDS:
		return AT(struct fb_operands)->n;
	case FB_FIELD_SERVICES:
		return AT(struct fb_svc_items)->n;
	case FB_FIELD_EVERY:
	case FB_FIELD_LIST:
		return *OTHER(size_t);
	default:
		return 1;
	}
}

bool fb_field_given(const struct fb_field *field, const void *base)
{
	switch (field->kind) {
	case FB_FIELD_NAME:
	case FB_FIELD_STRING:
		return AT(struct fb_word)->s;
	case FB_FIELD_DATE:
		return AT(struct fb_date)->year;
	case FB_FIELD_MEMBERS:
		return fb_zone_of(field, base)->zone.members_given;
	case FB_FIELD_VERB:
		return true;
	case FB_FIELD_NUMBER:
		return AT(struct fb_number)->text;
	case FB_FIELD_COUNT:
		return *AT(unsigned long long);
	case FB_FIELD_VLAN:
		return *AT(int) >= 0;
	case FB_FIELD_TRUE:
	case FB_FIELD_LAYOUT:
		return *AT(bool);
	case FB_FIELD_PART:
		if (field->has_flag)
			return *OTHER(bool);
		for (size_t i = 0; i < field->schema->n; i++)
			if (fb_field_given(&field->schema->fields[i], AT(char)))
				return true;
		return false;
	default:
		return fb_field_items(field, base) > 0;
	}
}

void fb_field_put(const struct fb_field *field, const void *base, size_t i, struct fb_strbuf *out)
{
	static const char *const verbs[] = {
		[FB_ASSERT_CANNOT] = "cannot reach",
		[FB_ASSERT_CAN] = "can reach",
		[FB_ASSERT_ONLY] = "can only reach",
		[FB_ASSERT_ONLY_BY] = "can only be reached by",
	};

	switch (field->kind) {
	case FB_FIELD_NAME:
	case FB_FIELD_STRING:
		fb_strbuf_add(out, AT(struct fb_word)->s);
		break;
	case FB_FIELD_DATE:
		fb_put_date(out, AT(struct fb_date));
		break;
	case FB_FIELD_MEMBERS:
		fb_strbuf_add(out, fb_zone_of(field, base)->zone.members_isolated ? "isolated" : "shared");
		break;
	case FB_FIELD_VERB:
		fb_strbuf_add(out, verbs[*AT(enum fb_assert_kind)]);
		break;
	case FB_FIELD_NAMES:
	case FB_FIELD_COMMENTS:
		fb_strbuf_add(out, AT(struct fb_words)->v[i].s);
		break;
	case FB_FIELD_NETS:
		fb_put_net(out, &AT(struct fb_nets)->v[i]);
		break;
	case FB_FIELD_OPERANDS:
		fb_put_operand(out, &AT(struct fb_operands)->v[i]);
		break;
	case FB_FIELD_SERVICES:
		fb_put_service(out, &AT(struct fb_svc_items)->v[i]);
		break;
	case FB_FIELD_EVERY:
		fb_put_every(out, &(*AT(struct fb_every *))[i]);
		break;
	case FB_FIELD_NUMBER:
		fb_strbuf_addf(out, "%.15g", AT(struct fb_number)->value);
		break;
	case FB_FIELD_COUNT:
		fb_strbuf_addf(out, "%llu", *AT(unsigned long long));
		break;
	case FB_FIELD_VLAN:
		fb_strbuf_addf(out, "%d", *AT(int));
		break;
	case FB_FIELD_TRUE:
	case FB_FIELD_LAYOUT:
		fb_strbuf_add(out, *AT(bool) ? "true" : "false");
		break;
	case FB_FIELD_PART:
	case FB_FIELD_LIST:
		break;
	}
}

const void *fb_field_struct(const struct fb_field *field, const void *base, size_t i)
{
	if (field->kind == FB_FIELD_PART)
		return AT(char);
	return *AT(char *) + i * field->schema->size;
}

size_t fb_field_item_size(const struct fb_field *field)
{
	switch (field->kind) {
	case FB_FIELD_LIST:
		return field->schema->size;
	case FB_FIELD_NETS:
		return sizeof(struct fb_net);
	case FB_FIELD_OPERANDS:
		return sizeof(struct fb_operand);
	case FB_FIELD_SERVICES:
		return sizeof(struct fb_svc_item);
	case FB_FIELD_EVERY:
		return sizeof(struct fb_every);
	default:
		return sizeof(struct fb_word);
	}
}

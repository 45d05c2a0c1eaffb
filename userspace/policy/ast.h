/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of a policy file: the grammar of firebreak-policy(5), statement by statement, in the order of the text. It
 * holds what was written, not what it means (policy/check.h does that), so that print is the inverse of parse.
 * Everything is owned by the tree's arena. A list is a pointer and a count.
 */
#ifndef FB_POLICY_AST_H
#define FB_POLICY_AST_H

#include <stdbool.h>

#include "base/inet.h"
#include "policy/diag.h"
#include "policy/source.h"

/* A word with its place. s == NULL: not given. */
struct fb_word {
	const char *s;
	struct fb_at at;
};

struct fb_words {
	struct fb_word *v;
	size_t n;
};

struct fb_number { /* as written ("3.5" for purdue), so that print gives it back */
	const char *text;
	double value;
	struct fb_at at;
};

struct fb_iface {
	struct fb_word name;
	int vlan; /* -1 = none written */
};

/* One address, prefix or range of the text. A single address has first == last and len 32 or 128. */
enum fb_net_kind { FB_NET_ANY, FB_NET_PREFIX, FB_NET_ADDRESS, FB_NET_RANGE };
struct fb_net {
	enum fb_net_kind kind;
	int family; /* 4, 6; 0 for any */
	unsigned int len;
	struct fb_range range;
	struct fb_at at;
};
struct fb_nets {
	struct fb_net *v;
	size_t n;
};

struct fb_doc {
	struct fb_word owner, reason;
};

/* ---- services --------------------------------------------------------------------------------- */
enum fb_proto_kind { FB_PROTO_TCP, FB_PROTO_UDP, FB_PROTO_SCTP, FB_PROTO_ICMP, FB_PROTO_ICMPV6, FB_PROTO_IP };
struct fb_ports {
	bool any; /* "any" */
	__u16 lo, hi;
};
struct fb_proto {
	enum fb_proto_kind kind;
	struct fb_ports ports;	      /* tcp, udp, sctp: the responder's port */
	struct fb_ports source_ports; /* valid if has_source */
	bool has_source;
	struct fb_word type; /* icmp, icmpv6, ip: the name, number or "any" as written */
	int number;	     /* what type resolves to; -1 = any */
};
enum fb_svc_item_kind { FB_SVC_NAME, FB_SVC_PROTO, FB_SVC_ALL };
struct fb_svc_item {
	enum fb_svc_item_kind kind;
	struct fb_word name;
	struct fb_proto proto;
	struct fb_at at;
};
struct fb_svc_items {
	struct fb_svc_item *v;
	size_t n;
};

/* ---- operands ------------------------------------------------------------------------------------ */
enum fb_operand_kind {
	FB_OPERAND_NAME,
	FB_OPERAND_NET, /* prefix, address or range */
	FB_OPERAND_ANY,
	FB_OPERAND_SELF,
	FB_OPERAND_VENDOR, /* in group members only */
	FB_OPERAND_TAG,	   /* in group members only */
};
struct fb_operand {
	enum fb_operand_kind kind;
	struct fb_word name; /* NAME, VENDOR, TAG; the text as written for the others */
	struct fb_net net;
	struct fb_word self_at; /* SELF: zone or "any" after `at`; s NULL = none */
	struct fb_at at;
};
struct fb_operands {
	struct fb_operand *v;
	size_t n;
};

/* ---- the suffixes of a line; a default has the same form -------------------------------------------- */
struct fb_date {
	int year, month, day; /* year 0 = not given */
	int hour, minute;     /* hour -1 = no time given */
	struct fb_at at;
};
struct fb_suffix {
	struct fb_doc doc;
	struct fb_date until;
	struct fb_word during, on_request, id;
	bool log;
	struct fb_at log_at;
	struct {
		unsigned long long number;
		struct fb_word unit;	  /* new/s new/min packets/s mbit/s; s NULL = no limit */
		struct fb_word scope;	  /* source destination line */
		unsigned long long burst; /* 0 = not given */
	} limit;
	struct {
		unsigned long long number;
		struct fb_word size;   /* MB GB TB; s NULL = no quota */
		struct fb_word period; /* hour day */
		struct fb_word scope;
		struct fb_word action; /* drop alert */
	} quota;
};

struct fb_allow {
	struct fb_operands from, to;
	struct fb_svc_items services;
	struct fb_suffix suffix;
	struct fb_at at;
	struct fb_words comments; /* lines before it, then the one behind it (see fb_stmt) */
	bool comment_behind, blank_before;
};

/* ---- statements ---------------------------------------------------------------------------------------- */
enum fb_stmt_kind {
	FB_STMT_POLICY,
	FB_STMT_INCLUDE,
	FB_STMT_ZONE,
	FB_STMT_SELF, /* zone self { } */
	FB_STMT_ZONE_GROUP,
	FB_STMT_WIRE,
	FB_STMT_DEVICE,
	FB_STMT_GROUP,
	FB_STMT_SERVICE,
	FB_STMT_WINDOW,
	FB_STMT_ACCESS,
	FB_STMT_FIREBREAK,
	FB_STMT_NEVER,
	FB_STMT_ASSERT,
	FB_STMT_ISOLATE,
	FB_STMT_COMMENT, /* comments that no statement follows, or that an empty line parts from it */
};

struct fb_every { /* one `every` or `on` of a window */
	bool on_date;
	struct fb_date date;
	unsigned int days; /* bit 0 = Monday; 0x7f = day */
	struct {
		unsigned int first, last;
	} * day_list; /* as written: mon-fri = {0,4} */
	size_t n_days;
	bool every_day;
	int from_hour, from_minute, to_hour, to_minute; /* 24:00 is allowed as an end */
	struct fb_at at;
};

struct fb_assert_entry {
	struct fb_operands side;
	struct fb_svc_items services; /* n 0 = any service */
};
enum fb_assert_kind { FB_ASSERT_CANNOT, FB_ASSERT_CAN, FB_ASSERT_ONLY, FB_ASSERT_ONLY_BY };

struct fb_isolate_line {
	bool keep; /* else cut */
	struct fb_operands a, b;
	struct fb_at at;
};

struct fb_stmt {
	enum fb_stmt_kind kind;
	struct fb_at at;
	struct fb_words comments; /* text without '#', trimmed at the end; lines before it, in order */
	bool comment_behind;	  /* the last of them stands behind the statement on its own line */
	bool blank_before;	  /* an empty line came before it (several count as one) */
	struct fb_word name;	  /* zone, device, group, ... ; the string of policy and include */
	union {
		struct {
			struct fb_number language, version;
			struct fb_word timezone;
		} policy;
		struct {
			struct fb_iface *ifaces;
			size_t n_ifaces;
			struct fb_nets nets, except, gateways;
			struct fb_word binding; /* off learn strict */
			bool members_given, members_isolated;
			struct fb_word members_how;
			struct fb_at members_at;
			struct fb_word on_deny; /* drop reject */
			struct fb_words ethertypes;
			struct fb_number purdue, target_level;
			struct fb_doc doc;
		} zone; /* SELF uses purdue and doc */
		struct {
			struct fb_words members;
		} zone_group;
		struct {
			struct fb_iface a, b;
		} wire;
		struct {
			struct fb_word zone;
			struct fb_nets ips;
			struct fb_words macs; /* canonical form */
			struct fb_word vendor;
			struct fb_words tags;
			struct fb_doc doc;
		} device;
		struct {
			struct fb_word zone; /* s NULL = spans */
			struct fb_operands members, except;
		} group;
		struct {
			struct fb_svc_items items, except;
			struct fb_word initiator; /* field centre */
			bool cleartext;
			struct fb_doc doc;
		} service;
		struct {
			struct fb_every *every;
			size_t n_every;
			struct fb_word timezone;
			struct fb_doc doc;
		} window;
		struct {
			struct fb_word max; /* "4h" */
			unsigned long long max_seconds;
			struct fb_doc doc;
		} access;
		struct {
			struct fb_words from, to; /* zones, zone groups, "self" */
			struct fb_word mode;	  /* enforce observe; s NULL = not given */
			struct fb_date observe_until;
			struct fb_word on_deny;
			bool mid_stream;
			struct fb_at mid_stream_at;
			bool has_default;
			struct fb_suffix defaults;
			struct fb_at defaults_at;
			struct fb_allow *allows;
			size_t n_allows;
			struct fb_words
				setting_comments; /* above and behind mode, on-deny, mid-stream, default */
			struct fb_words end_comments; /* before the closing brace */
		} firebreak;
		struct {
			struct fb_operands a, b;
			bool both; /* <-> */
			struct fb_svc_items services;
			struct fb_operands except_from;
			struct fb_word text;
		} never;
		struct {
			enum fb_assert_kind kind;
			struct fb_operands a, b;
			struct fb_svc_items services;
			bool transitively, unless_opened;
			struct fb_svc_items ignoring;
			struct fb_assert_entry *entries;
			size_t n_entries;
			struct fb_word text;
		} assertion;
		struct {
			struct fb_word text;
			struct fb_isolate_line *lines;
			size_t n_lines;
		} isolate;
	};
};

/* One file. */
struct fb_file {
	unsigned int source; /* index into sources */
	struct fb_stmt *stmts;
	size_t n_stmts;
};

/* A policy: the root file first, then every included one, each once, in the order of reading. */
struct fb_tree {
	struct fb_arena arena;
	struct fb_sources sources;
	struct FB_VEC(struct fb_file) files;
};

/*
 * Reads the root text and all that it includes. Everything wrong goes to diags; the tree holds what could be read.
 * Returns the number of errors. reader may be NULL: includes are then left unread (fmt).
 */
unsigned int fb_parse(struct fb_tree *tree, const char *path, const char *text, size_t len,
		      const struct fb_reader *reader, struct fb_diags *diags);
void fb_tree_done(struct fb_tree *tree);

/* The canonical text of one file. */
void fb_print(const struct fb_tree *tree, const struct fb_file *file, struct fb_strbuf *out);
/* Pieces of it, for messages and reports. */
void fb_print_statement(const struct fb_stmt *s, struct fb_strbuf *out); /* on one line, without comments */
void fb_print_allow(const struct fb_allow *allow, struct fb_strbuf *out);
void fb_print_operands(const struct fb_operands *ops, struct fb_strbuf *out);
void fb_print_services(const struct fb_svc_items *items, struct fb_strbuf *out);

/* True if both files say the same (places and layout apart). */
bool fb_file_equal(const struct fb_file *a, const struct fb_file *b);

#endif

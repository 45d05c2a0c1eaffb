// SPDX-License-Identifier: GPL-2.0-only
#include "agent/bundle.h"

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/slots.h"

#define SCHEMA "firebreak.bundle/1"

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}
#define autojson FB_CLEANUP(json_cleanup)

static char *copy(const char *s)
{
	char *c = strdup(s ? s : "");

	if (!c)
		abort();
	return c;
}

static void sum(const void *data, size_t len, char hex[65])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, data, len);
	sodium_bin2hex(hex, 65, hash, sizeof(hash));
}

static void add_file(struct fb_bundle *bundle, const char *path, const char *text, size_t len)
{
	struct fb_bundle_file file = { .path = copy(path), .text = malloc(len + 1), .len = len };

	if (!file.text)
		abort();
	memcpy(file.text, text, len);
	file.text[len] = 0;
	fb_vec_add(&bundle->files, file);
}

void fb_bundle_done(struct fb_bundle *bundle)
{
	for (size_t i = 0; i < bundle->files.n; i++) {
		free(bundle->files.v[i].path);
		free(bundle->files.v[i].text);
	}
	fb_vec_done(&bundle->files);
	fb_slots_done(&bundle->slots);
	free(bundle->root);
	free(bundle->catalogue);
	free(bundle->who);
	free(bundle->reason);
	*bundle = (struct fb_bundle){ 0 };
}

void fb_bundle_copy(const struct fb_bundle *bundle, struct fb_bundle *ret)
{
	*ret = (struct fb_bundle){
		.applied = bundle->applied,
		.root = copy(bundle->root),
		.catalogue = copy(bundle->catalogue),
		.who = copy(bundle->who),
		.reason = copy(bundle->reason),
	};
	for (size_t i = 0; i < bundle->files.n; i++)
		add_file(ret, bundle->files.v[i].path, bundle->files.v[i].text, bundle->files.v[i].len);
	fb_slots_copy(&bundle->slots, &ret->slots);
}

const struct fb_bundle_file *fb_bundle_file(const struct fb_bundle *bundle, const char *path)
{
	for (size_t i = 0; i < bundle->files.n; i++)
		if (!strcmp(bundle->files.v[i].path, path))
			return &bundle->files.v[i];
	return NULL;
}

/* ---- reading ---- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

static int read_file(const json_t *file, size_t i, struct fb_bundle *bundle, struct fb_error *err)
{
	const char *path = text_of(file, "path");
	const json_t *text = json_object_get(file, "text");

	if (!*path || strlen(path) > 4096)
		return fb_error_set(err, -EINVAL, "files[%zu] has no path, or one that is too long", i);
	if (!json_is_string(text))
		return fb_error_set(err, -EINVAL, "%s has no text", path);
	if (fb_bundle_file(bundle, path))
		return fb_error_set(err, -EINVAL, "%s is there twice", path);
	add_file(bundle, path, json_string_value(text), json_string_length(text));
	return 0;
}

static int read_policy(const json_t *json, struct fb_bundle *bundle, struct fb_error *err)
{
	const json_t *files = json_object_get(json, "files"), *file;
	size_t i;

	bundle->root = copy(text_of(json, "root"));
	bundle->catalogue = copy(text_of(json, "catalogue"));
	bundle->who = copy(text_of(json, "who"));
	bundle->reason = copy(text_of(json, "reason"));
	if (!json_is_array(files) || json_array_size(files) == 0)
		return fb_error_set(err, -EINVAL, "files must be a list of {path, text}");
	json_array_foreach (files, i, file) {
		int r = read_file(file, i, bundle, err);

		if (r < 0)
			return r;
	}
	if (!fb_bundle_file(bundle, bundle->root))
		return fb_error_set(err, -EINVAL, "root %s is not among the files",
				    *bundle->root ? bundle->root : "(none given)");
	return 0;
}

int fb_bundle_from_request(const json_t *body, struct fb_bundle *ret, struct fb_error *err)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle bundle = { 0 };
	int r = read_policy(body, &bundle, err);

	if (r < 0)
		return r;
	*ret = bundle;
	bundle = (struct fb_bundle){ 0 };
	return 0;
}

/* As they were stored before they were a string. */
static int read_slot_objects(const json_t *list, struct fb_slot_list *slots, struct fb_arena *arena,
			     unsigned int limit, struct fb_error *err)
{
	const json_t *slot;
	size_t i;

	json_array_foreach (list, i, slot) {
		const char *key = text_of(slot, "key");
		json_int_t id = json_integer_value(json_object_get(slot, "id"));
		json_int_t last = json_integer_value(json_object_get(slot, "last"));

		if (!*key || id <= 0 || id >= limit || last < 0)
			return fb_error_set(err, -EBADMSG, "slot %zu is not one", i);
		fb_vec_add(slots, (struct fb_slot){ fb_arena_strdup(arena, key), (unsigned int)id,
						    (unsigned int)last });
	}
	return 0;
}

/* What slots_to_json() wrote. */
static int read_slots(const json_t *json, struct fb_slot_list *slots, struct fb_arena *arena,
		      unsigned int limit, struct fb_error *err)
{
	const char *at = json_string_value(json) ?: "";

	if (json_is_array(json))
		return read_slot_objects(json, slots, arena, limit, err);
	while (*at) {
		size_t len = strcspn(at, " \n");
		char *number = (char *)at + len, *end;
		unsigned long id = strtoul(number, &end, 10), last = 0;
		bool right = len && *number == ' ' && *end == ' ' && id && id < limit;

		if (right) {
			number = end;
			last = strtoul(number, &end, 10);
			right = end > number && *end == '\n' && last <= UINT32_MAX;
		}
		if (!right)
			return fb_error_set(err, -EBADMSG, "slot %zu is not one", slots->n);
		fb_vec_add(slots, (struct fb_slot){ fb_arena_strndup(arena, at, len), (unsigned int)id,
						    (unsigned int)last });
		at = end + 1;
	}
	return 0;
}

/* The sum is of the object without it, keys sorted: what encode() saw. */
static int verify(json_t *json, struct fb_error *err)
{
	const json_t *files = json_object_get(json, "files"), *file;
	fb_autofree char *wanted = copy(text_of(json, "sha256")), *text = NULL;
	char hex[65];
	size_t i;

	json_object_del(json, "sha256");
	text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	if (!text)
		abort();
	sum(text, strlen(text), hex);
	if (strcmp(hex, wanted))
		return fb_error_set(err, -EBADMSG,
				    "its SHA-256 is %s and not %s as it says: it was changed or damaged", hex,
				    *wanted ? wanted : "(none)");
	json_array_foreach (files, i, file) {
		const json_t *content = json_object_get(file, "text");

		sum(json_string_value(content) ?: "", json_string_length(content), hex);
		if (strcmp(hex, text_of(file, "sha256")))
			return fb_error_set(err, -EBADMSG, "the sum of %s does not fit",
					    text_of(file, "path"));
	}
	return 0;
}

int fb_bundle_decode(const char *text, size_t len, struct fb_bundle *ret, struct fb_error *err)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle bundle = { 0 };
	json_error_t why;
	autojson json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	json_int_t generation, first, applied, previous, rollback_of;
	const json_t *slots;
	int r;

	if (!json_is_object(json))
		return fb_error_set(err, -EBADMSG, "not a bundle: %s", json ? "not an object" : why.text);
	if (strcmp(text_of(json, "schema"), SCHEMA))
		return fb_error_set(err, -ENOTSUP, "schema \"%s\", this version reads " SCHEMA,
				    text_of(json, "schema"));
	if (json_integer_value(json_object_get(json, "language")) != FB_LANGUAGE_VERSION)
		return fb_error_set(err, -ENOTSUP, "language %lld, this version speaks %u",
				    (long long)json_integer_value(json_object_get(json, "language")),
				    FB_LANGUAGE_VERSION);
	r = verify(json, err);
	if (r == 0)
		r = read_policy(json, &bundle, err);
	if (r < 0)
		return err->code = -EBADMSG;
	generation = json_integer_value(json_object_get(json, "generation"));
	first = json_integer_value(json_object_get(json, "first"));
	applied = json_integer_value(json_object_get(json, "applied"));
	previous = json_integer_value(json_object_get(json, "previous"));
	rollback_of = json_integer_value(json_object_get(json, "rollback_of"));
	slots = json_object_get(json, "slots");
	if (generation <= 0 || generation > (json_int_t)UINT32_MAX || applied < 0 || previous < 0 ||
	    previous >= generation || rollback_of < 0 || rollback_of >= generation || first < 0 ||
	    first > generation)
		return fb_error_set(err, -EBADMSG, "generation %lld after %lld, applied %lld",
				    (long long)generation, (long long)previous, (long long)applied);
	bundle.previous = (__u32)previous;
	bundle.rollback_of = (__u32)rollback_of;
	bundle.generation = (__u32)generation;
	bundle.first = (__u32)(first ?: generation); /* versions before did not write it */
	bundle.applied = applied;
	bundle.slots.generation = (unsigned int)json_integer_value(json_object_get(slots, "generation"));
	r = read_slots(json_object_get(slots, "zones"), &bundle.slots.zones, &bundle.slots.arena,
		       FB_ZONES_MAX, err);
	if (r == 0)
		r = read_slots(json_object_get(slots, "lines"), &bundle.slots.lines, &bundle.slots.arena,
			       FB_RULE_SLOTS, err);
	if (r < 0)
		return r;
	*ret = bundle;
	bundle = (struct fb_bundle){ 0 };
	return 0;
}

/* ---- writing ---- */

/*
 * A line "KEY ID LAST-GENERATION" each, in one string: lines that are gone keep theirs, so there may be a hundred thousand beside a policy of ten lines, and as many
 * objects took 0.3 s.
 */
static json_t *slots_to_json(const struct fb_slot_list *slots)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	for (size_t i = 0; i < slots->n; i++)
		fb_strbuf_addf(&text, "%s %u %u\n", slots->v[i].key, slots->v[i].id,
			       slots->v[i].last_generation);
	return json_string(fb_strbuf_get(&text));
}

static json_t *host_to_json(const struct fb_host *host)
{
	json_t *links = json_array(), *addresses = json_array();
	char mac[FB_MAC_STRLEN], ip[FB_INET_STRLEN];

	for (size_t i = 0; i < host->links.n; i++) {
		const struct fb_host_link *l = &host->links.v[i];

		json_array_append_new(links, json_pack("{ss si ss si si}", "device", l->name, "ifindex",
						       l->ifindex, "mac", fb_mac_print(l->mac, mac), "parent",
						       l->parent, "vlan", l->vid));
	}
	for (size_t i = 0; i < host->addresses.n; i++) {
		const struct fb_host_address *a = &host->addresses.v[i];

		json_array_append_new(addresses,
				      json_pack("{si ss si}", "ifindex", a->ifindex, "ip",
						fb_ip_print(a->family, a->ip, ip), "prefix", a->prefix_len));
	}
	return json_pack("{so so}", "interfaces", links, "addresses", addresses);
}

json_t *fb_bundle_to_json(const struct fb_bundle *bundle, const struct fb_host *host)
{
	json_t *files = json_array();

	for (size_t i = 0; i < bundle->files.n; i++) {
		const struct fb_bundle_file *f = &bundle->files.v[i];
		char hex[65];

		sum(f->text, f->len, hex);
		json_array_append_new(files, json_pack("{ss so ss}", "path", f->path, "text",
						       json_stringn(f->text, f->len), "sha256", hex));
	}
	return json_pack(
		"{ss si sI sI sI sI sI ss ss ss ss so so so}", "schema", SCHEMA, "language",
		FB_LANGUAGE_VERSION, "generation", (json_int_t)bundle->generation, "first",
		(json_int_t)(bundle->first ?: bundle->generation), "previous", (json_int_t)bundle->previous,
		"rollback_of", (json_int_t)bundle->rollback_of, "applied", (json_int_t)bundle->applied,
		"root", bundle->root, "catalogue", bundle->catalogue, "who", bundle->who, "reason",
		bundle->reason, "files", files, "slots",
		json_pack("{sI so so}", "generation", (json_int_t)bundle->slots.generation, "zones",
			  slots_to_json(&bundle->slots.zones), "lines", slots_to_json(&bundle->slots.lines)),
		"host", host ? host_to_json(host) : json_object());
}

char *fb_bundle_encode(const struct fb_bundle *bundle, const struct fb_host *host)
{
	autojson json_t *json = fb_bundle_to_json(bundle, host);
	fb_autofree char *bare = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	char hex[65], *text;

	if (!bare)
		abort();
	sum(bare, strlen(bare), hex);
	json_object_set_new(json, "sha256", json_string(hex));
	text = json_dumps(json, JSON_INDENT(1));
	if (!text)
		abort();
	return text;
}

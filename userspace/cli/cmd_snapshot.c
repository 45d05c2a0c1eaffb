// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence, in one file: what the gateway enforces, counts and remembers now. Every part has its SHA-256 over its compact JSON, so
 * that a part taken out later can be held against the whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/flows.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

enum { FLOWS = 100000 };

static const struct part {
	const char *name, *path;
} parts[] = {
	{ "generation", "/v1/bundle" },
	{ "status", "/v1/status" },
	{ "switches", "/v1/switches" },
	{ "rules", "/v1/rules" },
	{ "zones", "/v1/zones" },
	{ "drops", "/v1/drops" },
	{ "flows", "/v1/flows" },
	{ "devices", "/v1/devices" },
	{ "events", "/v1/events?limit=10000" },
	{ "history", "/v1/history?limit=100" },
	{ "audit", "/v1/audit?limit=1000" },
	{ "audit_verified", "/v1/audit/verify" },
};

static json_t *hash_of(const json_t *value)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[sizeof(hash) * 2 + 1];
	fb_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		return json_null();
	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	return json_string(sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)));
}

static json_t *collect(const struct fb_call *call, unsigned int *ret_missing)
{
	json_t *found = json_object(), *hashes = json_object();

	*ret_missing = 0;
	for (size_t i = 0; i < FB_ARRAY_SIZE(parts); i++) {
		json_t *answer = NULL;

		if (!strcmp(parts[i].name, "flows") ? fb_flows_get(call, parts[i].path, FLOWS, &answer)
						    : fb_live_get(call, parts[i].path, &answer)) {
			(*ret_missing)++;
			continue;
		}
		json_object_set_new(hashes, parts[i].name, hash_of(answer));
		json_object_set_new(found, parts[i].name, answer);
	}
	return json_pack("{ss sI so so}", "schema", "firebreak.snapshot/1", "taken",
			 (json_int_t)fb_clock_now(), "sha256", hashes, "parts", found);
}

/* Only for its owner: it holds addresses, names and reasons. An existing file is not touched. */
static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t n = strlen(text), done = 0;

	if (fd < 0)
		return -errno;
	while (done < n) {
		ssize_t w = write(fd, text + done, n - done);

		if (w < 0 && errno != EINTR)
			break;
		done += w > 0 ? (size_t)w : 0;
	}
	if (done < n || fsync(fd) < 0) {
		int r = -errno;

		close(fd);
		unlink(path);
		return r;
	}
	close(fd);
	return 0;
}

int fb_cmd_snapshot(const struct fb_call *call)
{
	const char *path = fb_call_option(call, "output");
	FB_CLEANUP(json_decrefp) json_t *all = NULL;
	fb_autofree char *text = NULL;
	unsigned int missing;
	int r;

	if (!path) {
		fb_complain("snapshot needs -o FILE");
		return FB_EXIT_USAGE;
	}
	all = collect(call, &missing);
	if (missing == FB_ARRAY_SIZE(parts))
		return FB_EXIT_HOST;
	text = json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS);
	r = text ? put(path, text) : -ENOMEM;
	if (r < 0) {
		fb_complain("%s: %s", path, strerror(-r));
		return FB_EXIT_HOST;
	}
	if (call->json)
		return fb_json_put(json_pack("{ss ss si si sI so}", "schema", "firebreak.snapshot-written/1",
					     "file", path, "parts", (int)(FB_ARRAY_SIZE(parts) - missing),
					     "missing", (int)missing, "bytes", (json_int_t)strlen(text),
					     "sha256", json_incref(json_object_get(all, "sha256"))));
	printf("%s: %zu of %zu parts, %zu bytes\n", path, FB_ARRAY_SIZE(parts) - missing,
	       FB_ARRAY_SIZE(parts), strlen(text));
	return FB_EXIT_OK;
}

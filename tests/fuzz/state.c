// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as what the agent finds in its state directory, in its configuration, or in the body of an apply. The first byte says which. What is
 * accepted, written and read again, is accepted.
 */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/access.h"
#include "agent/audit.h"
#include "agent/bundle.h"
#include "agent/config.h"
#include "agent/confirm.h"
#include "agent/inventory.h"
#include "agent/store.h"
#include "agent/switches.h"
#include "base/cleanup.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory: each file is synced. */
static char dir[] = "/dev/shm/fb-fuzz-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void clean(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (!mkdtemp(dir))
		abort();
	atexit(clean);
	return 0;
}

static void put(const char *name, const char *text, size_t len)
{
	struct fb_error err = { 0 };

	if (fb_store_write_file(dir, name, text, len, &err) < 0)
		abort();
}

static void as_bundle(const char *text, size_t len)
{
	struct fb_bundle bundle = { 0 }, again = { 0 };
	struct fb_error err = { 0 };

	if (!fb_bundle_decode(text, len, &bundle, &err)) {
		fb_autofree char *encoded = fb_bundle_encode(&bundle, NULL);

		if (fb_bundle_decode(encoded, strlen(encoded), &again, &err) < 0)
			abort();
	}
	fb_bundle_done(&again);
	fb_bundle_done(&bundle);
}

static void as_request(const char *text, size_t len)
{
	json_t *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	struct fb_bundle bundle = { 0 }, again = { 0 };
	struct fb_error err = { 0 };

	if (body && !fb_bundle_from_request(body, &bundle, &err)) {
		fb_autofree char *encoded = fb_bundle_encode(&bundle, NULL);

		if (!encoded)
			abort();
		fb_bundle_decode(encoded, strlen(encoded), &again, &err);
	}
	fb_bundle_done(&again);
	fb_bundle_done(&bundle);
	json_decref(body);
}

static void as_config(const char *text, size_t len)
{
	struct fb_agent_config config = { 0 };
	struct fb_error err = { 0 };

	fb_config_init(&config);
	fb_config_parse(&config, "fuzz.conf", text, &err);
	fb_config_done(&config);
}

static void as_switches(const char *text, size_t len)
{
	struct fb_switch_state state = { 0 }, again = { 0 };
	struct fb_error err = { 0 };

	put("switches.json", text, len);
	if (!fb_switch_state_read(dir, &state, &err) &&
	    (fb_switch_state_write(dir, &state, &err) < 0 || fb_switch_state_read(dir, &again, &err) < 0))
		abort();
	fb_switch_state_done(&again);
	fb_switch_state_done(&state);
}

static void as_accesses(const char *text, size_t len)
{
	struct fb_open_accesses open = { 0 };
	struct fb_error err = { 0 };

	put("accesses.json", text, len);
	fb_open_accesses_read(dir, &open, &err);
	fb_open_accesses_done(&open);
}

static void as_trial(const char *text, size_t len)
{
	struct fb_trial trial = { 0 };
	struct fb_error err = { 0 };

	put("confirm", text, len);
	if (fb_trial_read(dir, &trial, &err) > 0 && fb_trial_write(dir, &trial, &err) < 0)
		abort();
}

static void as_current(const char *text, size_t len)
{
	struct fb_error err = { 0 };
	__u32 current;

	put("current", text, len);
	fb_store_current(dir, &current, &err);
}

static void as_devices(const char *text, size_t len)
{
	struct fb_inventory *inventory = fb_inventory_new();
	struct fb_ruleset none = { 0 };
	struct fb_error err = { 0 };

	put("devices.json", text, len);
	fb_inventory_load(inventory, &none, dir, &err);
	fb_inventory_free(inventory);
}

static void as_audit(const char *text, size_t len)
{
	struct fb_audit_verdict verdict;
	struct fb_error err = { 0 };
	struct fb_audit *audit = NULL;
	json_t *lines = NULL;

	put("audit.log", text, len);
	if (!fb_audit_open(dir, &audit, &err)) {
		struct fb_audit_entry entry = { .what = "apply", .uid = -1 };

		fb_audit_add(audit, &entry, &err);
		fb_audit_close(audit);
	}
	fb_audit_verify(dir, &verdict, &err);
	if (!fb_audit_list(dir, 10, &lines, &err))
		json_decref(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const as[])(const char *text, size_t len) = {
		as_bundle, as_request, as_config,  as_switches, as_accesses,
		as_trial,  as_current, as_devices, as_audit,
	};
	fb_autofree char *text = NULL;

	if (!size)
		return 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = 0;
	as[data[0] % FB_ARRAY_SIZE(as)](text, size - 1);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/live.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/patience.h"
#include "ctl/client.h"
#include "ctl/protocol.h"

const char *fb_live_socket(const struct fb_call *call)
{
	const char *set = getenv("FIREBREAK_SOCKET");

	if (call->socket)
		return call->socket;
	return set && *set ? set : FB_CTL_SOCKET;
}

bool fb_live_exists(const struct fb_call *call)
{
	return !access(fb_live_socket(call), R_OK | W_OK);
}

static int explain_failure(const char *socket, const struct fb_error *err, struct fb_strbuf *why)
{
	switch (-err->code) {
	case EACCES:
	case EPERM:
		fb_strbuf_addf(why,
			       "%s may only be used by root and the firebreak groups: try sudo, or ask to be "
			       "added to one",
			       socket);
		break;
	case ENOENT:
	case ECONNREFUSED:
		fb_strbuf_addf(
			why,
			"no agent answers on %s: is firebreakd running? Whether anything is enforced without "
			"it says: firebreak doctor",
			socket);
		break;
	case ETIMEDOUT:
	case EAGAIN:
		fb_strbuf_addf(why,
			       "the agent on %s does not answer: \"systemctl status firebreakd\" may tell "
			       "why, and \"firebreak doctor\" what is enforced without it",
			       socket);
		break;
	default:
		fb_strbuf_addf(why, "asking the agent on %s: %s", socket, err->text);
	}
	return FB_EXIT_HOST;
}

static int ask(const struct fb_call *call, const char *method, const char *path, const char *body,
	       long *ret_status, json_t **ret, struct fb_strbuf *why)
{
	const char *socket = fb_live_socket(call);
	fb_autofree char *answer = NULL;
	struct fb_error err = { 0 };
	int r = -ETIMEDOUT;

	if (!fb_patience_is_lost()) {
		fb_patience_ask(true);
		r = fb_ctl_request(socket, method, path, body, ret_status, &answer, &err);
		fb_patience_ask(false);
	}
	if (r == -ETIMEDOUT || r == -EAGAIN)
		fb_patience_lose();
	if (r < 0) {
		err.code = r;
		return explain_failure(socket, &err, why);
	}
	*ret = json_loads(answer ? answer : "", 0, NULL);
	if (!json_is_object(*ret)) {
		json_decref(*ret);
		*ret = NULL;
		fb_strbuf_addf(why, "what answers on %s is not firebreakd: status %ld and no JSON object",
			       socket, *ret_status);
		return FB_EXIT_HOST;
	}
	return FB_EXIT_OK;
}

int fb_live_try(const struct fb_call *call, const char *path, json_t **ret, struct fb_strbuf *why)
{
	json_t *answer = NULL;
	long status = 0;
	int r = ask(call, "GET", path, NULL, &status, &answer, why);

	if (r)
		return r;
	if (status == 200) {
		*ret = answer;
		return FB_EXIT_OK;
	}

	const char *text = fb_field_text(answer, "error");

	if (status == 401 || status == 403) {
		fb_strbuf_addf(why, "the agent does not let you ask for %s: %s", path,
			       *text ? text : "no role");
		r = FB_EXIT_HOST;
	} else {
		fb_strbuf_add(why, *text ? text : "the agent refused, and did not say why");
		r = status == 400 ? FB_EXIT_USAGE : FB_EXIT_REFUSED;
	}
	json_decref(answer);
	return r;
}

void fb_live_complain(const struct fb_strbuf *why)
{
	static char *told;

	if (told && (fb_patience_is_lost() || !strcmp(told, fb_strbuf_get(why))))
		return;
	fb_complain("%s", fb_strbuf_get(why));
	free(told);
	told = strdup(fb_strbuf_get(why));
}

int fb_live_get(const struct fb_call *call, const char *path, json_t **ret)
{
	fb_autostrbuf struct fb_strbuf why = { 0 };
	int r = fb_live_try(call, path, ret, &why);

	if (r)
		fb_live_complain(&why);
	return r;
}

int fb_live_post(const struct fb_call *call, const char *path, json_t *body, long *ret_status, json_t **ret)
{
	fb_autofree char *text = json_dumps(body, JSON_COMPACT);
	fb_autostrbuf struct fb_strbuf why = { 0 };
	int r;

	json_decref(body);
	if (!text) {
		fb_complain("cannot write the request: a file is not UTF-8 text, or memory is short");
		return FB_EXIT_HOST;
	}
	r = ask(call, "POST", path, text, ret_status, ret, &why);
	if (r)
		fb_live_complain(&why);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a request that changes something brings. A value of another type reads as 0 or false, which is the strong act here, not the weak one: for good
 * and not on trial, cut and not rehearsed. So is a name that is written wrong. Both are refused before anybody reads them.
 */
#include <string.h>

#include "agent/api.h"

static const struct fb_api_member always[] = {
	{ "who", JSON_STRING },
	{ "reason", JSON_STRING },
	{ "session", JSON_OBJECT },
	{ "allow_lockout", JSON_TRUE },
	{ 0 },
};

static const struct fb_api_member *find(const struct fb_api_member *list, const char *name)
{
	while (list->name && strcmp(list->name, name))
		list++;
	return list->name ? list : NULL;
}

static const char *type_name(json_type type)
{
	switch (type) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number with a point";
	case JSON_NULL:
		return "null";
	default:
		return "true or false";
	}
}

static bool check(const json_t *body, const struct fb_api_member *takes, struct fb_ctl_answer *answer)
{
	const char *name;
	const json_t *value;

	json_object_foreach ((json_t *)body, name, value) {
		const struct fb_api_member *member = find(takes, name) ?: find(always, name);
		json_type type = json_is_boolean(value) ? JSON_TRUE : json_typeof(value);

		if (!member && strlen(name) > 64)
			return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
						   "a member has a name that this request does not know");
		if (!member)
			return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
						   "%s: this request has no such member", name);
		if (type != member->type)
			return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s must be %s, not %s", name,
						   type_name(member->type), type_name(type));
	}
	return true;
}

json_t *fb_api_read_body(const struct fb_ctl_request *request, const struct fb_api_member *takes,
			 struct fb_ctl_answer *answer)
{
	json_error_t why;
	json_t *body = json_loadb(request->body_len ? request->body : "{}",
				  request->body_len ? request->body_len : 2, JSON_REJECT_DUPLICATES, &why);

	if (!json_is_object(body))
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "not JSON: %s",
				    body ? "not an object" : why.text);
	else if (check(body, takes, answer))
		return body;
	json_decref(body);
	return NULL;
}

bool fb_api_query_number(const struct fb_ctl_request *request, const char *name, __u64 max, __u64 *ret,
			 struct fb_ctl_answer *answer)
{
	const char *text = fb_ctl_query(request, name);
	unsigned long long number;
	char *rest = NULL;

	if (!text)
		return true;
	number = strtoull(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest || number > max)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					   "%s=%.64s: must be a number up to %llu", name, text,
					   (unsigned long long)max);
	*ret = number;
	return true;
}

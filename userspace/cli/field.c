// SPDX-License-Identifier: GPL-2.0-only
/* Fields of the agent's answers. */
#include <string.h>

#include "cli/live.h"
#include "cli/output.h"

long long fb_field_int(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return json_is_number(v) ? (long long)json_number_value(v) : 0;
}

const char *fb_field_text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

bool fb_field_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static void add_value(const json_t *v, struct fb_strbuf *out)
{
	if (json_is_string(v)) {
		fb_strbuf_add(out, json_string_value(v));
	} else if (json_is_integer(v)) {
		fb_strbuf_addf(out, "%lld", (long long)json_integer_value(v));
	} else if (json_is_object(v)) {
		const json_t *vlan = json_object_get(v, "vlan");

		fb_strbuf_add(out, fb_field_text(v, *fb_field_text(v, "device") ? "device" : "name"));
		if (json_is_integer(vlan) && json_integer_value(vlan) > 0)
			fb_strbuf_addf(out, " vlan %lld", (long long)json_integer_value(vlan));
	}
}

void fb_field_list(const json_t *object, const char *name, struct fb_strbuf *out)
{
	const json_t *v = json_object_get(object, name);

	if (!json_is_array(v)) {
		add_value(v, out);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (i)
			fb_strbuf_add(out, ", ");
		add_value(json_array_get(v, i), out);
	}
}

const char *fb_field_time(const json_t *object, const char *name, char *buf)
{
	const json_t *v = json_object_get(object, name);

	if (json_is_string(v) && *json_string_value(v))
		return json_string_value(v);
	return fb_human_time(fb_field_int(object, name), buf);
}

void fb_array_filter(json_t *array, bool (*keep)(const json_t *element, const void *arg), const void *arg)
{
	for (size_t i = json_array_size(array); i-- > 0;)
		if (!keep(json_array_get(array, i), arg))
			json_array_remove(array, i);
}

struct keyed {
	long long key;
	size_t place;
	json_t *value;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	return x->place < y->place ? -1 : 1; /* qsort is not stable */
}

void fb_array_sort(json_t *array, const char *field)
{
	size_t n = json_array_size(array);
	struct keyed *k = calloc(n + 1, sizeof(*k));

	if (!k)
		abort();
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_array_get(array, i);

		k[i] = (struct keyed){ fb_field_int(v, field), i, json_incref(v) };
	}
	qsort(k, n, sizeof(*k), by_key);
	json_array_clear(array);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, k[i].value);
	free(k);
}

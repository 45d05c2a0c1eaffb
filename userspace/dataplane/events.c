// SPDX-License-Identifier: GPL-2.0-only
/* What the programs tell (bpf/lib/event.h): the ring buffer, the totals beside it, and the inventory of devices seen. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

struct fb_dataplane_events {
	struct ring_buffer *ring;
	void (*each)(const struct fb_event *event, void *user);
	void *user;
	unsigned int left; /* of this reading */
};

/* A negative answer ends the reading; the event itself counts as read. */
static int hear(void *user, void *data, size_t size)
{
	struct fb_dataplane_events *events = user;

	if (size == sizeof(struct fb_event))
		events->each(data, events->user);
	return --events->left ? 0 : -EAGAIN;
}

int fb_dataplane_events_open(const struct fb_dataplane *dp,
			     void (*each)(const struct fb_event *event, void *user), void *user,
			     struct fb_dataplane_events **ret, struct fb_error *err)
{
	struct fb_dataplane_events *events = calloc(1, sizeof(*events));

	if (!events)
		abort();
	events->each = each;
	events->user = user;
	events->ring = ring_buffer__new(dp->live.fd[FB_MAP_EVENTS], hear, events, NULL);
	if (!events->ring) {
		int r = fb_error_set(err, -errno, "the ring buffer of events cannot be read: %s",
				     strerror(errno));

		free(events);
		return r;
	}
	*ret = events;
	return 0;
}

void fb_dataplane_events_close(struct fb_dataplane_events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	free(events);
}

int fb_dataplane_events_fd(const struct fb_dataplane_events *events)
{
	return ring_buffer__epoll_fd(events->ring);
}

bool fb_dataplane_events_read(struct fb_dataplane_events *events, unsigned int max)
{
	events->left = max;
	ring_buffer__consume(events->ring);
	return !events->left;
}

/* Each CPU writes its own; a word is read whole. */
void fb_dataplane_event_totals(const struct fb_dataplane *dp, __u64 *ret_emitted, __u64 *ret_lost)
{
	const char *scratch = dp->live.mem[FB_MAP_SCRATCH];

	*ret_emitted = *ret_lost = 0;
	for (unsigned int cpu = 0; cpu < dp->sizes.cpus; cpu++) {
		const struct fb_event_meter *m =
			(const void *)(scratch + (size_t)cpu * FB_SCRATCH_BYTES + FB_SCRATCH_METER);

		*ret_emitted += __atomic_load_n(&m->emitted, __ATOMIC_RELAXED);
		*ret_lost += __atomic_load_n(&m->lost, __ATOMIC_RELAXED);
	}
}

void fb_dataplane_each_device(const struct fb_dataplane *dp,
			      void (*each)(const struct fb_device_key *key, const struct fb_device_seen *seen,
					   void *user),
			      void *user)
{
	enum { MAX = 16384 }; /* the map's size; one that is written meanwhile may begin again */
	int fd = dp->live.fd[FB_MAP_DEVICES];
	struct fb_device_key key, *last = NULL;

	for (int i = 0; i < MAX && bpf_map_get_next_key(fd, last, &key) == 0; i++, last = &key) {
		struct fb_device_seen seen;

		if (bpf_map_lookup_elem(fd, &key, &seen) == 0)
			each(&key, &seen, user);
	}
}

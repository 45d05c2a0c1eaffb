// SPDX-License-Identifier: GPL-2.0-only
/*
 * top on a terminal. Asking has a thread of its own: a key is answered at once also while the agent is busy or gone. The two hand each
 * other pointers through pipes and never hold the same thing at once, but for the last snapshot, which neither changes.
 */
#include "cli/top_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct question {
	const struct fb_top_snapshot *last;
	bool flows;
};
struct answer {
	struct fb_top_snapshot snapshot;
	char *why; /* NULL = there is a snapshot */
};

struct screen {
	const struct fb_call *call;
	int ask[2], answer[2]; /* pipes */
	struct fb_top_past past;
	struct fb_top_look look;
	char *why;	  /* the last answer that was none */
	__s64 asked, due; /* ms: when a question went out, 0 = none is under way; when the next is to */
};

static __s64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (__s64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *asker(void *arg)
{
	struct screen *s = arg;
	struct question q;

	while (read(s->ask[0], &q, sizeof(q)) == sizeof(q)) {
		fb_autostrbuf struct fb_strbuf why = { 0 };
		struct answer a = { 0 };

		if (fb_top_fetch(s->call, q.last, q.flows, &a.snapshot, &why))
			a.why = fb_strbuf_steal(&why);
		if (write(s->answer[1], &a, sizeof(a)) != sizeof(a))
			break;
	}
	return NULL;
}

static void ask(struct screen *s)
{
	struct question q = { .last = &s->past.now, .flows = s->look.view == FB_TOP_FLOWS };

	if (write(s->ask[1], &q, sizeof(q)) == sizeof(q))
		s->asked = now_ms();
}

static void take_answer(struct screen *s)
{
	struct answer a;

	if (read(s->answer[0], &a, sizeof(a)) != sizeof(a))
		return;
	free(s->why);
	s->why = a.why;
	s->asked = 0;
	if (!a.why)
		fb_top_past_add(&s->past, &a.snapshot);
}

static bool draw(struct screen *s)
{
	fb_autostrbuf struct fb_strbuf lines = { 0 }, late = { 0 };
	__s64 now = now_ms(), patience = (__s64)(s->look.delay * 1000) + 3000;
	struct fb_top top;
	bool there;

	fb_term_size(&s->look.screen.width, &s->look.height);
	s->look.now = time(NULL);
	s->look.gone = s->why;
	if (s->asked && now - s->asked > patience) {
		fb_strbuf_addf(&late, "it has not answered for %lld s; enforcement goes on without it",
			       (long long)(now - s->asked) / 1000);
		s->look.gone = fb_strbuf_get(&late);
	}
	fb_top_past_compare(&s->past, s->look.sort, &top);
	fb_top_render(&top, &s->look, &lines);
	there = fb_term_draw(fb_strbuf_get(&lines));
	fb_top_done(&top);
	return there;
}

static void scroll(struct fb_top_look *look, int key)
{
	size_t page = look->page ? look->page : 1, most = (size_t)1 << 30;
	size_t step = key == FB_KEY_PAGE_UP || key == FB_KEY_PAGE_DOWN ? page : 1;

	switch (key) {
	case FB_KEY_HOME:
		look->scroll = 0;
		break;
	case FB_KEY_END:
		look->scroll = most;
		break;
	case FB_KEY_UP:
	case FB_KEY_PAGE_UP:
		look->scroll -= step < look->scroll ? step : look->scroll;
		break;
	default:
		look->scroll += step;
	}
}

static void pause_or_go_on(struct screen *s)
{
	s->look.paused = !s->look.paused;
	if (!s->look.paused)
		s->due = 0;
}

/* False = to end. */
static bool on_key(struct screen *s, int key)
{
	struct fb_top_look *look = &s->look;

	switch (key) {
	case 'q':
	case 'Q':
	case FB_KEY_GONE:
		return false;
	case 'p':
		pause_or_go_on(s);
		break;
	case ' ':
		s->due = 0;
		break;
	case 's':
		look->sort = (look->sort + 1) % FB_TOP_SORTS;
		break;
	case '?':
	case 'h':
		look->help = !look->help;
		break;
	case '0' ... '4':
		look->view = (enum fb_top_view)(key - '0');
		look->scroll = 0;
		look->help = false;
		s->due = key == '4' ? 0 : s->due; /* flows are asked for only now */
		break;
	case FB_KEY_UP ... FB_KEY_END:
		scroll(look, key);
		break;
	default:
		break;
	}
	return true;
}

/* Until a key ends it or the terminal is gone. Drawn anew after whatever happened, and each second while an answer is missing. */
static void run(struct screen *s)
{
	for (;;) {
		__s64 now = now_ms(), wait;
		bool wanted = !s->look.paused || !s->due;
		int key;

		if (!s->asked && wanted && now >= s->due) {
			ask(s);
			s->due = now + (__s64)(s->look.delay * 1000);
		}
		if (!draw(s))
			return;
		wait = s->asked || !wanted || s->look.paused ? 1000 : s->due - now;
		key = fb_term_wait(s->answer[0], (int)(wait < 0 ? 0 : wait));
		if (key == FB_KEY_NONE)
			take_answer(s);
		else if (!on_key(s, key))
			return;
	}
}

int fb_top_screen(const struct fb_call *call, const struct fb_top_look *look, struct fb_top_snapshot *first)
{
	static struct screen s; /* the asker may hold on to it until the process is no more */
	pthread_t thread;

	s = (struct screen){ .call = call, .look = *look };
	s.due = now_ms() + (__s64)(look->delay < 1 ? look->delay * 1000 : 1000);
	fb_top_past_add(&s.past, first);
	/* not waiting for an answer that is not there: whatever else woke us up */
	if (pipe2(s.ask, O_CLOEXEC) < 0 || pipe2(s.answer, O_CLOEXEC | O_NONBLOCK) < 0) {
		fb_complain("top: cannot make a pipe: %s", strerror(errno));
		return FB_EXIT_HOST;
	}
	json_object_seed(0); /* before there are two threads */
	fb_term_open();
	errno = pthread_create(&thread, NULL, asker, &s);
	if (errno) {
		fb_term_close();
		fb_complain("top: cannot make a thread: %s", strerror(errno));
		return FB_EXIT_HOST;
	}
	run(&s);
	fb_term_close();
	return FB_EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal: a screen of its own, keys one by one, and all of it given back on every way out. Plain sequences that every terminal of the
 * last thirty years knows; a whole frame is one write, so that nothing flickers.
 */
#include "cli/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Another screen, no cursor, no wrapping at the right edge; and back. */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[2J", leave[] = "\033[?7h\033[?25h\033[?1049l";

static struct termios before;
static bool keys; /* somebody can type */
static volatile sig_atomic_t taken, resized, stopped;
static sigset_t waiting; /* while waiting for keys: what comes in between is kept back */

/* Also in handlers: only what may be called there. */
void fb_term_close(void)
{
	ssize_t ignored;

	if (!taken)
		return;
	taken = 0;
	ignored = write(STDOUT_FILENO, leave, sizeof(leave) - 1);
	(void)ignored;
	/* A shell that has taken the terminal back has set it up for itself. */
	if (keys && tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void take(void)
{
	ssize_t ignored;

	if (keys) {
		struct termios raw = before;

		/* Ctrl-C and Ctrl-Z stay signals: they work whatever this program is doing */
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	taken = 1;
	ignored = write(STDOUT_FILENO, enter, sizeof(enter) - 1);
	(void)ignored;
}

/* The signal does what it always does, on a terminal that is as it was. */
static void on_end(int number)
{
	fb_term_close();
	raise(number);
}

static void on_note(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		stopped = 1;
}

void fb_term_open(void)
{
	static const int ends[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGSEGV,
				    SIGABRT, SIGBUS,  SIGFPE, SIGILL,  SIGPIPE };
	struct sigaction end = { .sa_handler = on_end, .sa_flags = (int)SA_RESETHAND | SA_NODEFER };
	struct sigaction note = { .sa_handler = on_note };
	sigset_t held;

	keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
	for (size_t i = 0; i < FB_ARRAY_SIZE(ends); i++)
		sigaction(ends[i], &end, NULL);
	sigaction(SIGWINCH, &note, NULL);
	sigaction(SIGTSTP, &note, NULL);
	sigemptyset(&held);
	sigaddset(&held, SIGWINCH);
	sigaddset(&held, SIGTSTP);
	sigprocmask(SIG_BLOCK, &held, &waiting);
	sigdelset(&waiting, SIGWINCH);
	sigdelset(&waiting, SIGTSTP);
	atexit(fb_term_close);
	take();
}

void fb_term_size(unsigned int *ret_width, unsigned int *ret_height)
{
	struct winsize size = { 0 };
	bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);

	*ret_width = known && size.ws_col ? size.ws_col : 80;
	*ret_height = known && size.ws_row ? size.ws_row : 24;
}

bool fb_term_draw(const char *lines)
{
	fb_autostrbuf struct fb_strbuf frame = { 0 };
	size_t done = 0;

	fb_strbuf_add(&frame, "\033[H");
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		/* emptied before it is written: behind the last column that would take the last character */
		fb_strbuf_add(&frame, "\033[K");
		fb_strbuf_addn(&frame, lines, n);
		lines += n;
		if (*lines && *++lines)
			fb_strbuf_add(&frame, "\r\n");
	}
	while (done < frame.len) {
		ssize_t n = write(STDOUT_FILENO, frame.s + done, frame.len - done);

		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static int key_of(const char *typed)
{
	static const struct {
		const char *typed;
		int key;
	} known[] = {
		{ "\033[A", FB_KEY_UP },   { "\033OA", FB_KEY_UP },	  { "\033[B", FB_KEY_DOWN },
		{ "\033OB", FB_KEY_DOWN }, { "\033[5~", FB_KEY_PAGE_UP }, { "\033[6~", FB_KEY_PAGE_DOWN },
		{ "\033[H", FB_KEY_HOME }, { "\033OH", FB_KEY_HOME },	  { "\033[1~", FB_KEY_HOME },
		{ "\033[F", FB_KEY_END },  { "\033OF", FB_KEY_END },	  { "\033[4~", FB_KEY_END },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(known); i++)
		if (!strncmp(typed, known[i].typed, strlen(known[i].typed)))
			return known[i].key;
	return *typed > 0 && *typed != '\033' ? *typed : FB_KEY_OTHER;
}

/* One character, or one sequence: what begins with ESC is read to its end. */
static int read_key(void)
{
	char typed[8] = { 0 };
	ssize_t n = read(STDIN_FILENO, typed, 1);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		return FB_KEY_GONE;
	for (size_t i = 1; n > 0 && *typed == '\033' && i < sizeof(typed) - 1; i++) {
		struct pollfd more = { .fd = STDIN_FILENO, .events = POLLIN };

		if (poll(&more, 1, 20) <= 0 || read(STDIN_FILENO, typed + i, 1) <= 0)
			break;
		if (i > 1 && typed[i] >= '@' && typed[i] <= '~')
			break;
	}
	return n > 0 ? key_of(typed) : FB_KEY_NONE;
}

/*
 * Where others are in the job (a script around this, sudo), the shell may have taken the terminal back as soon as they stopped: then giving it back would stop
 * this program by SIGTTOU, and `fg` would find it stopping once more; and what the shell said went to the screen that is left here.
 */
static void stop(void)
{
	static const char said[] = "Stopped\r\n";
	bool late = keys && tcgetpgrp(STDIN_FILENO) != getpgrp();
	sigset_t background, old;
	ssize_t ignored;

	sigemptyset(&background);
	sigaddset(&background, SIGTTOU);
	sigprocmask(SIG_BLOCK, &background, &old);
	fb_term_close();
	ignored = late ? write(STDOUT_FILENO, said, sizeof(said) - 1) : 0;
	(void)ignored;
	sigprocmask(SIG_SETMASK, &old, NULL);
	raise(SIGSTOP);
	/* and again in the foreground */
	take();
}

int fb_term_wait(int fd, int ms)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = keys ? STDIN_FILENO : -1, .events = POLLIN } };
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	int r = ppoll(fds, FB_ARRAY_SIZE(fds), &wait, &waiting);

	if (stopped) {
		stopped = 0;
		stop();
		return FB_KEY_RESIZED;
	}
	if (resized) {
		resized = 0;
		return FB_KEY_RESIZED;
	}
	if (r > 0 && fds[1].revents)
		return read_key();
	return FB_KEY_NONE;
}

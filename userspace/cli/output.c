// SPDX-License-Identifier: GPL-2.0-only
#include "cli/output.h"

#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <firebreak_abi.h>

static unsigned int terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	char *end = NULL;

	if (columns && *columns) {
		unsigned long n = strtoul(columns, &end, 10);

		if (!*end && n >= 10 && n < 10000)
			return (unsigned int)n;
	}
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 80;
}

/* Texts are UTF-8 in any locale (main.c); who says C gets no sign that is not in the text. */
static bool wants_ascii(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return !strcmp(value, "C") || !strcmp(value, "POSIX");
	}
	return false;
}

struct fb_screen fb_screen_of(FILE *f)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct fb_screen screen = { .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") && !wants_ascii() };

	if (!isatty(fileno(f)))
		return screen;
	screen.width = terminal_width(fileno(f));
	screen.colour = !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
	return screen;
}

const char *fb_colour_begin(const struct fb_screen *screen, enum fb_colour colour)
{
	static const char *const sequences[] = {
		"", "\033[31m", "\033[32m", "\033[33m", "\033[2m", "\033[1m"
	};

	return screen->colour ? sequences[colour] : "";
}

const char *fb_colour_end(const struct fb_screen *screen, enum fb_colour colour)
{
	return screen->colour && colour != FB_PLAIN ? "\033[0m" : "";
}

/* The next character of text: its length in bytes and its columns (-1 = not printable). */
static size_t next_char(const char *text, int *ret_columns)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, strnlen(text, MB_LEN_MAX), &state);

	if (n == 0 || n == (size_t)-1 || n == (size_t)-2) {
		*ret_columns = -1;
		return 1;
	}
	*ret_columns = wcwidth(c);
	return n;
}

unsigned int fb_text_width(const char *text)
{
	unsigned int width = 0;
	int columns;

	while (*text) {
		text += next_char(text, &columns);
		width += columns < 0 ? 1 : (unsigned int)columns;
	}
	return width;
}

void fb_text_clip(struct fb_strbuf *out, const struct fb_screen *screen, const char *text, unsigned int width)
{
	bool cut = width && fb_text_width(text) > width;
	unsigned int room = cut ? width - 1 : ~0u, used = 0;
	int columns;

	while (*text) {
		size_t n = next_char(text, &columns);
		unsigned int w = columns < 0 ? 1 : (unsigned int)columns;

		if (used + w > room)
			break;
		if (columns < 0)
			fb_strbuf_addc(out, '?');
		else
			fb_strbuf_addn(out, text, n);
		used += w;
		text += n;
	}
	if (cut)
		fb_strbuf_add(out, screen->utf8 ? "\u2026" : "~");
}

void fb_text_wrap(struct fb_strbuf *out, const char *text, unsigned int column, unsigned int indent,
		  unsigned int width)
{
	bool fresh = true; /* nothing of text stands on this line yet */

	for (;;) {
		size_t len = strcspn(text, " ");
		fb_autostrbuf struct fb_strbuf word = { 0 };
		unsigned int n;

		fb_strbuf_addn(&word, text, len);
		n = fb_text_width(fb_strbuf_get(&word));
		if (!fresh && width && column + 1 + n > width) {
			fb_strbuf_addf(out, "\n%*s", (int)indent, "");
			column = indent;
			fresh = true;
		}
		if (!fresh) {
			fb_strbuf_addc(out, ' ');
			column++;
		}
		fb_strbuf_addn(out, text, len);
		column += n;
		fresh = false;
		text += len;
		if (!*text)
			break;
		text++;
	}
	fb_strbuf_addc(out, '\n');
}

void fb_table_add(struct fb_table *table, const char *text)
{
	char *copy = strdup(text && *text ? text : "-");

	if (!copy)
		abort();
	fb_vec_add(&table->cells, (struct fb_cell){ .text = copy });
}

void fb_table_addf(struct fb_table *table, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	fb_vec_add(&table->cells, (struct fb_cell){ .text = text });
}

void fb_table_colour(struct fb_table *table, enum fb_colour colour)
{
	table->cells.v[table->cells.n - 1].colour = colour;
}

void fb_table_done(struct fb_table *table)
{
	for (size_t i = 0; i < table->cells.n; i++)
		free(table->cells.v[i].text);
	fb_vec_done(&table->cells);
}

enum { GAP = 2, COLUMNS_MAX = 16, KEEP = 10 };

/* What the columns of one rank can give: texts are cut down to keep, from the right. */
static unsigned int cut(const struct fb_table *t, unsigned int *widths, unsigned int rank, bool all,
			unsigned int keep, unsigned int excess)
{
	for (unsigned int c = t->n_columns; c-- > 0 && excess;) {
		unsigned int give;

		if (t->columns[c].rank != rank || !(all || t->columns[c].text) || widths[c] <= keep)
			continue;
		give = widths[c] - keep < excess ? widths[c] - keep : excess;
		widths[c] -= give;
		excess -= give;
	}
	return excess;
}

/* Of what stays to the end, the first column at least. */
static unsigned int drop(const struct fb_table *t, unsigned int *widths, unsigned int rank,
			 unsigned int excess)
{
	for (unsigned int c = t->n_columns; c-- > !rank && excess;)
		if (t->columns[c].rank == rank && widths[c]) {
			unsigned int give = widths[c] + GAP;

			widths[c] = 0;
			excess -= give < excess ? give : excess;
		}
	return excess;
}

/*
 * Takes what is too much from the columns, least important first: a text is cut, and if that is not enough the whole column goes,
 * before a more important one suffers. Half a number or half a date would be worse than none.
 */
static void fit(const struct fb_table *t, unsigned int *widths, unsigned int screen)
{
	unsigned int total = 0, top = 0, excess;

	for (unsigned int c = 0; c < t->n_columns; c++) {
		total += widths[c] ? widths[c] + (c ? GAP : 0) : 0;
		top = t->columns[c].rank > top ? t->columns[c].rank : top;
	}
	excess = total > screen ? total - screen : 0;
	for (unsigned int rank = top; rank > 0 && excess; rank--) {
		excess = cut(t, widths, rank, false, KEEP, excess);
		excess = drop(t, widths, rank, excess);
	}
	excess = cut(t, widths, 0, false, KEEP, excess);
	excess = cut(t, widths, 0, true, KEEP / 2, excess);
	excess = drop(t, widths, 0, excess);
	cut(t, widths, 0, true, 1, excess);
}

static void render_cell(const struct fb_table *t, const struct fb_screen *screen, unsigned int c,
			unsigned int width, const struct fb_cell *cell, bool last, struct fb_strbuf *out)
{
	unsigned int w = fb_text_width(cell->text);
	unsigned int pad = w < width ? width - w : 0;

	if (t->columns[c].right)
		fb_strbuf_addf(out, "%*s", (int)pad, "");
	fb_strbuf_add(out, fb_colour_begin(screen, cell->colour));
	fb_text_clip(out, screen, cell->text, screen->width ? width : 0);
	fb_strbuf_add(out, fb_colour_end(screen, cell->colour));
	if (!t->columns[c].right && !last)
		fb_strbuf_addf(out, "%*s", (int)pad, "");
}

static void render_row(const struct fb_table *t, const struct fb_screen *screen, const unsigned int *widths,
		       const struct fb_cell *cells, struct fb_strbuf *out)
{
	unsigned int last = 0;
	bool any = false;

	for (unsigned int c = 0; c < t->n_columns; c++)
		last = widths[c] ? c : last;
	for (unsigned int c = 0; c <= last; c++) {
		if (!widths[c])
			continue;
		if (any)
			fb_strbuf_addf(out, "%*s", GAP, "");
		any = true;
		render_cell(t, screen, c, widths[c], &cells[c], c == last, out);
	}
	fb_strbuf_addc(out, '\n');
}

static bool is_empty(const struct fb_table *t, unsigned int c)
{
	for (size_t i = c; i < t->cells.n; i += t->n_columns)
		if (strcmp(t->cells.v[i].text, "-") != 0)
			return false;
	return true;
}

void fb_table_render(const struct fb_table *table, const struct fb_screen *screen, struct fb_strbuf *out)
{
	unsigned int widths[COLUMNS_MAX] = { 0 };
	struct fb_cell titles[COLUMNS_MAX] = { 0 };

	if (!table->cells.n)
		return;
	for (unsigned int c = 0; c < table->n_columns; c++) {
		titles[c] = (struct fb_cell){ .text = (char *)table->columns[c].title, .colour = FB_BOLD };
		widths[c] = fb_text_width(titles[c].text);
	}
	for (size_t i = 0; i < table->cells.n; i++) {
		unsigned int w = fb_text_width(table->cells.v[i].text);

		if (w > widths[i % table->n_columns])
			widths[i % table->n_columns] = w;
	}
	for (unsigned int c = 0; c < table->n_columns; c++)
		if (table->columns[c].sparse && is_empty(table, c))
			widths[c] = 0;
	if (screen->width)
		fit(table, widths, screen->width);
	render_row(table, screen, widths, titles, out);
	for (size_t i = 0; i + table->n_columns <= table->cells.n; i += table->n_columns)
		render_row(table, screen, widths, &table->cells.v[i], out);
}

void fb_table_print(const struct fb_table *table)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_screen screen = fb_screen_of(stdout);

	fb_table_render(table, &screen, &out);
	fputs(fb_strbuf_get(&out), stdout);
}

void fb_line_add(struct fb_strbuf *out, const struct fb_screen *screen, enum fb_colour colour,
		 const char *fmt, va_list ap)
{
	fb_autofree char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	fb_strbuf_add(out, fb_colour_begin(screen, colour));
	fb_text_clip(out, screen, text, screen->width);
	fb_strbuf_add(out, fb_colour_end(screen, colour));
	fb_strbuf_addc(out, '\n');
}

void fb_print_line(const struct fb_screen *screen, enum fb_colour colour, const char *fmt, ...)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	va_list ap;

	va_start(ap, fmt);
	fb_line_add(&out, screen, colour, fmt, ap);
	va_end(ap);
	fputs(fb_strbuf_get(&out), stdout);
}

void fb_print_wrapped(const struct fb_screen *screen, enum fb_colour colour, const char *fmt, ...)
{
	fb_autostrbuf struct fb_strbuf clean = { 0 }, out = { 0 };
	fb_autofree char *text = NULL;
	unsigned int indent;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	fb_text_clip(&clean, screen, text, 0);
	indent = (unsigned int)strspn(fb_strbuf_get(&clean), " ");
	fb_strbuf_addf(&out, "%s%*s", fb_colour_begin(screen, colour), (int)indent, "");
	fb_text_wrap(&out, fb_strbuf_get(&clean) + indent, indent, indent + 2, screen->width);
	fb_strbuf_add(&out, fb_colour_end(screen, colour));
	fputs(fb_strbuf_get(&out), stdout);
}

int fb_json_put(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(value);
	return 0;
}

void fb_complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout); /* what was said before stays before */
	fputs("firebreak: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

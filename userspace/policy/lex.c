// SPDX-License-Identifier: GPL-2.0-only
#include "policy/lex.h"

#include <string.h>

size_t fb_utf8_decode(const char *s, size_t n, unsigned int *ret)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = n ? (unsigned char)s[0] : 0x80;
	size_t len = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
	unsigned int cp = len == 1 ? c : c & (0x7fu >> len);

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret = cp;
	return len;
}

bool fb_codepoint_hidden(unsigned int cp)
{
	/* Unicode's default ignorables and bidirectional controls: fillers, variation selectors, tags .. take no room. */
	static const struct {
		unsigned int first, last;
	} hidden[] = {
		{ 0, 0x1f },	      { 0x7f, 0x9f },	    { 0xad, 0xad },	  { 0x34f, 0x34f },
		{ 0x61c, 0x61c },     { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },	  { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },	  { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },	  { 0xfff0, 0xfffb },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (cp >= hidden[i].first && cp <= hidden[i].last)
			return true;
	return false;
}

static bool fb_text_goes_on(const char *text, size_t i, size_t len, unsigned int cp)
{
	return cp == '\t' || cp == '\n' || (cp == '\r' && i + 1 < len && text[i + 1] == '\n') ||
	       (cp == 0xfeff && i == 0) || !fb_codepoint_hidden(cp);
}

/* The length of what follows an escape character: [ digits ; letter. */
static size_t fb_terminal_command(const char *s, size_t n)
{
	size_t i = 1;

	if (!n || s[0] != '[')
		return 0;
	while (i < n && s[i] && strchr("0123456789;?", s[i]))
		i++;
	return i < n && s[i] >= '@' && s[i] <= '~' ? i + 1 : i;
}

const char *fb_lexer_check_text(struct fb_arena *arena, unsigned int file, const char *text, size_t len,
				struct fb_diags *diags)
{
	struct fb_at at = { .file = file, .line = 1 };
	unsigned int reported = 0;
	bool foreign = false; /* another character set is one mistake */
	size_t line_start = 0, n;
	char *copy = NULL;

	for (size_t i = 0; i < len; i += n) {
		unsigned int cp = 0;

		n = fb_utf8_decode(text + i, len - i, &cp);
		if (n && fb_text_goes_on(text, i, len, cp)) {
			if (cp == '\n') {
				at.line++;
				line_start = i + 1;
			}
			continue;
		}
		if (!copy)
			copy = fb_arena_strndup(arena, text, len);
		/* A letter keeps a name one name; a blank keeps two words apart, and a terminal's command is none. */
		if (cp == 0x1b)
			n += fb_terminal_command(text + i + 1, len - i - 1);
		memset(copy + i, !n || cp >= 0x80 ? 'x' : ' ', n ? n : 1);
		at.col = (unsigned int)(i - line_start + 1);
		if (reported == at.line || (!n && foreign))
			;
		else if (!n)
			fb_diag_error(diags, at, "write the file in UTF-8", "byte 0x%02x is not UTF-8",
				      (unsigned char)text[i]);
		else
			fb_diag_error(diags, at,
				      "take it out: policy texts end up in reports, logs and terminals",
				      "control character U+%04X", cp);
		foreign |= !n;
		reported = at.line;
		n = n ? n : 1;
	}
	return copy;
}

void fb_lexer_init(struct fb_lexer *lexer, unsigned int file, const char *text, size_t len,
		   struct fb_diags *diags)
{
	*lexer = (struct fb_lexer){
		.text = text,
		.len = len,
		.file = file,
		.line = 1,
		.last = FB_TOKEN_NEWLINE,
		.diags = diags,
	};
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		lexer->pos = 3;
}

void fb_lexer_done(struct fb_lexer *lexer)
{
	fb_vec_done(&lexer->comments);
}

static struct fb_at fb_lexer_at(const struct fb_lexer *lexer, size_t pos)
{
	return (struct fb_at){ lexer->file, lexer->line, (unsigned int)(pos - lexer->line_start + 1) };
}

static int fb_lexer_char(const struct fb_lexer *lexer, size_t pos)
{
	return pos < lexer->len ? (unsigned char)lexer->text[pos] : -1;
}

bool fb_lexer_line_is_open(struct fb_lexer *lexer)
{
	bool in_string = false;

	if (lexer->open_line == lexer->line || lexer->closed_line == lexer->line)
		return lexer->open_line == lexer->line;
	for (size_t i = lexer->line_start; i < lexer->len && lexer->text[i] != '\n'; i++) {
		if (lexer->text[i] == '"') {
			in_string = !in_string;
			lexer->open_col = (unsigned int)(i - lexer->line_start + 1);
		} else if (lexer->text[i] == '#' && !in_string)
			break;
	}
	if (in_string)
		lexer->open_line = lexer->line;
	else
		lexer->closed_line = lexer->line;
	return in_string;
}

void fb_lexer_skip_line(struct fb_lexer *lexer)
{
	const char *s = lexer->text + lexer->pos, *end = memchr(s, '\n', lexer->len - lexer->pos);

	if (!end)
		end = lexer->text + lexer->len;
	lexer->pos = (size_t)(end - lexer->text);
	while (end > s && (unsigned char)end[-1] <= ' ')
		end--;
	/* A brace at the end was meant to close what the line opened: taking it so keeps one mistake one message. */
	if (end > s && end[-1] == '}' && lexer->line_braces > 0)
		lexer->pos = (size_t)(end - 1 - lexer->text);
}

static bool fb_lexer_in_word(const struct fb_lexer *lexer, size_t pos)
{
	int c = fb_lexer_char(lexer, pos);

	if (c <= ' ' || c == 0x7f || strchr("\"#{},;<>", c))
		return false;
	return c != '-' || fb_lexer_char(lexer, pos + 1) != '>';
}

static void fb_lexer_comment(struct fb_lexer *lexer)
{
	const char *s = lexer->text + lexer->pos + 1;
	const char *end = memchr(s, '\n', lexer->len - lexer->pos - 1);
	struct fb_comment comment = { .s = s,
				      .at = fb_lexer_at(lexer, lexer->pos),
				      .blank_before = lexer->blank };

	if (!end)
		end = lexer->text + lexer->len;
	lexer->pos = (size_t)(end - lexer->text);
	while (end > s && (unsigned char)end[-1] <= ' ')
		end--;
	comment.len = (size_t)(end - s);
	fb_vec_add(&lexer->comments, comment);
	lexer->blank = false;
	lexer->line_used = true;
}

/* Steps over blanks, comments and the line ends that end nothing. Returns true at a line end that does. */
static bool fb_lexer_skip(struct fb_lexer *lexer)
{
	for (;;) {
		int c = fb_lexer_char(lexer, lexer->pos);

		if (c == '#') {
			fb_lexer_comment(lexer);
		} else if (c == '\n') {
			bool ends = !lexer->in_list && lexer->last != FB_TOKEN_NEWLINE &&
				    lexer->last != FB_TOKEN_COMMA && lexer->last != FB_TOKEN_ARROW &&
				    lexer->last != FB_TOKEN_BOTH && lexer->last != FB_TOKEN_OPEN;

			if (ends)
				return true;
			lexer->blank |= !lexer->line_used;
			lexer->line_used = false;
			lexer->line_braces = 0;
			lexer->line_start = ++lexer->pos;
			lexer->line++;
		} else if (c >= 0 && (c <= ' ' || c == 0x7f)) {
			lexer->pos++;
		} else {
			return false;
		}
	}
}

static void fb_lexer_string(struct fb_lexer *lexer, struct fb_token *ret)
{
	size_t end = lexer->pos + 1;
	bool tab = false;

	for (int c; (c = fb_lexer_char(lexer, end)) >= 0 && c != '"' && c != '\n'; end++) {
		if (c == '\t' && !tab)
			fb_diag_error(lexer->diags, fb_lexer_at(lexer, end), "write a blank",
				      "a string has no tabs or other control characters");
		tab |= c == '\t';
	}
	ret->kind = FB_TOKEN_STRING;
	ret->s = lexer->text + lexer->pos + 1;
	ret->len = end - lexer->pos - 1;
	if (fb_lexer_char(lexer, end) == '"')
		lexer->pos = end + 1;
	else {
		fb_diag_error(lexer->diags, ret->at, "end it with \" on the same line",
			      "unterminated string");
		ret->unterminated = true;
		while (ret->len && (unsigned char)ret->s[ret->len - 1] <= ' ')
			ret->len--;
		/* A brace at the end was meant to close what the line opened: taking it so keeps one mistake one message. */
		if (ret->len && ret->s[ret->len - 1] == '}' && lexer->line_braces > 0)
			end = (size_t)(ret->s + --ret->len - lexer->text);
		lexer->pos = end;
	}
	if (ret->len > FB_STRING_MAX) {
		fb_diag_error(lexer->diags, ret->at, "shorten it", "a string has at most %d bytes",
			      FB_STRING_MAX);
		ret->len = FB_STRING_MAX;
	}
}

static void fb_lexer_punctuation(struct fb_lexer *lexer, struct fb_token *ret)
{
	static const struct {
		const char *s;
		enum fb_token_kind kind;
	} table[] = {
		{ "<->", FB_TOKEN_BOTH }, { "->", FB_TOKEN_ARROW }, { "{", FB_TOKEN_OPEN },
		{ "}", FB_TOKEN_CLOSE },  { ",", FB_TOKEN_COMMA },  { ";", FB_TOKEN_SEMICOLON },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t n = strlen(table[i].s);

		if (lexer->len - lexer->pos >= n && !memcmp(lexer->text + lexer->pos, table[i].s, n)) {
			ret->kind = table[i].kind;
			ret->len = n;
			lexer->pos += n;
			return;
		}
	}
	/* A lone < or >: a word of its own, which fits nowhere. The characters of a wrong arrow stay together. */
	ret->kind = FB_TOKEN_WORD;
	while (lexer->pos < lexer->len && ret->len < 3 && strchr("<>-=", lexer->text[lexer->pos])) {
		lexer->pos++;
		ret->len++;
	}
}

/* The length of a quotation mark that is none here, as word processors make them; 0 = it is something else. */
static size_t fb_lexer_curly(const struct fb_lexer *lexer, size_t pos)
{
	static const char *const marks[] = { "\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t n = strlen(marks[i]);

		if (lexer->len - pos >= n && !memcmp(lexer->text + pos, marks[i], n))
			return n;
	}
	return 0;
}

static void fb_lexer_curly_string(struct fb_lexer *lexer, struct fb_token *ret)
{
	size_t end = lexer->pos + fb_lexer_curly(lexer, lexer->pos);

	fb_diag_error(lexer->diags, ret->at, "write straight quotes: \"", "these quotes begin no string");
	ret->kind = FB_TOKEN_STRING;
	ret->s = lexer->text + end;
	while (end < lexer->len && !fb_lexer_curly(lexer, end) && !strchr("\"\n", lexer->text[end]))
		end++;
	ret->len = (size_t)(lexer->text + end - ret->s);
	if (ret->len > FB_STRING_MAX)
		ret->len = FB_STRING_MAX;
	if (end < lexer->len && lexer->text[end] != '\n')
		end += fb_lexer_curly(lexer, end) ?: 1;
	lexer->pos = end;
}

void fb_lexer_next(struct fb_lexer *lexer, struct fb_token *ret)
{
	bool newline = fb_lexer_skip(lexer);

	*ret = (struct fb_token){
		.s = lexer->text + lexer->pos,
		.at = fb_lexer_at(lexer, lexer->pos),
		.end_col = (unsigned int)(lexer->pos - lexer->line_start + 1),
	};
	if (newline || lexer->pos == lexer->len) {
		ret->kind = newline ? FB_TOKEN_NEWLINE : FB_TOKEN_END;
		ret->blank_before = !newline && lexer->blank;
		lexer->last = FB_TOKEN_NEWLINE;
		return;
	}
	ret->first = !lexer->line_used;
	ret->blank_before = lexer->blank;
	lexer->blank = false;
	lexer->line_used = true;

	size_t from = lexer->pos;

	if (fb_lexer_curly(lexer, from))
		fb_lexer_curly_string(lexer, ret);
	while (ret->kind != FB_TOKEN_STRING && fb_lexer_in_word(lexer, lexer->pos))
		lexer->pos++;
	if (ret->kind == FB_TOKEN_STRING) {
		;
	} else if (lexer->pos > from) {
		ret->kind = FB_TOKEN_WORD;
		ret->len = lexer->pos - from;
	} else if (lexer->text[from] == '"') {
		fb_lexer_string(lexer, ret);
	} else {
		fb_lexer_punctuation(lexer, ret);
	}
	ret->end_col = (unsigned int)(lexer->pos - lexer->line_start + 1);
	lexer->line_braces += (ret->kind == FB_TOKEN_OPEN) - (ret->kind == FB_TOKEN_CLOSE);
	lexer->last = ret->kind;
}

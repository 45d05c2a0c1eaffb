// SPDX-License-Identifier: GPL-2.0-only
/* The statements of a file, and the files of a policy. */
#include <errno.h>
#include <string.h>

#include "policy/parse.h"

/* ---- statements -------------------------------------------------------------------------------------------------- */

static bool fb_parse_policy(struct fb_parser *p, struct fb_stmt *s)
{
	static const char *const words[] = { "language", "version", "timezone" };

	if (!fb_parse_string(p, "the name of the policy", &s->name))
		return false;
	while (!fb_parser_ends(p)) {
		int word = fb_parser_keyword(p, words, FB_ARRAY_SIZE(words), "in the policy line",
					     "a policy line has language, version and timezone");
		struct fb_token at = p->cur;
		bool twice = word == 0	 ? s->policy.language.text != NULL
			     : word == 1 ? s->policy.version.text != NULL
					 : word == 2 && s->policy.timezone.s;

		if (word < 0)
			return false;
		fb_parser_once(p, twice, at.at, words[word]);
		fb_parser_next(p);
		if (word == 2 ? !fb_parse_string(p, "a time zone", &s->policy.timezone)
			      : !fb_parse_decimal(p, word ? "the version" : "the language", 1e15, true,
						  word ? &s->policy.version : &s->policy.language))
			return false;
		if (word == 0 && s->policy.language.text && s->policy.language.value != 1)
			fb_diag_error(p->diags, s->policy.language.at,
				      "write language 1, or use a newer firebreak",
				      "language %s is not known here", s->policy.language.text);
	}
	return true;
}

static bool fb_parse_include(struct fb_parser *p, struct fb_stmt *s)
{
	return fb_parse_string(p, "a file name", &s->name);
}

static const struct fb_statement {
	const char *word;
	enum fb_stmt_kind kind;
	bool (*parse)(struct fb_parser *p, struct fb_stmt *s);
} statements[] = {
	{ "policy", FB_STMT_POLICY, fb_parse_policy },
	{ "include", FB_STMT_INCLUDE, fb_parse_include },
	{ "zone", FB_STMT_ZONE, fb_parse_zone },
	{ "zone-group", FB_STMT_ZONE_GROUP, fb_parse_zone_group },
	{ "wire", FB_STMT_WIRE, fb_parse_wire },
	{ "device", FB_STMT_DEVICE, fb_parse_device },
	{ "group", FB_STMT_GROUP, fb_parse_group },
	{ "service", FB_STMT_SERVICE, fb_parse_service },
	{ "window", FB_STMT_WINDOW, fb_parse_window },
	{ "access", FB_STMT_ACCESS, fb_parse_access },
	{ "firebreak", FB_STMT_FIREBREAK, fb_parse_firebreak },
	{ "never", FB_STMT_NEVER, fb_parse_never },
	{ "assert", FB_STMT_ASSERT, fb_parse_assert },
	{ "isolate", FB_STMT_ISOLATE, fb_parse_isolate },
};

bool fb_is_statement_word(const struct fb_token *t)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(statements); i++)
		if (fb_token_is(t, statements[i].word))
			return true;
	return false;
}

static bool fb_is_block_word(const struct fb_token *t)
{
	return fb_token_is(t, "allow") || fb_token_is(t, "default") || fb_token_is(t, "mode");
}

/* The statement that begins here; NULL = reported. */
static const struct fb_statement *fb_parser_statement_word(struct fb_parser *p)
{
	const char *words[FB_ARRAY_SIZE(statements)];

	for (size_t i = 0; i < FB_ARRAY_SIZE(statements); i++)
		words[i] = statements[i].word;
	if (p->cur.kind == FB_TOKEN_CLOSE) {
		fb_diag_error(p->diags, p->cur.at, "take it away", "this \"}\" closes nothing");
		fb_parser_next(p);
		return NULL;
	}
	if (fb_is_suffix(&p->cur)) {
		fb_diag_error(
			p->diags, p->cur.at,
			fb_diag_printf(
				p->diags,
				"write it on the allow line, or \"default %s ...\" before the first allow",
				fb_token_text(p, &p->cur)),
			"\"%s\" stands alone", fb_token_text(p, &p->cur));
		return NULL;
	}
	if (fb_is_block_word(&p->cur)) {
		fb_diag_error(p->diags, p->cur.at,
			      "write it between the braces of \"firebreak A -> B { ... }\"",
			      "\"%s\" stands outside a firebreak", fb_token_text(p, &p->cur));
		return NULL;
	}
	int i = fb_parser_keyword(
		p, words, FB_ARRAY_SIZE(words), "at the beginning of a statement",
		"a statement begins with zone, device, group, service, firebreak, never, ...");

	return i < 0 ? NULL : &statements[i];
}

static void fb_parser_statement(struct fb_parser *p)
{
	struct fb_stmt s = { .at = p->cur.at };
	struct fb_word_vec comments = { 0 };

	p->head_comment.s = NULL;
	fb_parser_loose_comments(p, &s);
	fb_parser_take_comments(p, &comments);

	const struct fb_statement *statement = fb_parser_statement_word(p);
	bool ok = false;

	if (statement) {
		s.kind = statement->kind;
		bool guessed = !fb_parser_at(p, statement->word);

		fb_parser_next(p);
		/* A lone word was perhaps no statement at all: more messages about it would only be guesses. */
		ok = !(guessed && fb_parser_ends(p)) && statement->parse(p, &s);
	}
	/* What went wrong may have led up to the next statement, or through the whole of this one. */
	bool passed = p->prev.kind == FB_TOKEN_CLOSE || (p->cur.first && fb_is_statement_word(&p->cur));

	if (!statement || (!ok && !passed))
		fb_parser_skip_line(p);
	fb_parser_end_statement(p, "a new statement begins on a new line, or after \";\"");
	s.comment_behind = fb_parser_take_behind(p, &comments);
	if (p->head_comment.s) {
		fb_vec_add(&comments, p->head_comment);
		s.comment_behind = true;
	}
	fb_parser_keep_vec(p, &s.comments, &comments);
	if (ok)
		fb_vec_add(&p->stmts, s);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

enum {
	FILE_BYTES_MAX = 16 << 20,
	FILES_MAX = 4096,
	ERRORS_MAX =
		10000, /* a file that is no policy at all must not fill the memory with what is wrong with it */
};

/* What is no text at all is one mistake, and not thousands. */
static bool fb_source_is_text(unsigned int source, const struct fb_source *src, struct fb_diags *diags)
{
	const char *nul = memchr(src->text, 0, src->len), *line = src->text;
	struct fb_at at = { source, 1, 1 };

	if (src->len >= 2 && (!memcmp(src->text, "\xff\xfe", 2) || !memcmp(src->text, "\xfe\xff", 2))) {
		fb_diag_error(diags, at, "save it as UTF-8", "this is UTF-16");
		return false;
	}
	if (!nul)
		return true;
	for (const char *s = src->text; (s = memchr(s, '\n', (size_t)(nul - s))); line = ++s)
		at.line++;
	at.col = (unsigned int)(nul - line + 1);
	fb_diag_error(diags, at, "a policy is a text in UTF-8", "the file is no text: it holds a byte 0x00");
	return false;
}

static void fb_parse_file(struct fb_tree *tree, unsigned int source, struct fb_diags *diags)
{
	const struct fb_source *src = &tree->sources.files.v[source];
	struct fb_parser p = { .tree = tree, .diags = diags };
	struct fb_file file = { .source = source };
	unsigned int before = diags->errors;
	struct fb_stmt end = { 0 };

	if (src->len > FILE_BYTES_MAX) {
		fb_diag_error(diags, (struct fb_at){ source, 1, 1 }, "split it and include the parts",
			      "the file is larger than %d MiB", FILE_BYTES_MAX >> 20);
		fb_vec_add(&tree->files, file);
		return;
	}
	if (!fb_source_is_text(source, src, diags)) {
		fb_vec_add(&tree->files, file);
		return;
	}
	const char *clean = fb_lexer_check_text(&tree->arena, source, src->text, src->len, diags);

	fb_lexer_init(&p.lexer, source, clean ? clean : src->text, src->len, diags);
	p.cur.kind = FB_TOKEN_NEWLINE;
	for (;;) {
		while (p.cur.kind == FB_TOKEN_NEWLINE || p.cur.kind == FB_TOKEN_SEMICOLON)
			fb_parser_next(&p);
		if (p.cur.kind == FB_TOKEN_END)
			break;
		if (diags->errors - before > ERRORS_MAX) {
			fb_diag_error(diags, p.cur.at, NULL,
				      "%u errors up to here: the rest of the file is not read",
				      diags->errors - before);
			diags->list.v[diags->list.n - 1].always = true;
			break;
		}
		fb_parser_statement(&p);
	}
	fb_parser_loose_comments(&p, &end);
	file.stmts = fb_parser_keep(&p, p.stmts.v, p.stmts.n, sizeof(*p.stmts.v));
	file.n_stmts = p.stmts.n;
	fb_vec_done(&p.stmts);
	fb_lexer_done(&p.lexer);
	fb_vec_add(&tree->files, file);
}

/* a/./b//c/../d as a/b/d. Two spellings of a path are one file, if the texts agree as well (a link may make them two). */
static char *fb_path_plain(struct fb_arena *arena, const char *path)
{
	char *out = fb_arena_alloc(arena, strlen(path) + 2), *end = out;

	if (*path == '/')
		*end++ = '/';
	char *root = end;

	for (size_t n; *path; path += n) {
		n = strcspn(path, "/");
		if (!n) {
			n = 1;
			continue;
		}
		if (n == 1 && path[0] == '.')
			continue;
		char *up = end;

		while (up > root && up[-1] != '/')
			up--;
		if (n == 2 && !memcmp(path, "..", 2) && end > root && strcmp(up, "..") != 0) {
			end = up > root ? up - 1 : root;
			*end = 0;
			continue;
		}
		if (end > root)
			*end++ = '/';
		memcpy(end, path, n);
		end += n;
		*end = 0;
	}
	return out;
}

struct fb_include {
	struct fb_tree *tree;
	struct FB_VEC(const char *) plain; /* by source */
};

static void fb_include_add(void *arg, const char *path, const char *text, size_t len)
{
	struct fb_include *inc = arg;
	const char *plain = fb_path_plain(&inc->tree->arena, path);

	for (size_t i = 0; i < inc->plain.n; i++) {
		const struct fb_source *source = &inc->tree->sources.files.v[i];

		if (!strcmp(plain, inc->plain.v[i]) && source->len == len && !memcmp(source->text, text, len))
			return;
	}
	if (inc->plain.n == FILES_MAX)
		return;
	fb_vec_add(&inc->plain, plain);
	fb_sources_add(&inc->tree->sources, path, text, len);
}

static void fb_parse_includes(struct fb_include *inc, size_t file, const struct fb_reader *reader,
			      struct fb_diags *diags)
{
	struct fb_tree *tree = inc->tree;

	for (size_t i = 0; i < tree->files.v[file].n_stmts; i++) {
		const struct fb_stmt *s = &tree->files.v[file].stmts[i];
		const char *why = NULL;

		if (s->kind != FB_STMT_INCLUDE)
			continue;
		int r = reader->include(reader->user, tree->sources.files.v[tree->files.v[file].source].path,
					s->name.s, fb_include_add, inc, &why);
		if (r < 0)
			fb_diag_error(diags, s->name.at, NULL, "cannot include \"%s\": %s", s->name.s,
				      why ? why : strerror(-r));
		else if (r == 0)
			fb_diag_error(diags, s->name.at,
				      why && *why ? fb_diag_printf(diags, "did you mean \"%s\"?", why)
						  : "a name is relative to this file, or else to the "
						    "catalogue of services",
				      "no file matches \"%s\"", s->name.s);
		if (inc->plain.n == FILES_MAX) {
			fb_diag_error(diags, s->name.at, NULL, "the policy has more than %d files",
				      FILES_MAX);
			return;
		}
	}
}

unsigned int fb_parse(struct fb_tree *tree, const char *path, const char *text, size_t len,
		      const struct fb_reader *reader, struct fb_diags *diags)
{
	struct fb_include inc = { .tree = tree };
	unsigned int before = diags->errors;

	/* Breadth first: an include adds to the list of sources, and so nothing here needs a stack. */
	fb_include_add(&inc, path, text, len);
	for (size_t i = 0; i < tree->sources.files.n; i++) {
		fb_parse_file(tree, (unsigned int)i, diags);
		if (reader && tree->sources.files.n < FILES_MAX)
			fb_parse_includes(&inc, i, reader, diags);
	}
	fb_vec_done(&inc.plain);
	return diags->errors - before;
}

void fb_tree_done(struct fb_tree *tree)
{
	fb_vec_done(&tree->files);
	fb_sources_done(&tree->sources);
	fb_arena_done(&tree->arena);
}

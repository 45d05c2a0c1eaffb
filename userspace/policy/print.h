/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The printer, inside. Pieces (print_piece.c) put FB_BREAK where a line may be broken, after a comma or an arrow; print.c
 * turns each into a blank or a new line.
 */
#ifndef FB_POLICY_PRINT_H
#define FB_POLICY_PRINT_H

#include "base/strbuf.h"
#include "policy/ast.h"

#define FB_BREAK "\001"

/* Each appends to out and has no blank at its ends. */
void fb_put_net(struct fb_strbuf *out, const struct fb_net *net);
void fb_put_iface(struct fb_strbuf *out, const struct fb_iface *iface);
void fb_put_nets(struct fb_strbuf *out, const struct fb_nets *nets);
void fb_put_words(struct fb_strbuf *out, const struct fb_words *words);
void fb_put_operand(struct fb_strbuf *out, const struct fb_operand *op);
void fb_put_operands(struct fb_strbuf *out, const struct fb_operands *ops);
void fb_put_service(struct fb_strbuf *out, const struct fb_svc_item *item);
void fb_put_services(struct fb_strbuf *out, const struct fb_svc_items *items);
void fb_put_date(struct fb_strbuf *out, const struct fb_date *date);
void fb_put_every(struct fb_strbuf *out, const struct fb_every *every);
void fb_put_ports(struct fb_strbuf *out, const struct fb_ports *ports);
/* These put their separator in front of each part. */
void fb_put_limits(struct fb_strbuf *out, const struct fb_suffix *suffix, const char *separator);
void fb_put_suffix(struct fb_strbuf *out, const struct fb_suffix *suffix, const char *separator);
void fb_put_doc(struct fb_strbuf *out, const struct fb_doc *doc, const char *separator);
void fb_put_allow(struct fb_strbuf *out, const struct fb_allow *allow);
/* A statement but for a firebreak; no comments. */
void fb_put_statement(struct fb_strbuf *out, const struct fb_stmt *s);

#endif

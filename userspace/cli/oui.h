/* SPDX-License-Identifier: GPL-2.0-only */
/* Who made a device, by the first three bytes of its MAC address: from the list of the IEEE that Debian packages (ieee-data). */
#ifndef FB_CLI_OUI_H
#define FB_CLI_OUI_H

#define FB_OUI_FILE "/usr/share/ieee-data/oui.txt"

struct fb_oui;
/* Reads the list ($FIREBREAK_OUI, else FB_OUI_FILE). Without one everybody is unknown. */
struct fb_oui *fb_oui_open(void);
void fb_oui_close(struct fb_oui *oui);
/* "" = unknown, "(local, no maker)" = an address that no maker gives out. Borrowed. */
const char *fb_oui_vendor(const struct fb_oui *oui, const char *mac);

#endif

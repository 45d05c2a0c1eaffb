// SPDX-License-Identifier: GPL-2.0-only
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "base/session.h"

json_t *fb_session_json(void)
{
	char text[160], from[64], to[64];
	unsigned int from_port, to_port;

	if (!fb_session_find(text, sizeof(text)) ||
	    sscanf(text, "%63s %u %63s %u", from, &from_port, to, &to_port) != 4)
		return NULL;
	/* "fe80::1%eth0": the agent knows interfaces by itself */
	from[strcspn(from, "%")] = 0;
	to[strcspn(to, "%")] = 0;
	return json_pack("{ss si ss si}", "from", from, "from_port", (int)from_port, "to", to, "to_port",
			 (int)to_port);
}

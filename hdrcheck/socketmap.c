/* SPDX-License-Identifier: ISC */
#include "hdrcheck/socketmap.h"

#include <string.h>

#include "hdrcheck/netstring.h"

enum { REPLY_MAX = 1023 /* bytes of status, blank and value */ };

enum socketmap_result
socketmap_decode(
    struct span in, struct socketmap_request *request, size_t *used)
{
	struct span body;

	switch (netstring_decode(in, SOCKETMAP_REQUEST_MAX, &body, used)) {
	case NETSTRING_MORE:
		return SOCKETMAP_MORE;
	case NETSTRING_BAD:
		return SOCKETMAP_BAD_FRAME;
	case NETSTRING_DONE:
		break;
	}
	request->key = body;
	if (!span_cut(&request->key, ' ', &request->map))
		return SOCKETMAP_BAD_REQUEST;
	return SOCKETMAP_DONE;
}

bool
socketmap_reply(struct buf *out, const char *status, struct span value)
{
	size_t n = strlen(status);
	char *text;

	if (n + 1 + value.len > REPLY_MAX)
		return false;
	text = netstring_begin(out, n + 1 + value.len);
	if (text == NULL)
		return false;
	memcpy(text, status, n);
	text[n++] = ' ';
	if (value.len > 0)
		memcpy(text + n, value.data, value.len);
	return true;
}

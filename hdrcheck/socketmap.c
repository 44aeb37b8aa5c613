/* SPDX-License-Identifier: ISC */
#include "hdrcheck/socketmap.h"

#include <string.h>

#include "hdrcheck/netstring.h"

enum { REPLY_SIZE = 1024 /* bytes of status, blank and value, with a NUL */ };

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
	char text[REPLY_SIZE];
	size_t n = strlen(status);

	if (n + 1 + value.len >= sizeof(text))
		return false;
	memcpy(text, status, n);
	text[n++] = ' ';
	if (value.len > 0)
		memcpy(text + n, value.data, value.len);
	return netstring_append(out, span_of(text, n + value.len));
}

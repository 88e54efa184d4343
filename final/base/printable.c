/* printable.c: makes text from others safe to show on a terminal. */
#define _GNU_SOURCE
#include "printable.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The number of bytes of the UTF-8 character at TEXT; 0 if it is not valid. After some first bytes,
 * RFC 3629, section 4, allows only part of the second ones: not valid are overlong sequences, which
 * a careless terminal takes for control characters, surrogates, and all above U+10FFFF. */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = *text < 0x80   ? 1
			: *text < 0xc2 ? 0
			: *text < 0xe0 ? 2
			: *text < 0xf0 ? 3
				       : 4;
	unsigned char least = *text == 0xe0 ? 0xa0 : *text == 0xf0 ? 0x90 : 0x80;
	unsigned char most = *text == 0xed ? 0x9f : *text == 0xf4 ? 0x8f : 0xbf;

	if (*text > 0xf4 || (length > 1 && (text[1] < least || text[1] > most)))
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void make_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;

	while (*c) {
		size_t length = utf8_length(c);
		/* C0, DEL, and C1: U+009B, too, begins a command to the terminal. */
		bool control = *c < ' ' || *c == 0x7f || (*c == 0xc2 && length == 2 && c[1] < 0xa0);

		if (length == 0 || control)
			memset(c, '?', length ? length : 1);
		c += length ? length : 1;
	}
}

/* printable.h: makes text from others safe to show on a terminal. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

/* Replaces each byte of TEXT that is not valid UTF-8, and each byte of a control character, also of
 * newlines and tabs, by a question mark: a terminal takes control characters as commands. */
void make_printable(char *text);

#endif

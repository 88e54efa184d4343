/* printable.h: text of others that is shown on a terminal. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

/* Replaces what is no UTF-8, and what commands a terminal, by question marks. */
void make_printable(char *text);

#endif

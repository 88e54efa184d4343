/* id.h: random IDs, which are unique. */
#ifndef ID_H
#define ID_H

/* An ID is 256 bits in hexadecimal digits. Its first 12 digits are what people type, and the
 * container's host name. */
enum { ID_LENGTH = 64, SHORT_ID_LENGTH = 12 };

/* Writes 32 random bytes of getentropy(3) to ID, as ID_LENGTH hexadecimal digits and a NUL. */
void random_id(char id[ID_LENGTH + 1]);

#endif

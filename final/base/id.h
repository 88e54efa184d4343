/* id.h: names that nobody else has. */
#ifndef ID_H
#define ID_H

/* An ID is 256 random bits; its first 12 digits are what people type, and the hostname. */
enum { ID_LENGTH = 64, SHORT_ID_LENGTH = 12 };

/* 32 random bytes as ID_LENGTH hexadecimal digits, and a NUL. */
void random_id(char id[ID_LENGTH + 1]);

#endif

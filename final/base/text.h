/* text.h: texts that are made, and numbers for people. */
#ifndef TEXT_H
#define TEXT_H

#include <stdint.h>

/* As asprintf(3); NULL after fail(). The caller frees it. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A name of /proc/self/mountinfo as it is: there a blank is \040, a backslash \134. */
void unescape_octal(char *text);

/* BYTES for people: "1.5 MB"; of memory, "1.5 MiB". Return TEXT. */
const char *human_size(uint64_t bytes, char text[16]);
const char *memory_size(uint64_t bytes, char text[16]);

#endif

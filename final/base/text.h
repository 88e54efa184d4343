/* text.h: makes texts, and shows sizes to people. */
#ifndef TEXT_H
#define TEXT_H

#include <stdint.h>

/* Returns a new text, made as by asprintf(3), which the caller frees; NULL after fail(). */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Turns a name from /proc/self/mountinfo into the real name, in place: that file writes a blank as
 * \040 and a backslash as \134 (proc_pid_mountinfo(5)). */
void unescape_octal(char *text);

/* Write a number of BYTES for people to TEXT, and return TEXT: human_size() in powers of 1000, such
 * as "1.5 MB"; memory_size() in powers of 1024, such as "1.5 MiB". */
const char *human_size(uint64_t bytes, char text[16]);
const char *memory_size(uint64_t bytes, char text[16]);

#endif

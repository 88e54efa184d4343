/* debug.h: what box does, call by call, for readers of box and of its faults: box --debug. */
#ifndef DEBUG_H
#define DEBUG_H

/* Where the lines of debug() go; NULL: nowhere, and debug() does nothing. LINE has no newline, and
 * no control characters. */
extern void (*debug_print)(const char *line);

/* What each line has after the time: "", or in the container's first process "inside: ". */
extern const char *debug_side;

/* Notes FORMAT, as in printf(3), after the seconds since the first line. Leaves errno as it is. */
void debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* debug_begin() lets the lines go to what is stderr now, as "box: LINE", even if stderr becomes
 * another file later; debug_end() ends that. Returns 0, or -1 after fail(). */
int debug_begin(void);
void debug_end(void);

#endif

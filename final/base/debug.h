/* debug.h: what box does, call by call, for readers of box and of its faults: box --debug. */
#ifndef DEBUG_H
#define DEBUG_H

/* The function that gets each line of debug(). If it is NULL, debug() does nothing. LINE has no
 * newline and no control characters. */
extern void (*debug_print)(const char *line);

/* The text between the time and the message in each line: "inside: " in the processes of inside.h,
 * "" in box itself. */
extern const char *debug_side;

/* Notes FORMAT, as in printf(3), after the seconds since debug_to(). Leaves errno as it is. */
void debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes PRINT the function that gets the lines; NULL: none. Times are counted from the first call.
 */
void debug_to(void (*print)(const char *line));

/* debug_begin() sends the lines, as "box: LINE", to the file that is stderr now, even if stderr
 * becomes another file later. It returns 0, or -1 after fail(). debug_end() stops the lines and
 * closes box's copy of stderr. */
int debug_begin(void);
void debug_end(void);

#endif

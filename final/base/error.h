/* error.h: an error's text, noted where it happens, printed once. */
#ifndef ERROR_H
#define ERROR_H

/* Docker's, and the shells'. 128 + N says that signal N killed the command. */
enum { EXIT_BOX = 125, EXIT_CANNOT_EXEC = 126, EXIT_NOT_FOUND = 127 };

/* Who says it; box, unless main() says otherwise. */
extern const char *speaker;

/* Notes FORMAT, ": " and the text of errno. Keeps errno. Returns -1. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Notes FORMAT alone. Returns -1. */
int failx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was noted last: one line, no newline at its end; nothing of it moves a terminal's cursor. */
const char *failure(void);

/* Prints it on stderr: "box: TEXT". Returns EXIT_BOX. */
int report(void);

/* Says a line that is no error on stderr: "box: FORMAT". */
void warn_user(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

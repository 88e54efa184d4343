/* error.h: an error's text is noted where the error happens, and printed once. */
#ifndef ERROR_H
#define ERROR_H

enum { MAX_FAILURE = 1024 }; /* bytes of an error's text, with the NUL */

/* The exit statuses that Docker and the shells use for errors of their own. Beside them, 128 + N
 * says that signal N killed the command. */
enum { EXIT_BOX = 125, EXIT_CANNOT_EXEC = 126, EXIT_NOT_FOUND = 127 };

/* The program's name, which begins each message: "box", unless main() changes it. */
extern const char *speaker;

/* Notes an error: FORMAT as in printf(3), then ": " and the text of errno. Leaves errno as it is.
 * Returns -1. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Notes an error of which errno says nothing: FORMAT alone. failure() may be among the arguments,
 * here and below. Returns -1. */
int failx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts FORMAT in front of the error that was noted last: a caller knows more of what was asked for.
 * FORMAT ends with ": ", or with whatever else separates the two. Returns -1. */
int fail_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error that was noted last: one line without a newline, in which control characters have been
 * replaced (make_printable()). Valid until the next error is noted. */
const char *failure(void);

/* As a declaration in the scope of a cleanup: at the end of the scope, the error that was noted
 * last, and errno, are again what they are here. So the cleanup may fail, and the user reads why it
 * was needed. */
#define keep_failure()                                                                             \
	struct kept_failure kept_failure_ __attribute__((cleanup(restore_failure), unused)) =      \
		get_failure()
struct kept_failure {
	int error;
	char text[MAX_FAILURE];
};
struct kept_failure get_failure(void);
void restore_failure(const struct kept_failure *kept);

/* Prints the error that was noted last on stderr, as "box: TEXT". Returns EXIT_BOX. */
int report(void);

/* Prints a warning on stderr, as "box: FORMAT", and notes no error. FORMAT is printed as it is:
 * text of others has to go through make_printable(), or failx() and failure(), first. */
void warn_user(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

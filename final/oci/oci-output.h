/* oci-output.h: the terminal and the files that an engine has named. Functions return -1 after
 * fail(). */
#ifndef OCI_OUTPUT_H
#define OCI_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "json.h"
#include "container.h"
#include "spec.h"
#include "wait.h"

/* Checks that --console-socket is given if SPEC has a terminal and is detached, and is not given if
 * it has no terminal. */
int oci_check_console(const struct spec *spec);

/* Gives the terminal of CONTAINER, if it has one, its size. With --console-socket, sends it to that
 * socket, and closes it here. */
int oci_give_terminal(struct container *container);

/* Writes PID to the file of --pid-file, if that is given; a reader sees all of it or none. */
int oci_write_pid_file(pid_t pid);

/* Prints JSON, which it releases, with the FLAGS of json_dumpf() of jansson, and a newline. */
int oci_print_json(json_t *json, size_t flags);

/* Waits for the process of CONTAINER as container_wait() does, and returns the exit status. If the
 * container has a terminal, the one on stdin is put into raw mode. */
int oci_wait(struct container *container, struct relay *relay);

#endif

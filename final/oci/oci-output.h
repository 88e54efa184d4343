/* oci-output.h: the terminal and the files that an engine has named. Functions return 0, or -1
 * after fail(), unless their comment says more. */
#ifndef OCI_OUTPUT_H
#define OCI_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "json.h"
#include "container.h"
#include "spec.h"
#include "wait.h"

/* It is an error if --console-socket is missing although the process of SPEC is detached and has a
 * terminal, or if it is given although the process has no terminal. */
int oci_check_console(const struct spec *spec);

/* Sets the size of the terminal of CONTAINER, if it has one. With --console-socket, sends the
 * master end to that socket, and closes it here. */
int oci_give_terminal(struct container *container);

/* Writes PID to the file of --pid-file, if that is given. A reader sees either no file or all of
 * the PID. */
int oci_write_pid_file(pid_t pid);

/* Prints JSON, which it releases, with the FLAGS of json_dumpf() of jansson, and a newline. */
int oci_print_json(json_t *json, size_t flags);

/* Waits for the process of CONTAINER as container_wait() does, and returns the exit status. If the
 * container has a terminal, the terminal on stdin is put into raw mode meanwhile. */
int oci_wait(struct container *container, struct relay *relay);

#endif

/* oci-output.h: terminals and files that an engine has named. */
#ifndef OCI_OUTPUT_H
#define OCI_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "json.h"
#include "container.h"
#include "spec.h"
#include "wait.h"

/* Refuses a terminal that nobody serves, and --console-socket without one. */
int oci_check_console(const struct spec *spec);

/* Gives the terminal of CONTAINER its size, and hands it to the engine that asked for it. */
int oci_give_terminal(struct container *container);

/* Writes PID to the file of --pid-file, if there is one. */
int oci_write_pid_file(pid_t pid);

/* Prints JSON, which it frees, with the FLAGS of json_dumpf(3), and a newline. */
int oci_print_json(json_t *json, size_t flags);

/* Waits for the process of CONTAINER as container_wait() does, with the terminal on stdin in raw
 * mode. */
int oci_wait(struct container *container, struct relay *relay);

#endif

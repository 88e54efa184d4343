/* oci-commands.h: the commands of box-oci. They take no arguments: the command line is
 * in oci_line. */
#ifndef OCI_COMMANDS_H
#define OCI_COMMANDS_H

/* The version of the runtime specification that box-oci follows. */
#define SPEC_VERSION "1.2.0"

/* The exit status of `box-oci exec` when it could not start the process. */
enum { EXEC_FAILED = 255 };

/* Each function returns the exit status, or -1 after fail(); oci_command_exec() reports its errors
 * itself, and returns EXEC_FAILED. create, start and run are in oci-create.c, exec in oci-exec.c,
 * kill and delete in oci-kill.c, the others in oci-commands.c. */
int oci_command_create(void);
int oci_command_start(void);
int oci_command_run(void);
int oci_command_exec(void);
int oci_command_state(void);
int oci_command_kill(void);
int oci_command_delete(void);
int oci_command_list(void);
int oci_command_ps(void);
int oci_command_pause(void);
int oci_command_resume(void);
int oci_command_update(void);
int oci_command_events(void);
int oci_command_spec(void);

#endif

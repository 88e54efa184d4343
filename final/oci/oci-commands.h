/* oci-commands.h: the commands of box-oci. */
#ifndef OCI_COMMANDS_H
#define OCI_COMMANDS_H

/* Of the runtime specification. */
#define SPEC_VERSION "1.2.0"

enum { EXEC_FAILED = 255 };

/* They return the exit status, or -1 after fail(). */
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

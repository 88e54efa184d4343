/* sysctl.c: the settings of the kernel that belong to a namespace, and that a container may
 * therefore set for itself. */
#define _GNU_SOURCE
#include "sysctl.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "list.h"
#include "path.h"
#include "text.h"
#include "spec.h"

char *sysctl_path(const char *name)
{
	char *path = strdup(name);
	bool dotted = name[strcspn(name, "./")] == '.';
	bool good = *name;

	if (!path) {
		fail("memory");
		return NULL;
	}
	for (char *c = path; dotted && *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	for (const char *part = path; good; part += strcspn(part, "/") + 1) {
		size_t length = strcspn(part, "/");

		good = length > strspn(part, ".");
		if (!part[length])
			break;
	}
	if (good)
		return path;
	free(path);
	failx("not a sysctl");
	return NULL;
}

unsigned long sysctl_namespace(const char *path)
{
	static const char *const ipc[] = {"kernel/msgmax", "kernel/msgmnb", "kernel/msgmni",
		"kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
		"kernel/shm_rmid_forced", NULL};

	for (size_t i = 0; ipc[i]; i++)
		if (strcmp(ipc[i], path) == 0)
			return CLONE_NEWIPC;
	return strncmp(path, "fs/mqueue/", 10) == 0     ? CLONE_NEWIPC
	       : strncmp(path, "net/", 4) == 0          ? CLONE_NEWNET
	       : strcmp(path, "kernel/domainname") == 0 ? CLONE_NEWUTS
							: 0;
}

int sysctls_write(const struct spec *spec)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < spec->oci->n_sysctls; i++) {
		const struct pair *sysctl = &spec->oci->sysctls[i];
		autofree char *path = format_text("/proc/sys/%s", sysctl->name);
		autoclose int fd = -1;
		struct statfs fs;

		if (!path)
			return -1;
		fd = open_in_root(root, path, O_WRONLY, 0);
		if (fd < 0 || fstatfs(fd, &fs) < 0)
			return fail("sysctl %s", sysctl->name);
		if (fs.f_type != PROC_SUPER_MAGIC)
			return failx("sysctl %s: /proc is none", sysctl->name);
		if (write(fd, sysctl->value, strlen(sysctl->value)) < 0)
			return fail("sysctl %s", sysctl->name);
	}
	return 0;
}

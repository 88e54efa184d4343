/*
 * box-unpack.c: unpacks one archive into one folder, or packs one, confined: hostile input meets a
 * process that sees only that folder, has no network, and may change owners and modes, but nothing
 * else.
 *
 *   box-unpack unpack root|layer|over|copy MAX-BYTES MAX-ENTRIES
 *   box-unpack pack root|layer|copy NAME AS
 *
 *   root     a root filesystem
 *   layer    a layer of an image, which is unpacked alone
 *   over     a layer of an image, which is unpacked over the layers below it
 *   copy     what box cp copies: packed files become root's, and unpacked ones replace no folder
 *
 * unpack.c starts it in the folder, and gets messages by descriptor 1 (SEQPACKET): a letter and a
 * text. The last message is e, d, b or l.
 *   e        what went wrong
 *   w        a warning
 *   d        all is done: BYTES of files' data; BYTES and ENTRIES that count for the quota
 *   o        make this folder opaque: it hides what lower layers have in it
 *   q        is this folder opaque? The answer is y or n
 *   b        nobody reads what is packed
 *   l        this layer must be unpacked over the layers below it
 *
 * The archive is descriptor 0, a file or a pipe. Descriptor 3 may be the root folder of a
 * container.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/mount.h> /* before sys/mount.h it would clash with older versions of that */

#include "error.h"
#include "extract.h"
#include "job.h"
#include "messages.h"
#include "overlay.h"
#include "pack.h"
#include "users.h"

enum { ROOT_FD = 3 };

/* MiB of memory. Of all but the strangest archives, the decoders' dictionaries, the tables of
 * contents and what is kept until the end fit into it. Packing keeps an entry of each file
 * that has several names. */
enum { UNPACK_MEMORY = 512, PACK_MEMORY = 2048 };

/* Makes the working folder the root of a new mount tree. Nothing in it can be executed, loaded as a
 * library, or used as a device, not even by a decompressor with a security hole. */
static void enter_folder(void)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
	int tree;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("private mounts: %m");
	tree = syscall(
		SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
			sizeof(attributes)) < 0 ||
		syscall(SYS_move_mount, tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("enter the folder: %m");
	close(tree);
}

/* The folder is in a container, whose root becomes the root of this process, so that symlinks lead
 * to where they lead in the container. If somebody moves folders out of this root meanwhile, this
 * process comes no further than the top of the container's own mounts. */
static void enter_container(void)
{
	int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0 || fchdir(ROOT_FD) < 0 || chroot(".") < 0 || fchdir(folder) < 0)
		die("enter the container: %m");
	close(folder);
	close(ROOT_FD);
}

static void drop_capabilities(void)
{
	/* FSETID is to keep setgid bits. Whiteouts need no MKNOD: mknod(2) allows device 0:0. */
	static const uint32_t kept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
				     1U << CAP_FSETID | 1U << CAP_SETFCAP;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}};

	for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i) < 0)
			die("drop capability %d: %m", i);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &header, data) < 0)
		die("drop privileges: %m");
}

/* Limits the memory, but not with a sanitizer, which takes terabytes of addresses. A lower limit
 * that was there before stays. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) < 0)
		die("limit memory: %m");
	if (limit.rlim_cur >> 20 < (rlim_t)job.memory)
		job.memory = limit.rlim_cur >> 20;
	limit = (struct rlimit){(rlim_t)job.memory << 20, (rlim_t)job.memory << 20};
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		die("limit memory: %m");
#endif
}

/* Gives up all that the work does not need, before the archive is looked at. */
static void confine(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		die("confine: %m");
	/* Box may have died before PR_SET_PDEATHSIG. */
	if (recv(MESSAGES_FD, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		leave(EXIT_BOX);
	/* Names are UTF-8. The locale is loaded now: once confined, it would be the archive's. */
	setlocale(LC_CTYPE, "C.UTF-8");
	users_have(false, 0); /* reads the IDs: once confined, it has no /proc */
	users_have(true, 0);
	/* So is /etc/localtime, which the times of a zip file need: the archive's may be a fifo. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	umask(022);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		die("unshare: %m");
	if (fcntl(ROOT_FD, F_GETFD) >= 0)
		enter_container();
	else
		enter_folder();
	drop_capabilities();
	limit_memory();
}

int main(int argc, char *argv[])
{
	bool packs = argc == 5 && strcmp(argv[1], "pack") == 0;
	int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!packs && (argc != 5 || strcmp(argv[1], "unpack") != 0)) {
		fputs("box-unpack is started by box\n", stderr);
		return EXIT_BOX;
	}
	job.is_over = strcmp(argv[2], "over") == 0;
	job.is_layer = job.is_over || strcmp(argv[2], "layer") == 0;
	job.is_copy = strcmp(argv[2], "copy") == 0;
	job.is_users = !users_are_initial();
	job.has_mark_files = folder >= 0 && overlay_has_mark_files(folder);
	close(folder);
	job.memory = packs ? PACK_MEMORY : UNPACK_MEMORY;
	confine();
	if (packs) {
		pack_archive(argv[3], argv[4]);
		tell_tally(&job.left_out, "sockets, and names that begin with .wh., left out");
	} else {
		job.max_bytes = strtoull(argv[3], NULL, 10);
		job.max_entries = strtoull(argv[4], NULL, 10);
		unpack_archive();
		tell_tally(&job.left_out, "device nodes and sockets left out");
		tell_tally(&job.foreign,
			"files given to root, as their owners are not mapped, see subuid(5)");
	}
	tell_tally(&job.warnings, "warnings");
	tell('d', "%" PRIu64 " %" PRIu64 " %" PRIu64, job.bytes, job.charged, job.entries);
	return 0;
}

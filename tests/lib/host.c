/*
 * host: makes the machine that a test takes for its host, in namespaces of its own, where a box can
 * do no harm and leave nothing behind. This is a program because each test starts it several times:
 * a shell script with mount(8) takes ten times as long.
 *
 * host start FOLDER BEGINNING SECONDS NETWORK PATTERN CGROUPS [PATH...]
 *
 * Copies BEGINNING into FOLDER, the test's own, makes a fifo named "pause" there, and makes the
 * host. When the host is ready, FOLDER/before has its state, and stdout gets a line: the PID of the
 * host's first process, a child of this one. When that process ends, at the latest after SECONDS,
 * all other processes of the host end with it. If NETWORK is "new", the host has a network of its
 * own; otherwise it has this machine's.
 *
 * The host's files are those of this machine, below a layer in memory that goes with the test. It
 * has none of this machine's mounts: what it needs is mounted anew, so that mounts of other
 * programs neither come nor go. Of the machine itself it can write only to FOLDER, and read only
 * each PATH. CGROUPS has a line for each mount of cgroups: "ro PATH" shows it read-only; "PATH/NAME
 * PATH" shows the cgroup NAME, the test's own, as if it were the top. If CGROUPS is "machine", the
 * host has this machine's files and mounts instead.
 *
 * host state PID PATTERN [CGROUP...]
 *
 * Prints all that a test must leave as it was: the host's name, its mounts and processes, what is
 * in the store ($BOX_DATA), and the cgroups below each CGROUP whose names match PATTERN, or if
 * PATTERN has a slash, whose paths match it.
 *
 * host enter PID FOLDER COMMAND [ARG...]
 *
 * Runs COMMAND in FOLDER on the host whose first process is PID. COMMAND gets a session of its own,
 * as a box that kills its process group must not kill bats, and the default action of each signal:
 * the tests may run with signals ignored, as nohup(1) does it.
 *
 * host read PID FOLDER FILE COMMAND [ARG...]
 *
 * Does the same, with a pipe as COMMAND's stdout, and writes to FILE what comes through it, until
 * no process can write to the pipe any more.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "laptop"

static void must(long result, const char *what)
{
	if (result < 0)
		err(1, "tests/lib/host: %s", what);
}

__attribute__((format(printf, 2, 3))) static const char *text(
	char out[PATH_MAX], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(out, PATH_MAX, format, arguments) >= PATH_MAX)
		errx(1, "tests/lib/host: too long: %s", out);
	va_end(arguments);
	return out;
}

/* --- what each test begins with --- */

static void copy(int from, int to, const char *name);

/* Copies all that is in the folder FROM to the folder TO, and closes both. */
static void copy_contents(int from, int to)
{
	DIR *folder = fdopendir(from);
	const struct dirent *entry;

	if (!folder)
		err(1, "tests/lib/host");
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			copy(from, to, entry->d_name);
	closedir(folder);
	close(to);
}

static int open_folder(int in, const char *name)
{
	int fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(fd, name);
	return fd;
}

static void copy_file(int from, int to, const char *name)
{
	int source = openat(from, name, O_RDONLY | O_CLOEXEC), target;
	ssize_t n;

	must(source, name);
	must(target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), name);
	while ((n = sendfile(target, source, NULL, INT_MAX)) > 0)
		;
	must(n, name);
	close(target);
	close(source);
}

/* Copies NAME, of any type, from one folder to another. The copy is root's. */
static void copy(int from, int to, const char *name)
{
	char link[PATH_MAX] = "";
	struct stat st;

	must(fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW), name);
	/* One symlink for all tests: on an ext4, to make and remove the hundreds of busybox took
	 * half the time of most tests, as the file system looks long for an inode that was not used
	 * lately. One that a test has given away is not used any more. */
	if (S_ISLNK(st.st_mode) && st.st_uid == 0 && st.st_gid == 0 &&
		linkat(from, name, to, name, 0) == 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		must(readlinkat(from, name, link, sizeof(link) - 1), name);
		must(symlinkat(link, to, name), name);
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		must(mkdirat(to, name, 0700), name);
		copy_contents(open_folder(from, name), open_folder(to, name));
	} else if (S_ISREG(st.st_mode)) {
		copy_file(from, to, name);
	} else {
		must(mknodat(to, name, st.st_mode, st.st_rdev), name);
	}
	must(fchmodat(to, name, st.st_mode & 07777, 0), name);
}

/* --- the state --- */

static int by_name(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Prints LINES sorted by their bytes. */
static void print_sorted(FILE *out, char *lines)
{
	size_t n = 0, i = 0;
	char **list;

	for (const char *at = lines; (at = strchr(at, '\n')); at++)
		n++;
	if (!(list = calloc(n + 1, sizeof(*list))))
		err(1, "tests/lib/host");
	for (char *line = strtok(lines, "\n"); line && i < n; line = strtok(NULL, "\n"))
		list[i++] = line;
	qsort(list, i, sizeof(*list), by_name);
	for (n = 0; n < i; n++)
		fprintf(out, "%s\n", list[n]);
	free(list);
}

static void print_mounts(FILE *out, pid_t host)
{
	char path[PATH_MAX], *line = NULL;
	FILE *file = fopen(text(path, "/proc/%d/mountinfo", host), "re");
	size_t size = 0;

	if (!file)
		return;
	while (getline(&line, &size, file) > 0) { /* without its ID, its parent's, and the device */
		const char *rest = line;

		for (int i = 0; i < 3; i++)
			rest += strcspn(rest, " ") + 1;
		fprintf(out, "mount: %s", rest);
	}
	free(line);
	fclose(file);
}

/* Reads all of a small file. Returns its length, or -1. A faulty box may have put anything there.
 */
static ssize_t read_file(int folder, const char *name, char *buffer, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n, all = 0;

	if (fd < 0)
		return -1;
	while ((size_t)all < size - 1 && (n = read(fd, buffer + all, size - 1 - all)) > 0)
		all += n;
	close(fd);
	buffer[all] = '\0';
	return all;
}

/* Prints the command line of the process, not its PID, which is another one each time. */
static void print_process(FILE *out, int proc, const char *pid)
{
	char path[PATH_MAX], words[65536], *state;
	ssize_t length;

	if (read_file(proc, text(path, "%s/stat", pid), words, sizeof(words)) < 0)
		return;
	if ((state = strrchr(words, ')')) && (state[2] == 'Z' || state[2] == 'X'))
		return;
	if ((length = read_file(proc, text(path, "%s/cmdline", pid), words, sizeof(words))) < 0)
		return;
	for (ssize_t i = 0; i < length; i++)
		if (!words[i] || words[i] == '\n')
			words[i] = i < length - 1 ? ' ' : '\0';
	fprintf(out, "process: %s\n", words);
}

/* Prints all processes of the host but PID 1, which is this program's. */
static void print_processes(FILE *out, pid_t host)
{
	char path[PATH_MAX];
	DIR *proc = opendir(text(path, "/proc/%d/root/proc", host));
	const struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			strcmp(entry->d_name, "1"))
			print_process(out, dirfd(proc), entry->d_name);
	if (proc)
		closedir(proc);
}

static bool is_folder(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static void print_cgroups(FILE *out, const char *top, const char *pattern)
{
	bool by_path = strchr(pattern, '/');
	DIR *folder = opendir(top);
	const struct dirent *entry;
	char path[PATH_MAX];
	struct stat st;

	/* Cgroups of other programs come and go. A folder with two links has none below it. */
	if (!folder)
		return;
	if (!fstat(dirfd(folder), &st) && st.st_nlink != 2)
		while ((entry = readdir(folder))) {
			if (!is_folder(entry))
				continue;
			text(path, "%s/%s", top, entry->d_name);
			if (!fnmatch(pattern, by_path ? path : entry->d_name, 0)) {
				fprintf(out, "cgroup: %s\n", path);
				if (by_path)
					continue;
			}
			print_cgroups(out, path, pattern);
		}
	closedir(folder);
}

static void print_store(FILE *out)
{
	static const char *const folders[] = {"containers", "live", "tmp"};
	const char *store = getenv("BOX_DATA");
	const struct dirent *entry;
	char path[PATH_MAX];

	for (size_t i = 0; store && i < sizeof(folders) / sizeof(*folders); i++) {
		DIR *folder = opendir(text(path, "%s/%s", store, folders[i]));

		while (folder && (entry = readdir(folder)))
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				fprintf(out, "store: %s/%s\n", path, entry->d_name);
		if (folder)
			closedir(folder);
	}
}

static void print_state(
	FILE *out, const char *name, pid_t host, const char *pattern, char *const *cgroups)
{
	char *lines = NULL;
	size_t size = 0;
	FILE *sorted = open_memstream(&lines, &size);

	if (!sorted)
		err(1, "tests/lib/host");
	fprintf(out, "hostname: %s\n", name);
	print_mounts(out, host);
	print_processes(sorted, host);
	for (; *cgroups; cgroups++)
		print_cgroups(sorted, *cgroups, pattern);
	print_store(sorted);
	fclose(sorted);
	print_sorted(out, lines);
	free(lines);
}

static void enter_namespace(pid_t host, const char *kind)
{
	char path[PATH_MAX];
	int fd = open(text(path, "/proc/%d/ns/%s", host, kind), O_RDONLY | O_CLOEXEC);

	must(fd, path);
	must(setns(fd, 0), path);
	close(fd);
}

static int state(char **arguments)
{
	pid_t host = atoi(arguments[0]);
	char name[256] = "";

	enter_namespace(host, "uts");
	gethostname(name, sizeof(name) - 1);
	print_state(stdout, name, host, arguments[1], arguments + 2);
	return 0;
}

/* --- making the host --- */

/* mkdir -p */
static void make_folders(const char *path, mode_t mode)
{
	char folder[PATH_MAX];

	text(folder, "%s", path);
	for (char *slash = folder + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(folder, mode) < 0 && errno != EEXIST)
			must(-1, folder);
	}
	if (mkdir(folder, mode) < 0 && errno != EEXIST)
		must(-1, folder);
}

/* Mounts at PATH of the host, below the working folder's root. */
static void mount_new(const char *source, const char *path, const char *type, const char *options)
{
	char target[PATH_MAX];

	make_folders(text(target, "root%s", path), 0755);
	must(mount(source, target, type, 0, options), target);
}

/* Binds this machine's SOURCE at PATH of the host. */
static void show(bool read_only, const char *source, const char *path)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	char target[PATH_MAX], folder[PATH_MAX];
	struct stat st;

	must(stat(source, &st), source);
	text(target, "root%s", path);
	if (S_ISDIR(st.st_mode)) {
		make_folders(target, 0700);
	} else {
		text(folder, "%s", target);
		*strrchr(folder, '/') = '\0';
		make_folders(folder, 0755);
		close(open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	}
	must(mount(source, target, NULL, MS_BIND, NULL), target);
	if (read_only)
		must(mount_setattr(AT_FDCWD, target, 0, &attr, sizeof(attr)), target);
}

static bool is_mounted(const char *mounts, const char *place)
{
	char field[PATH_MAX];

	if (!strcmp(place, "/")) /* is none in a chroot */
		return true;
	/* The field after the root is the place; a root may be the same path. */
	for (const char *line = mounts; line && *line; line = strchr(line, '\n'), line += !!line) {
		const char *at = line;

		for (int i = 0; i < 4; i++)
			at += strcspn(at, " ") + 1;
		if (!strncmp(at, text(field, "%s ", place), strlen(field)))
			return true;
	}
	return false;
}

/* Makes an overlay of each place that is a mount, as on many machines these have disks of their
 * own. The names of the layers are relative: a comma in an absolute one would end the option. Not
 * every file system can be a layer; a place on another one is shown read-only. */
static void mount_files(void)
{
	static const char *const places[] = {"/", "/etc", "/gnu", "/home", "/nix", "/opt", "/root",
		"/srv", "/usr", "/usr/local", "/var"};
	static char mounts[1 << 20];

	must(read_file(AT_FDCWD, "/proc/self/mountinfo", mounts, sizeof(mounts)),
		"/proc/self/mountinfo");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char options[PATH_MAX], target[PATH_MAX], folder[PATH_MAX];

		if (!is_mounted(mounts, places[i]))
			continue;
		must(mkdir(text(folder, "upper%zu", i), 0755), folder);
		must(mkdir(text(folder, "work%zu", i), 0755), folder);
		text(options, "lowerdir=%s,upperdir=upper%zu,workdir=work%zu", places[i], i, i);
		text(target, "root%s", i ? places[i] : "");
		if (mount("overlay", target, "overlay", 0, options) < 0)
			show(true, places[i], i ? places[i] : "");
	}
}

static void show_cgroups(char *lines)
{
	for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
		char *path = strchr(line, ' ');

		if (!path)
			continue;
		*path++ = '\0';
		if (!strcmp(line, "ro"))
			show(true, path, path);
		else if (*line == '/')
			show(false, line, path);
	}
}

/* Makes resolv.conf a file where it is a link into /run, which is empty on the host. */
static void make_resolv_conf(void)
{
	static const char from[] = "/etc/resolv.conf", to[] = "root/etc/resolv.conf";
	char buffer[65536];
	ssize_t n;
	int fd;

	if (!access(to, F_OK) || (n = read_file(AT_FDCWD, from, buffer, sizeof(buffer))) < 0)
		return;
	unlink(to);
	if ((fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) < 0)
		return;
	if (write(fd, buffer, n) < 0)
		warn("%s", to);
	close(fd);
}

static void make_files(const char *folder, const char *cgroups, char *const *paths)
{
	char path[PATH_MAX], lines[65536];

	must(mount("host", text(path, "%s/host", folder), "tmpfs", 0, "mode=755"), path);
	must(chdir(path), path);
	must(mkdir("root", 0755), "root");
	mount_files();
	mount_new("proc", "/proc", "proc", NULL);
	mount_new("run", "/run", "tmpfs", "mode=755");
	mount_new("tmp", "/tmp", "tmpfs", "mode=1777");
	/* Not an overlay: it may hold folders for other overlays, and only two can be stacked. */
	mount_new("cache", "/var/cache", "tmpfs", "mode=755");
	show(true, "/sys", "/sys");
	show(true, "/dev", "/dev");
	mount_new("devpts", "/dev/pts", "devpts", "newinstance,mode=620,gid=5,ptmxmode=666");
	if (!access("/dev/shm", F_OK))
		mount_new("shm", "/dev/shm", "tmpfs", "mode=1777");
	if (!access("/dev/mqueue", F_OK))
		mount_new("mqueue", "/dev/mqueue", "mqueue", NULL);
	if (snprintf(lines, sizeof(lines), "%s", cgroups) >= (int)sizeof(lines))
		errx(1, "tests/lib/host: too many cgroups");
	show_cgroups(lines);
	for (; *paths; paths++)
		show(true, *paths, *paths);
	show(false, folder, folder);
	make_resolv_conf();
	must(chdir("root"), "root");
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount the machine");
}

/* The host's first process. Never returns. */
static void be_first(int ready, unsigned seconds, char **arguments)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	if (!strcmp(arguments[5], "machine"))
		must(mount("proc", "/proc", "proc", 0, NULL), "/proc");
	else
		make_files(arguments[0], arguments[5], arguments + 6);
	must(chdir("/"), "/");
	must(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), "/");
	must(sethostname(NAME, strlen(NAME)), "hostname");
	signal(SIGCHLD, SIG_IGN); /* leaves no zombies */
	must(write(ready, "r", 1), "ready"); /* fails where the parent is no more */
	syscall(SYS_close_range, 3, ~0U, 0);
	while ((seconds = sleep(seconds)))
		;
	_exit(0);
}

static char *first_word(char *line)
{
	line[strcspn(line, " ")] = '\0';
	return line;
}

/* The state that the test begins with. */
static void write_state(const char *folder, pid_t host, const char *pattern, char *cgroups)
{
	char path[PATH_MAX], *tops[64] = {"/sys/fs/cgroup"};
	FILE *out = fopen(text(path, "%s/before", folder), "we");
	size_t n = 0;

	if (!out)
		err(1, "tests/lib/host: %s", path);
	if (!strcmp(pattern, "*")) { /* the test's own */
		for (char *line = strtok(cgroups, "\n"); line && n < 63; line = strtok(NULL, "\n"))
			if (*line == '/')
				tops[n++] = first_word(line);
		tops[n] = NULL;
	}
	print_state(out, NAME, host, pattern, tops);
	if (fclose(out))
		err(1, "tests/lib/host: %s", path);
}

/* FOLDER BEGINNING SECONDS NETWORK PATTERN CGROUPS [PATH...] */
static int start(char **arguments)
{
	struct clone_args how = {
		.flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID, .exit_signal = SIGCHLD};
	char byte, path[PATH_MAX];
	int ready[2], status = 0;
	pid_t host;

	signal(SIGINT, SIG_IGN); /* Ctrl-C is for bats, which ends the host */
	umask(022);
	copy_contents(open_folder(AT_FDCWD, arguments[1]), open_folder(AT_FDCWD, arguments[0]));
	must(mkfifo(text(path, "%s/pause", arguments[0]), 0600), path);
	if (!strcmp(arguments[3], "new"))
		how.flags |= CLONE_NEWNET;
	must(pipe2(ready, O_CLOEXEC), "pipe");
	must(host = syscall(SYS_clone3, &how, sizeof(how)), "a host's namespaces");
	if (!host) {
		close(ready[0]);
		be_first(ready[1], atoi(arguments[2]), arguments);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 1; /* it has said why */
	write_state(arguments[0], host, arguments[4], arguments[5]);
	printf("%d\n", host);
	fflush(stdout);
	must(waitpid(host, &status, 0), "wait");
	return 0;
}

/* --- running a command on it --- */

static void be_command(char **command, const char *folder, int out)
{
	setsid();
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	if (out >= 0)
		dup2(out, 1);
	if (chdir(folder) < 0)
		err(125, "%s", folder);
	execvp(command[0], command);
	err(errno == ENOENT ? 127 : 126, "%s", command[0]);
}

static void read_all(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0, some; done < n; done += some)
			must(some = write(to, buffer + done, n - done), "the output");
}

/* PID FOLDER COMMAND [ARG...]; `file` is NULL, or where its output goes. */
static int enter(char **arguments, const char *file, char **command)
{
	int host = syscall(SYS_pidfd_open, atoi(arguments[0]), 0), out[2] = {-1, -1}, to = -1,
	    status;
	pid_t child;

	must(host, "no host");
	if (file) {
		must(to = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), file);
		must(pipe2(out, O_CLOEXEC), "pipe");
	}
	must(setns(host, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNET),
		"enter the host");
	must(child = fork(), "fork");
	if (!child)
		be_command(command, arguments[1], out[1]);
	if (file) {
		close(out[1]);
		read_all(out[0], to);
	}
	must(waitpid(child, &status, 0), "wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int count, char **arguments)
{
	const char *what = count > 1 ? arguments[1] : "";

	if (!strcmp(what, "start") && count >= 8)
		return start(arguments + 2);
	if (!strcmp(what, "state") && count >= 4)
		return state(arguments + 2);
	if (!strcmp(what, "enter") && count >= 5)
		return enter(arguments + 2, NULL, arguments + 4);
	if (!strcmp(what, "read") && count >= 6)
		return enter(arguments + 2, arguments[4], arguments + 5);
	errx(1, "tests/lib/host: see the comment at the beginning of host.c");
}

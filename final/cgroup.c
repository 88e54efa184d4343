/* cgroup.c: limits, and a handle on all processes of a container. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* The controllers that box uses, as bits of a set; and the hierarchy of v1 that has none, by which
 * systemd knows to which unit a process belongs. */
enum {
	FREEZER = 1,
	PIDS = 2,
	MEMORY = 4,
	CPU = 8,
	CPUSET = 16,
	N_CONTROLLERS = 16,
	SYSTEMD = 1 << (N_CONTROLLERS - 1)
};
static const char *const names[N_CONTROLLERS] = {"freezer", "pids", "memory", "cpu", "cpuset",
	"devices", "blkio", "io", "cpuacct", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma",
	"misc", "name=systemd"};

/* A cgroup in which box makes its folder box/: the top of a mounted hierarchy, or a cgroup of v2
 * that was delegated to box. */
struct base {
	char path[320];
	char list[128]; /* of v1: the names of these controllers */
	unsigned controllers; /* of v1 */
	bool v2;
	pid_t box; /* that is in it, not below it: 0 for this one, -1 for none */
};
_Static_assert(
	(int)MAX_HIERARCHIES > (int)N_CONTROLLERS, "a container has a cgroup in each hierarchy");
static struct base bases[N_CONTROLLERS + 2]; /* the best handle comes first: see rank() */
static size_t n_bases;
static char *own_cgroups; /* /proc/self/cgroup */

/* ---- where ---- */

static unsigned controllers_in(const char *words)
{
	unsigned found = 0;

	for (size_t length; *words; words += length + (words[length] != '\0')) {
		length = strcspn(words, ", \n");
		for (int i = 0; i < N_CONTROLLERS; i++)
			if (strlen(names[i]) == length && strncmp(words, names[i], length) == 0)
				found |= 1U << i;
	}
	return found;
}

/* Finds this process's line, "ID:LIST:PATH" (cgroups(7)), for the hierarchy of v1 with one of
 * CONTROLLERS; for v2, when there are none. */
static bool own_cgroup(unsigned controllers, char list[128], char path[512])
{
	for (const char *line = own_cgroups; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (controllers ? sscanf(line, "%*d:%127[^:\n]:%511[^\n]", list, path) == 2 &&
					  (controllers_in(list) & controllers)
				: sscanf(line, "0::%511[^\n]", path) == 1)
			return true;
	}
	return false;
}

/* All of v2 can be killed at once; of v1, what the freezer stops; or else what pids lists. */
static int rank(const struct base *base)
{
	return base->v2 ? -1 : __builtin_ctz(base->controllers);
}

static void add_base(const struct base *base)
{
	size_t i = n_bases;

	if (n_bases == sizeof(bases) / sizeof(*bases))
		return;
	for (n_bases++; i > 0 && rank(&bases[i - 1]) > rank(base); i--)
		bases[i] = bases[i - 1];
	bases[i] = *base;
}

/* systemd marks what it leaves to others (systemd's CGROUP_DELEGATION). The owner says to whom:
 * root who comes from a user's desktop by sudo has no business in that user's. */
static bool delegated(const char *path)
{
	char value = 0;
	struct stat st;

	return (getxattr(path, "trusted.delegate", &value, 1) == 1 ||
		       getxattr(path, "user.delegate", &value, 1) == 1) &&
	       value == '1' && stat(path, &st) == 0 && st.st_uid == geteuid();
}

/* Adds the cgroup that is delegated to this process, whose own is BELOW that at TOP, and TOP. */
static void add_v2(const char *top, const char *below)
{
	struct base base = {.v2 = true};
	char *end = base.path + strlen(top);

	if (snprintf(base.path, sizeof(base.path), "%s%s", top, below) < (int)sizeof(base.path)) {
		for (; *end && !delegated(base.path); base.box = -1)
			*strrchr(base.path, '/') = '\0';
		if (*end)
			add_base(&base);
	}
	*end = '\0';
	base.box = *below ? -1 : 0;
	add_base(&base);
}

/* What PATH has below ROOT, "" if it is ROOT; NULL if it is elsewhere. */
static const char *path_below(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	/* "/.." leads out of this cgroup namespace, where v2 lets nobody go (nsdelegate). */
	if (strncmp(root, "/..", 3) == 0 || strncmp(path, "/..", 3) == 0)
		return NULL;
	if (strncmp(path, root, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return strcmp(path + length, "/") == 0 ? "" : path + length;
}

/* LINE is "ID PARENT MAJOR:MINOR ROOT TARGET ... - TYPE SOURCE OPTIONS" of mountinfo. ROOT is the
 * cgroup that shows at TARGET: in a container without a cgroup namespace, the container's. */
static void add_mount(const char *line)
{
	const char *type = strstr(line, " - cgroup"), *below;
	char root[512], own[512];
	struct base base = {.v2 = type && strncmp(type, " - cgroup2 ", 11) == 0};
	unsigned major, minor;
	struct stat st;

	if (!type || (!base.v2 && strncmp(type, " - cgroup ", 10) != 0))
		return;
	if (!base.v2 && !(base.controllers = controllers_in(strrchr(line, ' ') + 1)))
		return;
	for (size_t i = 0; i < n_bases; i++) /* the same hierarchy again */
		if (bases[i].v2 == base.v2 && bases[i].controllers == base.controllers)
			return;
	if (sscanf(line, "%*d %*d %u:%u %511s %319s", &major, &minor, root, base.path) != 4 ||
		!own_cgroup(base.controllers, base.list, own))
		return;
	unescape_octal(root);
	unescape_octal(base.path);
	below = path_below(own, root);
	/* The mount may show a part that is not ours, and may be covered by another one. */
	if (!below || stat(base.path, &st) < 0 || st.st_dev != makedev(major, minor))
		return;
	if (base.v2)
		add_v2(base.path, below);
	else
		add_base(&base);
}

/* Whether base I is the top of v2, the last of its bases. */
static bool is_top(size_t i)
{
	return bases[i].v2 && (i + 1 == n_bases || !bases[i + 1].v2);
}

/* Fills bases[], once. A machine without cgroups has none. */
static int find_bases(void)
{
	autofclose FILE *mounts = own_cgroups ? NULL : fopen("/proc/self/mountinfo", "re");
	autofree char *line = NULL;
	size_t size = 0;

	if (own_cgroups)
		return 0;
	if (!mounts)
		return fail("/proc/self/mountinfo");
	if (!(own_cgroups = read_file_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16)))
		return -1;
	while (getline(&line, &size, mounts) > 0)
		add_mount(line);
	return 0;
}

/* ---- limits ---- */

/* Leaves failure() alone. */
static int try_write(int dir, const char *file, const char *text)
{
	autoclose int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

static int put(const struct hierarchy *h, const char *file, const char *text)
{
	if (try_write(h->dir, file, text) < 0)
		return fail("write %s to %s/%s", text, h->path, file);
	return 0;
}

/* -1: no limit. */
static int put_number(const struct hierarchy *h, const char *file, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return put(h, file, number < 0 && strstr(file, ".max") ? "max" : text);
}

/* memory.oom.group stays 0, as Docker has it: the kernel ends the process that takes most, and the
 * command may go on without it. */
static int limit_memory(const struct hierarchy *h, const struct limits *limits)
{
	const char *file = h->v2 ? "memory.max" : "memory.limit_in_bytes";
	const char *swap_file = h->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	int64_t memory = limits->memory ?: -1;
	int64_t both = limits->memory_swap ?: memory;
	int64_t swap = h->v2 && both > 0 ? both - memory : both;

	/* A kernel that does not count swap has no such file. */
	if (limits->memory_swap <= 0 && faccessat(h->dir, swap_file, F_OK, 0) < 0)
		return put_number(h, file, memory);
	if (put_number(h, file, memory) == 0)
		return put_number(h, swap_file, swap);
	/* On v1 the limit of both is never below that of memory: when they rise, it is first. */
	if (h->v2 || errno != EINVAL || put_number(h, swap_file, swap) < 0)
		return -1;
	return put_number(h, file, memory);
}

static int limit_cpu(const struct hierarchy *h, const struct limits *limits)
{
	int64_t period = limits->cpu_period ?: 100000, quota = limits->cpu_quota ?: -1;
	char text[64];

	if (!h->v2)
		return put_number(h, "cpu.cfs_period_us", period) < 0
			       ? -1
			       : put_number(h, "cpu.cfs_quota_us", quota);
	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, quota, period);
	if (quota < 0)
		snprintf(text, sizeof(text), "max %" PRId64, period);
	return put(h, "cpu.max", text);
}

/* Without CPUS they are those of the cgroup above. */
static int limit_cpuset(const struct hierarchy *h, const char *cpus)
{
	autofree char *above = NULL, *set = NULL, *effective = NULL;

	if (cpus && !cpus[strspn(cpus, " \t\n")])
		return failx("cpuset limit: no CPUs are named");
	if (!cpus && h->v2)
		return put(h, "cpuset.cpus", "\n");
	if (!cpus && !(cpus = above = read_file_at(h->dir, "../cpuset.cpus", 1 << 16)))
		return -1;
	if (put(h, "cpuset.cpus", cpus) < 0)
		return -1;
	if (!h->v2)
		return 0;
	/* v2 takes CPUs that the cgroup above has not, and then silently goes without them. */
	set = read_file_at(h->dir, "cpuset.cpus", 1 << 16);
	effective = read_file_at(h->dir, "cpuset.cpus.effective", 1 << 16);
	if (!set || !effective)
		return -1;
	return strcmp(set, effective) == 0
		       ? 0
		       : failx("cpuset limit: CPUs %s are not all to be had: see cpuset.cpus.effective above %s",
				 cpus, h->path);
}

static int write_limits(
	const struct hierarchy *h, unsigned controllers, const struct limits *limits)
{
	if (controllers & MEMORY && limit_memory(h, limits) < 0)
		return -1;
	if (controllers & PIDS && put_number(h, "pids.max", limits->pids ?: -1) < 0)
		return -1;
	if (controllers & CPU && limit_cpu(h, limits) < 0)
		return -1;
	return controllers & CPUSET ? limit_cpuset(h, limits->cpuset_cpus) : 0;
}

/* ---- making it ---- */

static bool occupied(int dir)
{
	autoclose int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char c;

	return read(fd, &c, 1) != 0;
}

/* A cgroup holds processes or hands on controllers (cgroups(7), "no internal processes"). The very
 * top one may do both; some controllers would be enabled elsewhere, too, but then no process can
 * enter a cgroup below. If none but a box is in that of BASE, it goes to one of its own. */
static int make_room(const struct base *base, int top)
{
	if (faccessat(top, "cgroup.type", F_OK, 0) < 0 || !occupied(top))
		return 0;
	if (base->box >= 0) {
		char own[16];

		snprintf(own, sizeof(own), "%d", base->box);
		if (mkdirat(top, "box.self", 0755) < 0 && errno != EEXIST)
			return fail("mkdir %s/box.self", base->path);
		if (try_write(top, "box.self/cgroup.procs", own) < 0)
			return fail("move box to %s/box.self", base->path);
		if (!occupied(top))
			return 0;
		try_write(top, "cgroup.procs", own);
		unlinkat(top, "box.self", AT_REMOVEDIR);
	}
	return failx(
		"no limits below %s while processes are in it: move them to a cgroup below it%s",
		base->path,
		access("/run/systemd/system", F_OK) < 0
			? ""
			: ", or start box in one of its own: systemd-run --scope -p Delegate=yes box ...");
}

/* Lets H, which is below BASE, have CONTROLLERS: all above it hand them on. */
static int enable(const struct base *base, const struct hierarchy *h, unsigned controllers)
{
	char text[256] = "", path[sizeof(h->path)];
	autoclose int top = open(base->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < N_CONTROLLERS; i++)
		if (controllers & 1U << i)
			snprintf(
				text + strlen(text), sizeof(text) - strlen(text), " +%s", names[i]);
	if (make_room(base, top) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s", h->path);
	for (char *end = path + strlen(base->path); end; end = strchr(end + 1, '/')) {
		autoclose int dir = -1;

		*end = '\0';
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || try_write(dir, "cgroup.subtree_control", text + 1) < 0)
			return fail("write%s to %s/cgroup.subtree_control", text, path);
		*end = '/';
	}
	return 0;
}

/* Lets H, which is below BASE of v2, have those of CONTROLLERS that BASE has. Returns these. */
static int take_controllers(
	const struct base *base, const struct hierarchy *h, unsigned controllers)
{
	autofree char *text = NULL, *path = NULL;

	if (!controllers)
		return 0;
	if (!(path = format_text("%s/cgroup.controllers", base->path)) ||
		!(text = read_file_at(AT_FDCWD, path, 4096)))
		return -1;
	controllers &= controllers_in(text);
	return controllers && enable(base, h, controllers) < 0 ? -1 : (int)controllers;
}

/* Nothing can join a new cpuset of v1 before it has CPUs and memory nodes (cpuset(7)). PREFIX: "",
 * or "../" for the one above H. */
static int inherit_cpuset(const struct hierarchy *h, const char *prefix)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char file[32], from[32];
		autofree char *set = NULL, *above = NULL;

		snprintf(file, sizeof(file), "%s%s", prefix, files[i]);
		snprintf(from, sizeof(from), "%s../%s", prefix, files[i]);
		set = read_file_at(h->dir, file, 1 << 16);
		above = read_file_at(h->dir, from, 1 << 16);
		if (!set || !above || (*set == '\n' && put(h, file, above) < 0))
			return -1;
	}
	return 0;
}

/* Names what ID has below BASE. False when it is too long. */
static bool name_folder(const struct base *base, const char *id, struct hierarchy *h)
{
	*h = (struct hierarchy){
		.dir = -1, .v2 = base->v2, .controllers = base->controllers, .given = *id == '/'};
	snprintf(h->list, sizeof(h->list), "%s", base->list);
	return snprintf(h->path, sizeof(h->path), "%s%s%s", base->path, h->given ? "" : "/box/",
		       id) < (int)sizeof(h->path);
}

static int open_folder(struct hierarchy *h)
{
	h->dir = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return h->dir < 0 ? fail("open %s", h->path) : 0;
}

/* On a folder whose path was given: the container's. Others stay, whatever a state says. */
static const char mark[] = "trusted.box";

/* Whether processes, or other cgroups, are in it: all of them would end with the container. */
static bool in_use(const struct hierarchy *h)
{
	autolist char **files = list_folder(h->dir);
	bool used = !files || occupied(h->dir);
	struct stat st;

	for (char **name = files; !used && name && *name; name++)
		used = fstatat(h->dir, *name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode);
	return used;
}

/* Makes a folder whose path was given, and what is missing above it. */
static int make_given(const struct base *base, struct hierarchy *h, bool there)
{
	struct hierarchy here = *h;
	int result = 0;

	for (size_t length = strlen(base->path); result == 0 && h->path[length];) {
		length += 1 + strcspn(h->path + length + 1, "/");
		here.path[length] = '\0';
		if (mkdir(here.path, 0755) < 0 && errno != EEXIST)
			return fail("mkdir %s", here.path);
		if (open_folder(&here) < 0)
			return -1;
		if (base->controllers & CPUSET)
			result = inherit_cpuset(&here, "");
		close_fd(&here.dir);
		here.path[length] = h->path[length];
	}
	if (result < 0 || open_folder(h) < 0)
		return -1;
	if (!there && in_use(h)) {
		close_fd(&h->dir);
		errno = EBUSY;
		return fail("the cgroup %s is in use", h->path);
	}
	return fsetxattr(h->dir, mark, "1", 1, 0) < 0 ? fail("%s: %s", h->path, mark) : 0;
}

/* Makes BASE/box/ID. Another box may remove box/ at any time, until a folder in it keeps it. */
static int make_folder(const struct base *base, const char *id, bool there, struct hierarchy *h)
{
	char box[400];

	if (!name_folder(base, id, h))
		return failx("the cgroup's path %s is too long", id);
	if (h->given)
		return make_given(base, h, there);
	snprintf(box, sizeof(box), "%s/box", base->path);
	for (int i = 0; i < 100; i++) {
		if (mkdir(box, 0755) < 0 && errno != EEXIST)
			break;
		if (mkdir(h->path, 0755) == 0)
			return open_folder(h);
		if (errno != ENOENT)
			break;
	}
	return fail("mkdir %s", h->path);
}

/* Makes that of BASE, with the limits for CONTROLLERS; of v2, with those that it has. Returns what
 * these are, or -1. */
static int make_in(struct cgroup *cgroup, const struct base *base, const char *id,
	unsigned controllers, const struct limits *limits)
{
	struct hierarchy *h = &cgroup->hierarchies[cgroup->n];
	int had = controllers;

	if (make_folder(base, id, limits->there, h) < 0) {
		if (errno != EROFS && errno != EACCES && errno != EPERM)
			return -1;
		/* As in most containers. What has no limit ends with its PID namespace even so. */
		return !controllers
			       ? 0
			       : failx("%s limit: %s: box cannot make cgroups here; on the host, or in a privileged container, it can",
					 names[__builtin_ctz(controllers)], failure());
	}
	cgroup->n++;
	if (base->v2 && (had = take_controllers(base, h, limits->all ? ~0U : controllers)) < 0)
		return -1;
	if (base->controllers & CPUSET && !h->given &&
		(inherit_cpuset(h, "../") < 0 || inherit_cpuset(h, "") < 0))
		return -1;
	if (limits->all)
		return had;
	return write_limits(h, had, limits) < 0 ? -1 : had;
}

/* Says why the first of CONTROLLERS cannot be had, and what to do. */
static int missing(unsigned controllers)
{
	const char *name = names[__builtin_ctz(controllers)];
	char list[128], own[512], file[400];

	if (own_cgroup(controllers & -controllers, list, own))
		return failx("%s limit: /proc/self/mountinfo shows no cgroup v1 hierarchy with it: "
			     "mount -t cgroup -o %s cgroup /sys/fs/cgroup/%s",
			name, list, list);
	if (n_bases == 0 || !bases[0].v2)
		return failx("%s limit: no cgroup file system for it in /proc/self/mountinfo: "
			     "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
			name);
	snprintf(file, sizeof(file), "%s/cgroup.type", bases[0].path); /* the very top has none */
	return failx("%s limit: not in %s/cgroup.controllers: %s", name, bases[0].path,
		access(file, F_OK) < 0
			? "the kernel lacks it, or has cgroup_disable= on its command line"
			: "the cgroup above does not hand it on; start box on the host, or by "
			  "systemd-run --scope -p Delegate=yes box ...");
}

static unsigned limited(const struct limits *limits)
{
	return (limits->memory ? MEMORY : 0) | (limits->pids ? PIDS : 0) |
	       (limits->cpu_quota ? CPU : 0) | (limits->cpuset_cpus ? CPUSET : 0);
}

bool cgroup_has_limits(const struct limits *limits)
{
	return limited(limits) != 0;
}

int cgroup_check(const struct limits *limits)
{
	if (limits->memory_swap > 0 && (!limits->memory || limits->memory_swap < limits->memory))
		return failx(
			"the limit of memory and swap together needs a memory limit, and cannot be "
			"lower than it");
	return 0;
}

int cgroup_make(struct cgroup *cgroup, const char *id, const struct limits *limits)
{
	unsigned wanted = limited(limits);

	cgroup->n = 0;
	if (cgroup_check(limits) < 0)
		return -1;
	if (find_bases() < 0)
		return -1;
	for (size_t i = 0; i < n_bases; i++) {
		int had = bases[i].v2 ? wanted : wanted & bases[i].controllers;

		if (bases[i].controllers == SYSTEMD && !limits->all)
			continue;
		if (limits->there ? !is_top(i) : i > 0 && (bases[i].v2 || !(had || limits->all)))
			continue;
		had = make_in(cgroup, &bases[i], id, had, limits);
		if (had < 0) {
			cgroup_remove(cgroup);
			return -1;
		}
		wanted &= ~had;
	}
	if (wanted) {
		cgroup_remove(cgroup);
		return missing(wanted);
	}
	return 0;
}

/* ---- using it ---- */

int cgroup_clone_fd(const struct cgroup *cgroup)
{
	return cgroup->n > 0 && cgroup->hierarchies[0].v2 ? cgroup->hierarchies[0].dir : -1;
}

int cgroup_join(const struct cgroup *cgroup, bool join_v2)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];

		if ((!h->v2 || join_v2) && put(h, h->v2 ? "cgroup.procs" : "tasks", "0") < 0)
			return -1;
	}
	return 0;
}

static int try_freeze(const struct hierarchy *h, bool frozen)
{
	if (h->v2)
		return try_write(h->dir, "cgroup.freeze", frozen ? "1" : "0");
	return try_write(h->dir, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

/* Waiting for the kernel, all zero at first. */
struct patience {
	double pause, deadline;
};

/* Sleeps, each time a little longer. Returns false after 5 seconds. */
static bool wait_more(struct patience *patience)
{
	if (patience->deadline == 0)
		patience->deadline = clock_now() + 5;
	patience->pause += patience->pause / 4 + 0.0002;
	return nap(patience->pause, patience->deadline);
}

/* Whether H is frozen, or about to be; with SURELY, whether nothing in it runs any more. */
static bool is_frozen(const struct hierarchy *h, bool surely)
{
	const char *file = !h->v2 ? "freezer.state" : surely ? "cgroup.events" : "cgroup.freeze";
	autofree char *text = read_file_at(h->dir, file, 4096);

	if (surely)
		return text && (strstr(text, "frozen 1") || strcmp(text, "FROZEN\n") == 0);
	return text && (*text == '1' || *text == 'F'); /* FREEZING, FROZEN */
}

int cgroup_check_runs(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++)
		if (is_frozen(&cgroup->hierarchies[i], true))
			return failx("the cgroup %s is frozen, or one above it",
				cgroup->hierarchies[i].path);
	return 0;
}

int cgroup_freeze(const struct cgroup *cgroup, bool frozen)
{
	const struct hierarchy *h = &cgroup->hierarchies[0];
	struct patience patience = {0};

	if (cgroup->n == 0)
		return failx(
			"without cgroups, no container can be %s", frozen ? "paused" : "resumed");
	if (try_freeze(h, frozen) < 0)
		return fail("%s", h->path);
	while (frozen && !is_frozen(h, true))
		if (!wait_more(&patience)) {
			try_freeze(h, false);
			return failx("processes in %s do not stop: they wait for a disk, perhaps",
				h->path);
		}
	return 0;
}

/* What each_process() calls, as nftw(3) hands nothing on, and how often that said yes. */
static bool (*visit_process)(pid_t pid, void *data);
static void *visit_data;
static size_t visited;

static int visit_listed(const char *path, const struct stat *st, int type, struct FTW *level)
{
	char file[PATH_MAX];
	autofclose FILE *procs = NULL;
	pid_t pid;

	(void)st, (void)level;
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	if (type != FTW_DP || !(procs = fopen(file, "re")))
		return 0;
	while (fscanf(procs, "%d", &pid) == 1) /* 0: of a PID namespace that is not seen here */
		visited += pid > 0 && visit_process(pid, visit_data);
	return 0;
}

/* Calls VISIT for each process in H and below. Returns how often it said yes. */
static size_t each_process(
	const struct hierarchy *h, bool (*visit)(pid_t pid, void *data), void *data)
{
	visit_process = visit;
	visit_data = data;
	visited = 0;
	nftw(h->path, visit_listed, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return visited;
}

struct pids {
	pid_t *list;
	size_t n;
	bool failed;
};

static bool list_process(pid_t pid, void *data)
{
	struct pids *pids = data;
	pid_t *more = pids->failed ? NULL : reallocarray(pids->list, pids->n + 1, sizeof(*more));

	if (!more) {
		pids->failed = true;
		return false;
	}
	pids->list = more;
	pids->list[pids->n++] = pid;
	return true;
}

static int by_pid(const void *a, const void *b)
{
	const pid_t *one = a, *two = b;

	return (*one > *two) - (*one < *two);
}

ssize_t cgroup_pids(const struct cgroup *cgroup, pid_t **pids)
{
	struct pids found = {0};
	size_t n = 0;

	if (cgroup->n > 0)
		each_process(&cgroup->hierarchies[0], list_process, &found);
	*pids = found.list;
	if (found.failed)
		return fail("memory");
	if (found.n > 0)
		qsort(found.list, found.n, sizeof(*found.list), by_pid);
	for (size_t i = 0; i < found.n; i++) /* one that has moved meanwhile was found twice */
		if (n == 0 || found.list[i] != found.list[n - 1])
			found.list[n++] = found.list[i];
	return n;
}

static bool kill_process(pid_t pid, void *data)
{
	(void)data;
	return kill(pid, SIGKILL) == 0;
}

static int remove_nested(const char *path, const struct stat *st, int type, struct FTW *level)
{
	(void)st;
	if (type == FTW_DP && level->level > 0)
		rmdir(path); /* while it is busy, so is the one above it: that is tried again */
	return 0;
}

/* Before Linux 5.14, and on v1, there is no cgroup.kill. What is frozen cannot fork meanwhile; on
 * v1 it does not die either before it thaws. Returns whether there may be more. */
static bool kill_once(const struct hierarchy *h)
{
	bool killed;

	if (try_write(h->dir, "cgroup.kill", "1") == 0)
		return false;
	try_freeze(h, true);
	killed = each_process(h, kill_process, NULL) > 0;
	try_freeze(h, false);
	return killed;
}

int cgroup_kill(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		struct patience patience = {0};

		while (kill_once(&cgroup->hierarchies[i]))
			if (!wait_more(&patience))
				return failx(
					"processes in %s do not end", cgroup->hierarchies[i].path);
	}
	return 0;
}

/* Removes box/ of H, unless another container is in it. */
static void remove_above(struct hierarchy *h)
{
	*strrchr(h->path, '/') = '\0';
	rmdir(h->path);
	if (h->v2)
		rmdir(strcat(h->path, ".self")); /* make_room() made it; box may be in it */
}

/* Kills what is in H, removes and closes it. ENOENT: somebody else was faster. */
static int remove_hierarchy(struct hierarchy *h)
{
	struct patience patience = {0};
	bool more = true;

	while (rmdir(h->path) < 0 && errno != ENOENT) {
		if (errno != EBUSY || !more) {
			close_fd(&h->dir);
			return fail("the cgroup %s stays", h->path);
		}
		kill_once(h);
		nftw(h->path, remove_nested, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		more = wait_more(&patience);
	}
	close_fd(&h->dir);
	if (!h->given)
		remove_above(h);
	return 0;
}

int cgroup_remove(struct cgroup *cgroup)
{
	int result = 0;

	for (size_t i = 0; i < cgroup->n; i++)
		if (remove_hierarchy(&cgroup->hierarchies[i]) < 0)
			result = -1;
	cgroup->n = 0;
	return result;
}

/* H becomes the cgroup PATH below it. */
static int go_below(struct hierarchy *h, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
	size_t length = strlen(h->path);
	int dir = syscall(SYS_openat2, h->dir, *path ? path : ".", &how, sizeof(how));

	if (dir < 0)
		return errno == EXDEV ? failx("not below the container's cgroup")
				      : fail("%s/%s", h->path, path);
	close(h->dir);
	h->dir = dir;
	snprintf(h->path + length, sizeof(h->path) - length, "/%s", path);
	return 0;
}

/* Adds to CHOSEN the hierarchy of v1 that has the controller NAME. */
static int choose(const struct cgroup *cgroup, const char *name, bool chosen[])
{
	bool found = false;

	for (size_t i = 0; i < cgroup->n && !strpbrk(name, " \n"); i++)
		if (!cgroup->hierarchies[i].v2 &&
			(cgroup->hierarchies[i].controllers & controllers_in(name)))
			chosen[i] = found = true;
	return found ? 0
		     : failx("the container has no cgroup of cgroup v1 with a controller \"%s\"",
			       name);
}

int cgroup_go_below(struct cgroup *cgroup, const char *text)
{
	const char *colon = strchr(text, ':'), *path = colon ? colon + 1 : text;
	autofree char *list = colon ? strndup(text, colon - text) : NULL;
	char *rest = list, *name;
	bool chosen[MAX_HIERARCHIES] = {false};

	while ((name = strsep(&rest, ",")))
		if (choose(cgroup, name, chosen) < 0)
			return -1;
	if (cgroup->n == 0)
		return failx("the container has no cgroup");
	path += strspn(path, "/");
	for (size_t i = 0; i < cgroup->n; i++)
		if ((!colon || chosen[i]) && go_below(&cgroup->hierarchies[i], path) < 0)
			return -1;
	return 0;
}

void cgroup_close(struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++)
		close_fd(&cgroup->hierarchies[i].dir);
	cgroup->n = 0;
}

/* Finds the cgroup below TOP that was delegated to another box, in which box/ID is. */
static bool find_delegated(const struct base *top, const char *id, struct base *base)
{
	char *const paths[] = {(char *)top->path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR | FTS_XDEV, NULL);
	bool found = false;

	*base = (struct base){.v2 = true};
	for (FTSENT *entry; !found && tree && (entry = fts_read(tree));) {
		if (entry->fts_info != FTS_D || strcmp(entry->fts_parent->fts_name, "box") != 0)
			continue;
		/* What lies in a container may have been made there. */
		fts_set(tree, entry, FTS_SKIP);
		found = strcmp(entry->fts_name, id) == 0 &&
			snprintf(base->path, sizeof(base->path), "%.*s",
				(int)(entry->fts_pathlen - ID_LENGTH - strlen("/box/")),
				entry->fts_path) < (int)sizeof(base->path);
	}
	if (tree)
		fts_close(tree);
	return found;
}

/* Adds BASE/box/ID, if it is there. */
static int open_below(struct cgroup *cgroup, const struct base *base, const char *id)
{
	struct hierarchy *h = &cgroup->hierarchies[cgroup->n];

	if (!name_folder(base, id, h))
		return 0;
	if ((h->dir = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 0 : fail("%s", h->path);
	if (h->given && fgetxattr(h->dir, mark, NULL, 0) < 0)
		close_fd(&h->dir);
	else
		cgroup->n++;
	return 0;
}

/* Opens what there is. EVERYWHERE: where the bases of v2, the last of which is its top, do not have
 * it, another box's may. */
static int open_all(struct cgroup *cgroup, const char *id, bool everywhere)
{
	struct base other;
	int result;

	cgroup->n = 0;
	result = find_bases();
	for (size_t i = 0; result == 0 && i < n_bases; i++) {
		result = open_below(cgroup, &bases[i], id);
		if (result == 0 && everywhere && is_top(i) && cgroup->n == 0 &&
			find_delegated(&bases[i], id, &other))
			result = open_below(cgroup, &other, id);
	}
	if (result < 0)
		cgroup_close(cgroup);
	return result;
}

int cgroup_open(struct cgroup *cgroup, const char *id)
{
	if (open_all(cgroup, id, true) < 0)
		return -1;
	return cgroup->n > 0 || n_bases == 0 ? 0 : failx("container %.12s has no cgroup", id);
}

int cgroup_sweep(const char *id, bool everywhere)
{
	struct cgroup cgroup;

	return open_all(&cgroup, id, everywhere) < 0 ? -1 : cgroup_remove(&cgroup);
}

void cgroup_thaw(const char *id)
{
	struct cgroup cgroup = {.n = 0};

	if (cgroup_open(&cgroup, id) == 0 && cgroup.n > 0)
		cgroup_freeze(&cgroup, false);
	cgroup_close(&cgroup);
}

bool cgroup_frozen(const char *id)
{
	struct cgroup cgroup = {.n = 0};
	bool frozen = cgroup_open(&cgroup, id) == 0 && cgroup.n > 0 &&
		      is_frozen(&cgroup.hierarchies[0], false);

	cgroup_close(&cgroup);
	return frozen;
}

/* ---- other limits ---- */

/* Those of CONTROLLERS whose limits differ. Without one of memory, none of swap is in force. */
static unsigned changed(const struct limits *new, const struct limits *old)
{
	unsigned memory = new->memory != old->memory || new->memory_swap != old->memory_swap;

	return (memory && (new->memory || old->memory) ? MEMORY : 0) |
	       (new->pids != old->pids ? PIDS : 0) | (new->cpu_quota != old->cpu_quota ? CPU : 0) |
	       (strcmp(new->cpuset_cpus ?: "", old->cpuset_cpus ?: "") != 0 ? CPUSET : 0);
}

/* Writes LIMITS for WANTED to H of v2, in which BOX runs the container. */
static int update_v2(struct hierarchy *h, pid_t box, unsigned wanted, const struct limits *limits)
{
	struct base base = {.v2 = true, .box = -1};
	autofree char *processes = read_file_at(h->dir, "../../cgroup.procs", 1 << 20);
	char own[16];
	int had;

	snprintf(base.path, sizeof(base.path), "%.*s",
		(int)(strlen(h->path) - ID_LENGTH - strlen("/box/")), h->path);
	snprintf(own, sizeof(own), "%d\n", box);
	if (processes && strcmp(processes, own) == 0) /* none but it: then it can make room */
		base.box = box;
	if ((had = take_controllers(&base, h, wanted)) < 0)
		return -1;
	h->controllers = had;
	return write_limits(h, had, limits) < 0 ? -1 : had;
}

/* The same to a hierarchy of v1. Where the container is in none, one is made, empty as yet. */
static int update_v1(struct cgroup *cgroup, const struct base *base, const char *id,
	unsigned wanted, const struct limits *limits)
{
	for (size_t i = 0; i < cgroup->n; i++)
		if (!cgroup->hierarchies[i].v2 &&
			cgroup->hierarchies[i].controllers == base->controllers)
			return write_limits(&cgroup->hierarchies[i], wanted, limits);
	wanted &= limited(limits);
	return wanted && make_in(cgroup, base, id, wanted, limits) < 0 ? -1 : 0;
}

static int update_all(struct cgroup *cgroup, const char *id, pid_t box, unsigned wanted,
	const struct limits *limits)
{
	int had = 0;

	if (cgroup->hierarchies[0].v2 &&
		(had = update_v2(&cgroup->hierarchies[0], box, wanted, limits)) < 0)
		return -1;
	wanted &= ~had;
	for (size_t i = 0; i < n_bases; i++) {
		if (bases[i].v2 || !(wanted & bases[i].controllers))
			continue;
		if (update_v1(cgroup, &bases[i], id, wanted & bases[i].controllers, limits) < 0)
			return -1;
		wanted &= ~bases[i].controllers;
	}
	wanted &= limited(limits);
	return wanted ? missing(wanted) : 0;
}

/* Puts PID into those of DATA that were made last: from FIRST on. */
struct move {
	const struct cgroup *cgroup;
	size_t first;
	int error;
};

static bool move_process(pid_t pid, void *data)
{
	struct move *move = data;
	char text[32];

	snprintf(text, sizeof(text), "%d", pid);
	for (size_t i = move->first; i < move->cgroup->n; i++)
		if (try_write(move->cgroup->hierarchies[i].dir, "cgroup.procs", text) < 0 &&
			errno != ESRCH) /* it has ended */
			move->error = errno;
	return true;
}

/* Puts all processes of the container ID into the hierarchies from FIRST on. None can fork away
 * meanwhile: it is frozen. */
static int move_all(const struct cgroup *cgroup, const char *id, size_t first)
{
	const struct hierarchy *h = &cgroup->hierarchies[0];
	struct move move = {.cgroup = cgroup, .first = first};
	struct freeze freeze;

	if (freeze_begin(&freeze, id) < 0)
		return -1;
	if (is_frozen(h, true))
		each_process(h, move_process, &move);
	else
		move.error = ETIMEDOUT;
	freeze_end(&freeze);
	errno = move.error;
	return errno ? fail("move processes of %s to %s", h->path, h[first].path) : 0;
}

int cgroup_follow(const struct cgroup *cgroup, const char *id, pid_t pid)
{
	struct cgroup now;
	struct move move = {.cgroup = &now};

	if (open_all(&now, id, true) < 0)
		return -1;
	if (now.n > cgroup->n)
		move_process(pid, &move);
	cgroup_close(&now);
	errno = move.error;
	return errno ? fail("limits of container %.12s", id) : 0;
}

int cgroup_update(const char *id, pid_t box, const struct limits *limits, const struct limits *old)
{
	unsigned wanted = changed(limits, old);
	autofree char *why = NULL;
	struct cgroup cgroup;
	size_t n;

	if (cgroup_check(limits) < 0 || cgroup_open(&cgroup, id) < 0)
		return -1;
	if (cgroup.n == 0)
		return wanted ? missing(wanted) : 0;
	n = cgroup.n;
	if (update_all(&cgroup, id, box, wanted, limits) < 0 ||
		(cgroup.n > n && move_all(&cgroup, id, n) < 0)) {
		why = strdup(failure());
		for (size_t i = 0; i < cgroup.n; i++) {
			struct hierarchy *h = &cgroup.hierarchies[i];

			if (i < n || rmdir(h->path) < 0)
				write_limits(h, h->controllers & wanted, old);
			else
				remove_above(h);
		}
	}
	cgroup_close(&cgroup);
	return why ? failx("%s", why) : 0;
}

/* ---- what it uses ---- */

/* The number after KEY, which begins a line, in FILE of the first hierarchy that has it; without
 * KEY, the first number. -1: there is none. "max" is none, too. */
static int64_t get_number(const struct cgroup *cgroup, const char *file, const char *key)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		autofree char *text = NULL;
		char *at;
		int64_t number;

		if (faccessat(cgroup->hierarchies[i].dir, file, F_OK, 0) < 0 ||
			!(text = read_file_at(cgroup->hierarchies[i].dir, file, 1 << 16)))
			continue;
		at = text;
		while (key && at && strncmp(at, key, strlen(key)) != 0)
			at = (at = strchr(at, '\n')) ? at + 1 : NULL;
		if (at && sscanf(at + (key ? strlen(key) : 0), "%" SCNd64, &number) == 1)
			return number;
	}
	return -1;
}

/* Memory that several processes share counts for each of them in part: smaps_rollup's Pss, in KiB.
 */
static int64_t memory_of(pid_t pid)
{
	char path[64];
	autofree char *text = NULL;
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	text = read_file_at(AT_FDCWD, path, 1 << 16);
	line = text ? strstr(text, "\nPss:") : NULL;
	return line ? strtoll(line + strlen("\nPss:"), NULL, 10) * 1024 : 0;
}

/* Of what a process has waited for, the time went to it. */
static bool add_process(pid_t pid, void *data)
{
	struct usage *sum = data;
	int64_t fields[N_STAT];

	if (!process_stat(pid, fields))
		return false;
	for (int i = STAT_UTIME; i <= STAT_CSTIME; i++)
		sum->cpu += fields[i] * (1000000 / sysconf(_SC_CLK_TCK));
	sum->memory += memory_of(pid);
	sum->tasks += fields[STAT_THREADS];
	return true;
}

/* What is in memory of files, and can be dropped at any time, does not count. */
static int64_t get_memory(const struct cgroup *cgroup)
{
	int64_t memory = get_number(cgroup, "memory.current", NULL);
	bool v2 = memory >= 0;
	int64_t files =
		get_number(cgroup, "memory.stat", v2 ? "inactive_file " : "total_inactive_file ");

	if (!v2)
		memory = get_number(cgroup, "memory.usage_in_bytes", NULL);
	return memory > files && files > 0 ? memory - files : memory;
}

int cgroup_usage(const char *id, struct usage *usage)
{
	struct usage sum = {0};
	struct cgroup cgroup;
	struct sysinfo info;
	int64_t limit;

	if (open_all(&cgroup, id, true) < 0)
		return -1;
	if (n_bases == 0)
		return failx("without cgroups, nothing is known of what a container uses");
	*usage = (struct usage){.cpu = get_number(&cgroup, "cpu.stat", "usage_usec "),
		.memory = get_memory(&cgroup),
		.tasks = get_number(&cgroup, "pids.current", NULL)};
	if (usage->cpu < 0 && (usage->cpu = get_number(&cgroup, "cpuacct.usage", NULL)) > 0)
		usage->cpu /= 1000;
	if ((limit = get_number(&cgroup, "memory.max", NULL)) < 0)
		limit = get_number(&cgroup, "memory.limit_in_bytes", NULL);
	if (cgroup.n > 0 && (usage->cpu < 0 || usage->memory < 0 || usage->tasks < 0))
		each_process(&cgroup.hierarchies[0], add_process, &sum);
	cgroup_close(&cgroup);
	usage->cpu = usage->cpu < 0 ? sum.cpu : usage->cpu;
	usage->memory = usage->memory < 0 ? sum.memory : usage->memory;
	usage->tasks = usage->tasks < 0 ? sum.tasks : usage->tasks;
	sysinfo(&info);
	usage->limit = (int64_t)info.totalram * info.mem_unit;
	if (limit >= 0 && limit < usage->limit)
		usage->limit = limit;
	return usage->tasks > 0 ? 0 : 1;
}

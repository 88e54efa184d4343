/* devices.c: the cgroup's device controller, and device nodes of any path. */
#define _GNU_SOURCE
#include "box.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/* ---- v1: devices.allow, devices.deny ---- */

static int access_bits(const struct device_rule *rule)
{
	return (strchr(rule->access, 'm') ? BPF_DEVCG_ACC_MKNOD : 0) |
	       (strchr(rule->access, 'r') ? BPF_DEVCG_ACC_READ : 0) |
	       (strchr(rule->access, 'w') ? BPF_DEVCG_ACC_WRITE : 0);
}

/* Such a rule undoes all before it: v1's "a", which has no letters for a kind of access. */
static bool is_all(const struct device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && access_bits(rule) == 7;
}

static int write_rule(const struct hierarchy *h, const struct device_rule *rule)
{
	char text[64], major[24] = "*", minor[24] = "*";
	bool all = is_all(rule);

	if (rule->major >= 0)
		snprintf(major, sizeof(major), "%" PRId64, rule->major);
	if (rule->minor >= 0)
		snprintf(minor, sizeof(minor), "%" PRId64, rule->minor);
	/* "a" takes no numbers: with them it is both kinds. */
	for (const char *type = rule->type == 'a' && !all ? "cb" : &rule->type; *type;) {
		snprintf(text, sizeof(text), all ? "a" : "%c %s:%s %s", *type, major, minor,
			rule->access);
		if (write_file_at(h->dir, rule->allow ? "devices.allow" : "devices.deny", text) < 0)
			return -1;
		if (rule->type != 'a' || all || !*++type)
			break;
	}
	return 0;
}

/* Whether two rules can mean the same number; -1 is any. */
static bool overlap(int64_t one, int64_t other)
{
	return one < 0 || other < 0 || one == other;
}

/* v1 keeps a list of exceptions, from which a rule removes only the one that is written exactly
 * like it (the kernel's devcgroup_update_access()): to take a part of another one away does nothing
 * there, and is no error. Refuses RULES[N] if it should deny so; what it should allow stays denied,
 * and RULES[0] denies all. */
static int check_exception(const struct device_rule *rules, size_t n)
{
	const struct device_rule *rule = &rules[n];

	for (size_t i = n; !rule->allow && !is_all(rule) && i-- > 0;) {
		const struct device_rule *other = &rules[i];
		bool same = other->type == rule->type && other->major == rule->major &&
			    other->minor == rule->minor;

		if (is_all(other))
			break;
		if (other->allow && !same && (access_bits(other) & access_bits(rule)) &&
			(other->type == rule->type || other->type == 'a' || rule->type == 'a') &&
			overlap(other->major, rule->major) && overlap(other->minor, rule->minor))
			return failx("linux.resources.devices[%zu]: cgroup v1 cannot make an "
				     "exception to it",
				i - 1);
	}
	return 0;
}

/* ---- v2: a program that the kernel asks at each open and mknod ---- */

struct program {
	struct bpf_insn code[4096];
	size_t n;
};

static void put(struct program *program, struct bpf_insn instruction)
{
	if (program->n < sizeof(program->code) / sizeof(*program->code))
		program->code[program->n++] = instruction;
}

/* To the next rule, which begins at the place that is set when it is known, unless REGISTER op K.
 */
static void put_unless(struct program *program, uint8_t op, int reg, int32_t k)
{
	put(program, (struct bpf_insn){.code = BPF_JMP32 | op | BPF_K, .dst_reg = reg, .imm = k});
}

/* The verifier wants registers that hold something: 2 the type, 3 the access, 4 and 5 the numbers
 * of bpf_cgroup_dev_ctx, which says "access << 16 | type" in its first word. */
static void put_start(struct program *program)
{
	const uint8_t load = BPF_LDX | BPF_MEM | BPF_W;

	put(program, (struct bpf_insn){.code = load, .dst_reg = 2, .src_reg = 1, .off = 0});
	put(program,
		(struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 2});
	put(program,
		(struct bpf_insn){.code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = 2, .imm = 0xffff});
	put(program, (struct bpf_insn){.code = BPF_ALU | BPF_RSH | BPF_K, .dst_reg = 3, .imm = 16});
	put(program, (struct bpf_insn){.code = load, .dst_reg = 4, .src_reg = 1, .off = 4});
	put(program, (struct bpf_insn){.code = load, .dst_reg = 5, .src_reg = 1, .off = 8});
}

static void put_answer(struct program *program, bool allow)
{
	put(program, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = allow});
	put(program, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

/* Returns whether it fits all: what came after it would be refused, as nothing leads there. */
static bool put_rule(struct program *program, const struct device_rule *rule)
{
	size_t start = program->n, end;
	int other = ~access_bits(rule) & 7;

	if (rule->type != 'a')
		put_unless(program, BPF_JNE, 2,
			rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	/* It allows what is asked for as a whole; it denies any part of that. */
	if (other && rule->allow)
		put_unless(program, BPF_JSET, 3, other);
	else if (other) {
		put(program,
			(struct bpf_insn){
				.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 3});
		put(program, (struct bpf_insn){.code = BPF_ALU | BPF_AND | BPF_K,
				     .dst_reg = 0,
				     .imm = ~other & 7});
		put_unless(program, BPF_JEQ, 0, 0);
	}
	if (rule->major >= 0)
		put_unless(program, BPF_JNE, 4, (int32_t)rule->major);
	if (rule->minor >= 0)
		put_unless(program, BPF_JNE, 5, (int32_t)rule->minor);
	end = program->n;
	put_answer(program, rule->allow);
	for (size_t i = start; i < program->n; i++)
		if (BPF_CLASS(program->code[i].code) == BPF_JMP32)
			program->code[i].off = (int16_t)(program->n - i - 1);
	return end == start;
}

static int attach_program(const struct hierarchy *h, const struct device_rule *rules, size_t n)
{
	static struct program program;
	union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};
	autoclose int fd = -1;
	bool all = false;

	program.n = 0;
	put_start(&program);
	while (!all && n-- > 0) /* the last rule that fits counts: so it is the first asked */
		all = put_rule(&program, &rules[n]);
	if (!all)
		put_answer(&program, false);
	if (program.n == sizeof(program.code) / sizeof(*program.code))
		return failx("linux.resources.devices: too many rules");
	attributes.insns = (uintptr_t)program.code;
	attributes.insn_cnt = program.n;
	attributes.license = (uintptr_t) "GPL";
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (fd < 0)
		return fail("load the filter of devices");
	attributes = (union bpf_attr){.target_fd = h->dir,
		.attach_bpf_fd = fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI};
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof(attributes)) < 0
		       ? fail("attach the filter of devices to %s", h->path)
		       : 0;
}

int devices_control(const struct cgroup *cgroup, const struct device_rule *rules, size_t n)
{
	const struct hierarchy *v2 = NULL;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < cgroup->n; i++) {
		const struct hierarchy *h = &cgroup->hierarchies[i];

		if (h->v2)
			v2 = h;
		if (h->v2 || faccessat(h->dir, "devices.allow", F_OK, 0) < 0)
			continue;
		for (size_t j = 0; j < n; j++)
			if (check_exception(rules, j) < 0 || write_rule(h, &rules[j]) < 0)
				return -1;
		return 0;
	}
	return v2 ? attach_program(v2, rules, n)
		  : failx("no cgroup hierarchy that controls devices is mounted: the container "
			  "could open every device");
}

/* ---- nodes ---- */

int devices_take(const struct spec *spec, int trees[])
{
	for (size_t i = 0; i < spec->n_nodes; i++) {
		trees[i] = namespaces_users(spec)
				   ? mount_copy(AT_FDCWD, spec->nodes[i].device.path, false)
				   : -1;
		if (namespaces_users(spec) && trees[i] < 0 && !S_ISFIFO(spec->nodes[i].device.mode))
			return fail("device %s of the host", spec->nodes[i].device.path);
	}
	return 0;
}

/* The folder of PATH, made where it is missing. *NAME is what is in it. */
static int open_folder(int root, const char *path, const char **name)
{
	autofree char *folder = strdup(path);

	*name = strrchr(path, '/') + 1;
	if (!folder)
		return -1;
	folder[*name - path] = '\0';
	return make_in_root(root, folder, true);
}

/* The folder may be of a volume that others can write: what is there under NAME by now is opened
 * without following it, and only the node itself gets the owner and the mode. */
static int own_node(const struct node *node, int folder, const char *name)
{
	const struct device *device = &node->device;
	autoclose int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[32];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & S_IFMT) != (device->mode & S_IFMT) || st.st_nlink != 1 ||
		(!S_ISFIFO(st.st_mode) && st.st_rdev != makedev(device->major, device->minor))) {
		errno = EEXIST;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fchownat(fd, "", node->uid, node->gid, AT_EMPTY_PATH) < 0 ||
			       chmod(path, device->mode & 07777) < 0
		       ? -1
		       : 0;
}

static int make_node(const struct node *node, int folder, const char *name, int tree)
{
	if (tree >= 0) {
		autoclose int target = openat(folder, name,
			O_CREAT | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

		return target < 0 ? -1 : mount_attach(tree, target);
	}
	if (mknodat(folder, name, node->device.mode,
		    makedev(node->device.major, node->device.minor)) < 0)
		return errno == EEXIST ? 0 : -1; /* the image's, or of a volume over /dev */
	return own_node(node, folder, name);
}

static int make_link(int root, const char *target, const char *path)
{
	const char *name;
	autoclose int folder = open_folder(root, path, &name);

	if (folder < 0)
		return -1;
	return symlinkat(target, folder, name) < 0 && errno != EEXIST ? -1 : 0;
}

/* Whether /dev is the host's own, or another volume: what is in it is not ours to change. */
static bool dev_is_given(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (!spec->mounts[i].type && strcmp(spec->mounts[i].target, "/dev") == 0)
			return true;
	return false;
}

int devices_make(const struct spec *spec, int root, int trees[])
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "/dev/fd"},
		{"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"},
		{"/proc/self/fd/2", "/dev/stderr"},
		{"pts/ptmx", "/dev/ptmx"},
	};

	if (spec->n_nodes == 0 || dev_is_given(spec))
		return 0;
	for (size_t i = 0; i < spec->n_nodes; i++) {
		const char *name;
		autoclose int folder = open_folder(root, spec->nodes[i].device.path, &name);

		if (folder < 0 || make_node(&spec->nodes[i], folder, name, trees[i]) < 0)
			return fail("make %s", spec->nodes[i].device.path);
		close_fd(&trees[i]);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (make_link(root, links[i][0], links[i][1]) < 0)
			return fail("make %s", links[i][1]);
	return 0;
}

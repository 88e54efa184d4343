/*
 * boxer: stands for box in tests without root, see rootless.bash: becomes the user BOXER, and
 * executes the box in the folder above its own. What a script of root's has made in the test's
 * folders is the user's from then on.
 *
 * It starts no process, as tests look for the processes that box starts.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fts.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOXER = 4321 };

static void give(const char *path, const struct stat *st)
{
	if (st->st_uid != 0 || S_ISLNK(st->st_mode)) /* all tests have the same symlinks */
		return;
	lchown(path, BOXER, BOXER); /* what is gone meanwhile, or read-only, is no matter */
	/* chown(2) has cleared set-ID bits */
	if (st->st_mode & (S_ISUID | S_ISGID))
		chmod(path, st->st_mode & 07777);
}

static void give_all(const char *folder)
{
	char *const paths[] = {(char *)folder, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);

	for (FTSENT *entry; tree && (entry = fts_read(tree));)
		if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS)
			give(entry->fts_path, entry->fts_statp);
	if (tree)
		fts_close(tree);
}

int main(int argc, char *argv[])
{
	const char *own = getenv("BATS_TEST_TMPDIR");
	char path[PATH_MAX], *slash;

	(void)argc;
	if (!own)
		errx(1, "tests/lib/boxer: BATS_TEST_TMPDIR is not set");
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", own, i == 0 ? "dir" : "rootfs");
		give_all(path);
	}
	snprintf(path, sizeof(path), "%s/home", own);
	if (setenv("HOME", path, 1) < 0 || setenv("USER", "boxer", 1) < 0 ||
		setgroups(0, NULL) < 0 || setresgid(BOXER, BOXER, BOXER) < 0 ||
		setresuid(BOXER, BOXER, BOXER) < 0)
		err(1, "tests/lib/boxer");
	/* PLACE/as/box -> PLACE/box */
	memset(path, 0, sizeof(path));
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0 ||
		!(slash = strstr(path, "/as/box")))
		errx(1, "tests/lib/boxer: is not called as/box");
	memmove(slash, slash + 3, 5);
	argv[0] = path;
	execv(path, argv);
	err(1, "tests/lib/boxer: %s", path);
}

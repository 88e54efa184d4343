/* flags.c: reads the options of all command lines. */
#define _GNU_SOURCE
#include "flags.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

/* Options that Docker's command of this name has and box's command does not have, for a better
 * message: "NAME,LETTER", or NAME if there is no letter. */
static const struct {
	const char *command, *names;
} docker[] = {
	{"run", " add-host annotation attach,a blkio-weight blkio-weight-device cgroup-parent "
		"cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period "
		"cpu-rt-runtime cpu-shares,c cpuset-mems detach-keys device device-cgroup-rule "
		"device-read-bps device-read-iops device-write-bps device-write-iops "
		"disable-content-trust dns dns-opt dns-option dns-search domainname expose gpus "
		"group-add health-cmd health-interval health-retries health-start-interval "
		"health-start-period health-timeout io-maxbandwidth io-maxiops ip ip6 ipc isolation "
		"kernel-memory label,l label-file link link-local-ip log-driver mac-address "
		"memory-reservation memory-swappiness mount net net-alias network-alias "
		"no-healthcheck oom-kill-disable oom-score-adj pid platform publish,p publish-all,P "
		"pull quiet,q restart runtime sig-proxy stop-timeout storage-opt sysctl userns uts "
		"volume-driver volumes-from "},
	{"exec", " detach-keys env-file "},
	{"ps", " filter,f last,n latest,l size,s "},
	{"logs", " details since until "},
	{"stats", " all,a no-trunc "},
	{"inspect", " format,f size,s type "},
	{"cp", " follow-link,L quiet,q "},
	{"commit", " author,a change,c message,m pause,p "},
	{"start", " checkpoint checkpoint-dir detach-keys interactive,i "},
	{"stop", " signal,s timeout "},
	{"update", " blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares,c "
		   "cpuset-mems kernel-memory memory-reservation restart "},
	{"rm", " link,l volumes,v "},
	{"prune", " filter volumes "},
	{"images", " all,a digests filter,f format no-trunc tree "},
	{"import", " change,c message,m platform "},
	{"rmi", " force,f no-prune platform "},
};

/* Whether docker[] has an option of COMMAND whose name is NAME, of LENGTH bytes; or, if LENGTH is
 * 1, whose letter is NAME. */
static bool is_dockers(const char *command, const char *name, size_t length)
{
	char word[40];
	size_t i = 0;

	while (i < sizeof(docker) / sizeof(*docker) && strcmp(docker[i].command, command) != 0)
		i++;
	if (i == sizeof(docker) / sizeof(*docker) || length == 0 || length > 32)
		return false;
	snprintf(word, sizeof(word), length == 1 ? ",%.*s " : " %.*s ", (int)length, name);
	if (strstr(docker[i].names, word))
		return true;
	word[length + 1] = ',';
	return length > 1 && strstr(docker[i].names, word);
}

/* Fails for an unknown option: DASHES and NAME, of LENGTH bytes, are what was typed, WHO is "box
 * run", say. Returns -1. */
static int refuse(const char *who, const char *dashes, const char *name, size_t length)
{
	const char *command = strncmp(who, "box ", 4) == 0 ? who + 4 : "";

	if (is_dockers(command, name, length))
		return failx("%s%.*s: %s does not have this option of Docker's; see %s --help",
			dashes, (int)length, name, who, who);
	return failx("%s%.*s: unknown option; see %s --help", dashes, (int)length, name, who);
}

/* Returns the word that getopt_long() is about to read as an option; NULL if there is none. If
 * LETTERS begin with '+', the first word that is no option ends the options; else such words are
 * skipped. */
static const char *next_word(int argc, char *argv[], const char *letters)
{
	int i = optind ?: 1;

	while (i < argc && (argv[i][0] != '-' || !argv[i][1])) {
		if (*letters == '+')
			return NULL;
		i++;
	}
	return i < argc ? argv[i] : NULL;
}

int next_flag(
	int argc, char *argv[], const char *who, const char *letters, const struct option *longs)
{
	const char *word = next_word(argc, argv, letters);
	const struct option *option = longs;
	char own[128];
	int letter;

	/* getopt_long() would take --pid for --pids-limit, as no other option begins so. */
	if (word && strncmp(word, "--", 2) == 0 && word[2]) {
		size_t length = strcspn(word + 2, "=");

		while (option->name && (strlen(option->name) != length ||
					       strncmp(option->name, word + 2, length) != 0))
			option++;
		if (!option->name)
			return refuse(who, "--", word + 2, length), '?';
	}
	snprintf(
		own, sizeof(own), "%s:%s", *letters == '+' ? "+" : "", letters + (*letters == '+'));
	opterr = 0;
	letter = getopt_long(argc, argv, own, longs, NULL);
	if (letter != '?' && letter != ':')
		return letter;
	for (option = longs; option->name && option->val != optopt; option++)
		;
	if (option->name && letter == ':')
		failx("--%s: the option requires an argument; see %s --help", option->name, who);
	else if (option->name && word && strncmp(word, "--", 2) == 0)
		failx("--%s: the option takes no argument; see %s --help", option->name, who);
	else if (letter == ':')
		failx("-%c: the option requires an argument; see %s --help", optopt, who);
	else
		refuse(who, "-", (char[]){(char)optopt, 0}, 1);
	return '?';
}

char **parse_flags(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data)
{
	char who[32];
	int letter;

	snprintf(who, sizeof(who), "box %s", argv[0]);
	optind = 0;
	while ((letter = next_flag(argc, argv, who, letters, longs)) != -1)
		if (letter == '?' || set(data, letter, optarg) < 0)
			return NULL;
	return argv + optind;
}

char **parse_one(int argc, char *argv[], const char *letters, const struct option *longs,
	int (*set)(void *data, int letter, const char *value), void *data)
{
	char **names = parse_flags(argc, argv, letters, longs, set, data);

	if (!names || !names[0] || !names[1])
		return names;
	failx("box %s takes one container", argv[0]);
	return NULL;
}

int set_nothing(void *data, int letter, const char *value)
{
	(void)data;
	(void)letter;
	(void)value;
	return 0;
}

int set_true(void *data, int letter, const char *value)
{
	(void)letter;
	(void)value;
	return *(bool *)data = true, 0;
}

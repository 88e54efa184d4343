/* oci-seccomp.c: checks linux.seccomp of config.json, which box-seccomp compiles later. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <jansson.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "value.h"

/* Linux 5.19 */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

const char *const oci_seccomp_actions[] = {"SCMP_ACT_NOTIFY", "SCMP_ACT_KILL",
	"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO",
	"SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", NULL};
const char *const oci_seccomp_operators[] = {"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",
	"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL};

/* Checks the action KEY, and returns its index in oci_seccomp_actions[], or -1. */
enum { NOTIFY };
static int check_action(const struct value *object, const char *key)
{
	const char *action;

	if (value_text(object, key, REQUIRED, &action) < 0)
		return -1;
	return value_choice(object, key, action, oci_seccomp_actions);
}

static int check_number(const struct value *object, const char *key, enum required required)
{
	struct value member = value_at(object, key);
	int64_t number;
	double real = json_number_value(member.json);

	/* The number is a uint64_t, which can be greater than value_number() allows. */
	if (json_is_number(member.json) && real >= 0x1p63 && real <= 0x1p64)
		return 0;
	return value_number(object, key, required, 0, INT64_MAX, &number) < 0 ? -1 : 0;
}

static int check_argument(const struct value *item)
{
	int64_t index;
	const char *op;

	return value_number(item, "index", REQUIRED, 0, 5, &index) < 0 ||
			       check_number(item, "value", REQUIRED) < 0 ||
			       check_number(item, "valueTwo", OPTIONAL) < 0 ||
			       value_text(item, "op", REQUIRED, &op) < 0 ||
			       value_choice(item, "op", op, oci_seccomp_operators) < 0
		       ? -1
		       : 0;
}

static int check_rule(const struct value *item, bool *notifies)
{
	struct value names = value_at(item, "names"), args, argument;
	int action = check_action(item, "action"), found;
	autofree char **list = NULL;
	int64_t number;

	if (value_list(item, "names", false, &list) < 0)
		return -1;
	if (!list || !*list)
		return value_bad(&names, list ? "empty" : "missing");
	*notifies |= action == NOTIFY;
	for (char **name = list; action == NOTIFY && *name; name++)
		if (strcmp(*name, "write") == 0) /* see pass_listener_on() */
			return value_bad(&names, "SCMP_ACT_NOTIFY of write is not possible");
	if (action < 0 || value_number(item, "errnoRet", OPTIONAL, 0, 4095, &number) < 0 ||
		(found = value_array(item, "args", OPTIONAL, &args)) < 0)
		return -1;
	for (size_t i = 0; found && i < value_length(&args); i++)
		if (value_item(&args, i, &argument) < 0 || check_argument(&argument) < 0)
			return -1;
	return 0;
}

static int read_flags(struct bundle *bundle, const struct value *seccomp)
{
	static const char *const names[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};
	static const unsigned bits[] = {0, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV};
	autofree char **flags = NULL;
	int index;

	if (value_list(seccomp, "flags", false, &flags) < 0)
		return -1;
	for (char **flag = flags; flag && *flag; flag++) {
		if ((index = value_choice(seccomp, "flags", *flag, names)) < 0)
			return -1;
		bundle->spec.process.seccomp_flags |= bits[index];
	}
	return 0;
}

/* Reads the listener. It is ignored unless a rule NOTIFIES it, that is, has the action
 * SCMP_ACT_NOTIFY. */
static int read_listener(struct bundle *bundle, const struct value *seccomp, bool notifies)
{
	struct value member = value_at(seccomp, "listenerPath");
	const char *path = "";

	if (value_text(seccomp, "listenerPath", OPTIONAL, &path) < 0 ||
		value_text(seccomp, "listenerMetadata", OPTIONAL, &bundle->listener.metadata) < 0)
		return -1;
	if (!notifies) {
		bundle->spec.process.seccomp_flags &= ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
		return 0;
	}
	if (!*path)
		return value_bad(&member, "missing, for SCMP_ACT_NOTIFY");
	bundle->listener.path = oci_absolute(bundle, path);
	bundle->spec.process.listener = &bundle->listener;
	return bundle->listener.path ? 0 : -1;
}

int oci_seccomp(struct bundle *bundle, const struct value *part)
{
	struct value seccomp, array, item, standard;
	autofree char **arches = NULL;
	bool notifies = false;
	int64_t number;
	int found = value_object(part, "seccomp", OPTIONAL, &seccomp), action;

	if (found <= 0)
		return found;
	if ((action = check_action(&seccomp, "defaultAction")) < 0 ||
		value_number(&seccomp, "defaultErrnoRet", OPTIONAL, 0, 4095, &number) < 0 ||
		value_list(&seccomp, "architectures", false, &arches) < 0 ||
		read_flags(bundle, &seccomp) < 0 ||
		(found = value_array(&seccomp, "syscalls", OPTIONAL, &array)) < 0)
		return -1;
	standard = value_at(&seccomp, "defaultAction");
	if (action == NOTIFY)
		return value_bad(&standard, "SCMP_ACT_NOTIFY is not possible here");
	for (size_t i = 0; found && i < value_length(&array); i++)
		if (value_item(&array, i, &item) < 0 || check_rule(&item, &notifies) < 0)
			return -1;
	bundle->seccomp = (json_t *)seccomp.json;
	return read_listener(bundle, &seccomp, notifies);
}

/* job.c: the state of box-unpack's one job, and how errors of libarchive are told. */
#define _GNU_SOURCE
#include "job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct job job;

void count(struct tally *tally, const char *name, const char *cause)
{
	if (tally->count++ == 0)
		snprintf(tally->first, sizeof(tally->first), "%s%s%s", name, cause ? ": " : "",
			cause ?: "");
}

void tell_tally(const struct tally *tally, const char *what)
{
	if (tally->count > 0)
		tell('w', "%s: %" PRIu64 ", the first %s", what, tally->count, tally->first);
}

const char *said(struct archive *archive)
{
	static char text[1024];
	const char *own = archive_error_string(archive) ?: "unknown error";

	if (archive_errno(archive) != ENOMEM && !strstr(own, "memory"))
		return own;
	snprintf(text, sizeof(text), "%s: it takes more than %d MiB of memory", own, job.memory);
	return text;
}

const char *cause(struct archive *archive, const char *name)
{
	static char text[4096];
	const char *own = said(archive);
	int error = archive_errno(archive);
	const char *system = error > 0 && archive != job.reader ? strerror(error) : "";

	snprintf(text, sizeof(text), "%s: %s%s%s", name, own,
		*system && !strstr(own, system) ? ": " : "", strstr(own, system) ? "" : system);
	return text;
}

void check(struct archive *archive, int result, const char *name)
{
	if (result < ARCHIVE_WARN || result == ARCHIVE_RETRY)
		die("%s", cause(archive, name));
	if (result == ARCHIVE_WARN)
		count(&job.warnings, name, archive_error_string(archive));
}

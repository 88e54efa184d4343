/* oci-paths.c: relative paths of config.json. */
#define _GNU_SOURCE
#include "oci-config.h"

#include "text.h"

const char *oci_absolute(const struct bundle *bundle, const char *path)
{
	return *path == '/' ? path : format_text("%s/%s", bundle->folder, path);
}

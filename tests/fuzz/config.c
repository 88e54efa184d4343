/* config.c: config.json, from its text to the spec: oci/oci-config.c and what it calls. Nothing is
 * started, and no file is looked at. */
#define _GNU_SOURCE
#include "oci-config.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"

FUZZ(config)
{
	autofree char *text = fuzz_text(data, size);
	struct bundle bundle;

	if (oci_read(&bundle, text, "/bundle") < 0)
		FUZZ_EXPECT(failure() && *failure());
	json_decref(bundle.json);
}

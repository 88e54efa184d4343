/* id.c: random IDs, which are unique. */
#define _GNU_SOURCE
#include "id.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

void random_id(char id[ID_LENGTH + 1])
{
	unsigned char bytes[ID_LENGTH / 2];

	getentropy(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
}

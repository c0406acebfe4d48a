/* Ports as people write them: "5038", or a range "10000-10500". */
#pragma once

#include <stdint.h>

struct ports {
	uint16_t first;
	uint16_t last; /* the same for a single one */
};

/* 0; -EINVAL: not one, outside of 1 to 65535, or a range that ends before it
   begins; then *p is untouched. */
int ports_parse(struct ports *p, const char *text);

/* A sign of life to a phone behind NAT. */
#pragma once

#include "registrar.h"
#include "sofia.h"

void sofia_keep(struct sofia *s, const struct target *t);

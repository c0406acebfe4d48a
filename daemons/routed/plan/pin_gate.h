/* The PIN of a dial rule, or of a brake: asked for, or given already. */
#pragma once

#include "gates.h"

/* Before the gates: the PIN that the call has given in a step before, so that
   its holder's caps are looked at. */
void pin_gate_recall(struct decision *d);

enum gate pin_gate(struct decision *d, struct gate_says *says);

/* The brakes of a new box. */
#pragma once

struct table;

/* Puts them into the table; what cannot be kept is logged. */
void brake_first(struct table *brakes);

/* What a media thread tells the control thread. */
#pragma once

#include <stdint.h>

#include "addr.h"
#include "collect.h"
#include "mailbox.h"
#include "stats.h"

enum notice_kind {
	NOTICE_PLAYED,
	NOTICE_COLLECTED,
	NOTICE_KEY,
	NOTICE_SILENT,
	NOTICE_FOREIGN,
	NOTICE_ABANDONED, /* an orphan went silent */
	NOTICE_CLOSED,    /* the last one of a session */
};

struct notice {
	struct mail mail;
	enum notice_kind kind;
	void *owner;
	unsigned leg;
	uint32_t id;    /* of the playing or collecting */
	uint32_t count; /* foreign packets; else packets heard from the leg */
	enum collect_result end; /* COLLECTED */
	char digits[65];         /* secret; KEY: one */
	struct addr source;      /* FOREIGN */
	struct stats stats[2];   /* CLOSED */
};

/* Wipes and frees. */
void notice_free(struct notice *r);

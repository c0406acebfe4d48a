#include "trunk_farewell.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "records.h"
#include "secret.h"

#include "registrar.h"
#include "sofia_asker.h"

enum { PATIENCE_MS = 1000 };

struct farewell {
	LIST_ENTRY(farewell) link;
	struct asker *asker;
	struct trunk row;
};

struct farewells {
	LIST_HEAD(, farewell) list;
};

static void end(struct farewell *w)
{
	LIST_REMOVE(w, link);
	asker_free(w->asker);
	secret_wipe(&w->row, sizeof(w->row));
	free(w);
}

static void on_answered(void *ctx, const struct asker_answer *answer)
{
	(void)answer;
	end(ctx);
}

struct farewells *farewells_new(void)
{
	struct farewells *f = calloc(1, sizeof(*f));

	if (f)
		LIST_INIT(&f->list);
	return f;
}

void farewells_free(struct farewells *f)
{
	struct farewell *w;

	if (!f)
		return;
	while ((w = LIST_FIRST(&f->list)) != NULL)
		end(w);
	free(f);
}

void farewells_say(struct farewells *f, struct asker *asker,
		   const struct asker_question *q)
{
	struct farewell *w = calloc(1, sizeof(*w));
	struct asker_question mine = *q;

	if (!w) {
		asker_free(asker);
		return;
	}
	w->asker = asker;
	w->row = *q->row;
	LIST_INSERT_HEAD(&f->list, w, link);
	mine.row = &w->row;
	mine.expires_s = 0;
	mine.patience_ms = PATIENCE_MS;
	asker_bind(asker, on_answered, w);
	if (asker_register(asker, &mine) < 0)
		end(w);
}

bool farewells_done(const struct farewells *f)
{
	return LIST_EMPTY(&f->list);
}

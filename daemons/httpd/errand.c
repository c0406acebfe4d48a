#include "errand.h"

#include <errno.h>
#include <stdlib.h>

#include "httpd.h"

static void on_gone(struct request *r)
{
	struct errand *e = r->user;

	if (e)
		e->req = NULL;
}

static void errand_free(struct errand *e)
{
	if (e->req)
		e->req->user = NULL;
	json_decref(e->rows);
	free(e);
}

struct errand *errand_new(struct httpd *h, struct request *r,
			  const struct record *record, const char *daemon)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (!e) {
		http_reply_json(r, 507, NULL);
		return NULL;
	}
	*e = (struct errand){ .h = h,
			      .req = r,
			      .record = record,
			      .daemon = daemon,
			      .status = 200 };
	r->user = e;
	r->gone = on_gone;
	return e;
}

void errand_end(struct errand *e, const struct bus_error *error, json_t *body)
{
	if (!e->req)
		json_decref(body);
	else if (error)
		api_bus_error(e->req, e->daemon, error);
	else
		http_reply_json(e->req, e->status, body);
	errand_free(e);
}

void errand_fail(struct errand *e, int err)
{
	(void)err; /* bus_call() fails for want of memory only */
	errand_end(e, NULL, NULL);
}

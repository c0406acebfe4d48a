/* httpd's one context, and what its files do for each other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "service.h"

#include "http.h"

struct accounts;
struct audit_log;
struct bus_error;
struct conns;
struct events;
struct facts;
struct hasher;
struct known;
struct login;
struct reverse;
struct sessions;
struct signin;
struct table;
struct tls_server;
struct watch;
struct web_settings;

struct httpd {
	struct service *service;
	const char *port_option; /* --port, or NULL */
	struct tls_server *tls;
	struct conns *conns;
	struct http *http;
	struct hasher *hasher;
	struct sessions *sessions;
	struct accounts *accounts;
	struct audit_log *audit;
	struct events *events;
	struct facts *facts;
	struct reverse *reverse; /* NULL: nobody has asked yet */
	struct table *settings;
	struct watch *guard;
	struct known *known;
	LIST_HEAD(, signin) signins;
	size_t n_signins;
	size_t n_exports;
	uint64_t since_ms;
};

int httpd_start(struct service *s, char *why, size_t why_size);
void httpd_stop(struct service *s);
const struct web_settings *httpd_settings(const struct httpd *h);

/* bus.c: the interface org.sallyport.Web1. 0 or a negative errno. */
int httpd_export(struct httpd *h);

/* api.c: for struct http_config. */
void api_begin(void *httpd, struct request *r);
void api_run(void *httpd, struct request *r);

/* "ada@192.168.1.2", for journals. */
enum { ACTOR = 104 };
void api_actor(const struct login *login, char actor[ACTOR]);
/* Notes in the sign-in log what a user did that no table's journal holds. */
void api_note(struct httpd *h, const struct request *r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A bus error as the HTTP error that it is. */
void api_bus_error(struct request *r, const char *daemon,
		   const struct bus_error *error);
/* The body as an object; else answers 400 and returns NULL. */
json_t *api_body(struct request *r);
/* A text member; else NULL. Lives as long as the object. */
const char *api_text(const json_t *object, const char *name);

/* The handlers of the paths: api_table.c, api_names.c, api_other.c. */
void api_session_get(struct httpd *h, struct request *r);
void api_session_delete(struct httpd *h, struct request *r);
void api_audit(struct httpd *h, struct request *r);
void api_tables(struct httpd *h, struct request *r);
void api_table_list(struct httpd *h, struct request *r);
void api_table_get(struct httpd *h, struct request *r);
void api_table_create(struct httpd *h, struct request *r);
void api_table_patch(struct httpd *h, struct request *r);
void api_table_delete(struct httpd *h, struct request *r);
void api_table_apply(struct httpd *h, struct request *r);
void api_table_check(struct httpd *h, struct request *r);
void api_table_move(struct httpd *h, struct request *r);
void api_table_journal(struct httpd *h, struct request *r);
void api_method(struct httpd *h, struct request *r);
void api_status(struct httpd *h, struct request *r);
void api_forms(struct httpd *h, struct request *r);
void api_events(struct httpd *h, struct request *r);
void api_name(struct httpd *h, struct request *r);
void api_export(struct httpd *h, struct request *r);

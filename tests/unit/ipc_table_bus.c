/*
 * A table on the bus: the owner (sipd's extensions and live rows), httpd's
 * client, a follower, and dbus-send as scripts use it.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "bus_world.h"
#include "check.h"
#include "live.h"
#include "records.h"
#include "seal.h"
#include "store.h"
#include "table.h"
#include "table_client.h"
#include "temp.h"
#include "watch.h"

enum { OUTPUT = 65536 };

struct world {
	struct bus_world bus;
	struct bus *httpd;
	struct store *store;
	struct seal *seal;
	struct table *table;
	struct live *live;
	struct watch *watch;
	char dir[TEMP_PATH];
	char run[TEMP_PATH + 8];
	char view[TEMP_PATH + 16];
	/* what came last */
	int answers;
	char error[128];
	char text[256];
	char rows[1024];
	uint64_t seq;
	int readings;
	int signals;
	char signal[64];
	char output[OUTPUT]; /* of a program */
	size_t n_output;
	int ended;
};

/* Turns the loop until the follower sees that name for 801. */
static void await_name(struct world *w, const char *name)
{
	const struct extension *x;

	for (;;) {
		x = watch_get(w->watch, "801");
		if (x && strcmp(x->name, name) == 0)
			return;
		CHECK_EQ(event_base_loop(w->bus.base, EVLOOP_ONCE), 0);
	}
}

static int make_secret(void *ctx, const void *old, void *row, bool force,
		       struct issue *issue)
{
	struct extension *x = row;

	(void)ctx;
	(void)old;
	if (strcmp(x->secret, "weak") == 0 && !force)
		return issue_set(issue, "secret", "is too weak");
	if (!x->secret[0])
		snprintf(x->secret, sizeof(x->secret), "Made-by-owner1");
	return 0;
}

static const struct table_ops ops = { .check = make_secret };

static void on_reading(void *ctx)
{
	struct world *w = ctx;

	w->readings++;
}

static void on_delete(void *ctx, struct bus_req *req, const char *key)
{
	struct world *w = ctx;

	CHECK_EQ(live_del(w->live, key), 0);
	bus_reply(req, NULL);
}

static const struct live_ops live_ops = { .delete_row = on_delete };

static void open_owner(struct world *w)
{
	struct store_config config = { .state_dir = w->dir,
				       .view_dir = w->view };
	struct table_config table = { .record = &extension_record,
				      .ops = &ops,
				      .ctx = w,
				      .bus = w->bus.sipd };
	char why[256] = "";

	w->store = store_open(w->bus.base, &config, why, sizeof(why));
	w->seal = seal_open(w->dir, why, sizeof(why));
	CHECK(w->store && w->seal);
	table.store = w->store;
	table.seal = w->seal;
	table.run_dir = w->run;
	w->table = table_open(&table, why, sizeof(why));
	w->live =
		live_open(&binding_record, w->bus.sipd, w->store, &live_ops, w);
	CHECK(w->table && w->live);
	CHECK_EQ(store_view_publish(w->store), 0);
}

static void close_owner(struct world *w)
{
	live_close(w->live);
	table_close(w->table);
	seal_free(w->seal);
	store_close(w->store);
}

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	temp_dir(w->dir);
	snprintf(w->run, sizeof(w->run), "%s/run", w->dir);
	CHECK_EQ(mkdir(w->run, 0755), 0);
	snprintf(w->view, sizeof(w->view), "%s/sipd", w->run);
	(void)alarm(60);
	bus_world_start(&w->bus, false);
	w->httpd = bus_world_open(&w->bus, "httpd", "org.sallyport.Web", false);
	CHECK_EQ(bus_go(w->httpd, w->text, sizeof(w->text)), 0);
	open_owner(w);
	w->watch = watch_open(w->bus.routed, w->run, &extension_record,
			      on_reading, w);
	CHECK(w->watch);
	CHECK_EQ(w->readings, 0);
	loop_until_count(w->bus.base, &w->readings, 1);
	bus_world_settle(&w->bus, w->bus.routed);
}

static void end(struct world *w)
{
	watch_close(w->watch);
	close_owner(w);
	bus_close(w->httpd);
	bus_world_stop(&w->bus);
	temp_remove(w->dir);
}

static void on_answer(void *ctx, const struct bus_error *error,
		      const struct table_answer *answer)
{
	struct world *w = ctx;

	w->answers++;
	w->rows[0] = '\0';
	snprintf(w->error, sizeof(w->error), "%s",
		 error ? error->name + strlen(BUS_ERR) : "");
	snprintf(w->text, sizeof(w->text), "%s", error ? error->text : "");
	for (size_t i = 0; answer && i < answer->n_rows; i++) {
		const struct table_row *row = &answer->rows[i];
		size_t n = strlen(w->rows);

		snprintf(w->rows + n, sizeof(w->rows) - n, "%s", row->key);
		for (size_t k = 0; k < row->n_pairs; k++) {
			n = strlen(w->rows);
			if (strcmp(row->pairs[k].field, "name") != 0 &&
			    strcmp(row->pairs[k].field, "secret") != 0 &&
			    strcmp(row->pairs[k].field, "entry") != 0)
				continue;
			snprintf(w->rows + n, sizeof(w->rows) - n, " %s=%s",
				 row->pairs[k].field, row->pairs[k].text);
		}
		n = strlen(w->rows);
		snprintf(w->rows + n, sizeof(w->rows) - n, "; ");
	}
	if (answer)
		w->seq = answer->seq;
}

static const char *answered(struct world *w, int rc)
{
	int before = w->answers;

	CHECK_EQ(rc, 0);
	loop_until_count(w->bus.base, &w->answers, before + 1);
	return w->error;
}

static const char *apply(struct world *w, const struct table_context *context,
			 const struct table_op *list, size_t n)
{
	return answered(w, table_client_apply(w->httpd, &extension_record,
					      context, list, n, on_answer, w));
}

static void on_signal(void *ctx, const struct record *r, const char *key,
		      const char *op, uint64_t seq)
{
	struct world *w = ctx;

	CHECK(r == &extension_record);
	w->signals++;
	snprintf(w->signal, sizeof(w->signal), "%s %s %u", key, op,
		 (unsigned int)seq);
}

static void test_client(void)
{
	struct table_pair name = { "name", "Ada" };
	struct table_pair weak = { "secret", "weak" };
	struct table_pair wrong = { "colour", "red" };
	struct table_op two[] = {
		{ TABLE_CREATE, "801", &name, 1 },
		{ TABLE_CREATE, "1000", NULL, 0 },
	};
	struct table_op put = { TABLE_PUT, "801", &weak, 1 };
	struct table_op bad = { TABLE_PUT, "801", &wrong, 1 };
	struct table_op del = { TABLE_DELETE, "801", NULL, 0 };
	struct table_context as = { .actor = "ada from 192.0.2.1" };
	struct extension x;
	struct world w;
	uint64_t seen;

	begin(&w);
	CHECK_EQ(table_client_watch(w.httpd, &extension_record, on_signal, &w),
		 0);
	bus_world_settle(&w.bus, w.httpd);
	CHECK_STR(apply(&w, &as, two, 2), "");
	CHECK_STR(w.rows,
		  "801 secret=Made-by-owner1; 1000 secret=Made-by-owner1; ");
	CHECK_EQ(w.seq, 2);
	loop_until_count(w.bus.base, &w.signals, 2);
	CHECK_STR(w.signal, "1000 put 2");
	await_name(&w, "Ada");
	CHECK_EQ(watch_count(w.watch), 2);
	CHECK_STR(answered(&w, table_client_list(w.httpd, &extension_record,
						 on_answer, &w)),
		  "");
	CHECK_STR(w.rows, "801 name=Ada; 1000 name=; ");
	CHECK_EQ(w.seq, 2);
	seen = w.seq;
	CHECK_STR(apply(&w, &as, two, 2), "Exists");
	CHECK_STR(apply(&w, &as, &put, 1), "Invalid");
	CHECK_STR(w.text, "secret: is too weak");
	CHECK_STR(apply(&w, &as, &bad, 1), "Invalid");
	as.force = true;
	CHECK_STR(apply(&w, &as, &put, 1), "");
	CHECK_STR(w.rows, "801; ");
	as.if_seq = seen;
	CHECK_STR(apply(&w, &as, &del, 1), "Changed");
	as.if_seq = w.seq;
	CHECK_STR(answered(&w, table_client_get(w.httpd, &extension_record,
						"801", on_answer, &w)),
		  "");
	CHECK_STR(w.rows, "801 name=Ada; ");
	as.if_seq = w.seq;
	CHECK_STR(answered(&w,
			   table_client_check(w.httpd, &extension_record, "801",
					      &weak, 1, on_answer, &w)),
		  "Invalid");
	CHECK_STR(apply(&w, &as, &del, 1), "");
	CHECK_STR(answered(&w, table_client_get(w.httpd, &extension_record,
						"801", on_answer, &w)),
		  "NoSuch");
	CHECK_STR(answered(&w, table_client_journal(w.httpd, &extension_record,
						    0, 1, on_answer, &w)),
		  "");
	CHECK(strncmp(w.rows, "4 entry={", 9) == 0);
	CHECK(strstr(w.rows, "\"actor\":\"ada from 192.0.2.1\""));
	CHECK(strstr(w.rows, "\"op\":\"delete\""));
	CHECK(!strstr(w.rows, "weak"));
	CHECK_EQ(table_row_record(&extension_record,
				  &(struct table_row){ "801", &name, 1 }, &x,
				  &(struct issue){ 0 }),
		 0);
	CHECK_STR(x.name, "Ada");
	bus_unwatch(w.httpd, &w);
	end(&w);
}

/* --- programs --- */

static void on_output(evutil_socket_t fd, short what, void *ctx)
{
	struct world *w = ctx;
	ssize_t n;

	(void)what;
	n = read(fd, w->output + w->n_output, OUTPUT - 1 - w->n_output);
	if (n > 0)
		w->n_output += (size_t)n;
	else
		w->ended = 1;
	w->output[w->n_output] = '\0';
}

/* Runs a shell line, as nobody if asked, while the loop turns. Returns the
   exit status; what it printed is in w->output. */
static int shell(struct world *w, const char *line, bool nobody)
{
	const struct passwd *pw = getpwnam("nobody");
	struct event *ev;
	int status;
	int out[2];
	pid_t pid;

	CHECK(pw);
	CHECK_EQ(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(out[1], STDERR_FILENO);
		(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", w->bus.fixture.address,
			     1);
		if (nobody && (setgid(pw->pw_gid) || setuid(pw->pw_uid)))
			_exit(99);
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(99);
	}
	close(out[1]);
	w->ended = 0;
	w->n_output = 0;
	ev = event_new(w->bus.base, out[0], EV_READ | EV_PERSIST, on_output, w);
	CHECK(ev);
	CHECK_EQ(event_add(ev, NULL), 0);
	loop_until(w->bus.base, &w->ended);
	event_free(ev);
	close(out[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

#define SEND "dbus-send --system --print-reply --dest=org.sallyport.Sip "
#define EXT SEND "/org/sallyport/Sip/extension org.sallyport.Table1."

static void test_scripts(void)
{
	const struct extension *x;
	struct world w;

	begin(&w);
	CHECK_EQ(shell(&w,
		       EXT
		       "Put string:801 "
		       "dict:string:string:name,Ada,secret,Xk7mPq2wRt9+zV4c",
		       false),
		 0);
	x = table_get(w.table, "801");
	CHECK(x);
	CHECK_STR(x->secret, "Xk7mPq2wRt9+zV4c");
	CHECK_EQ(shell(&w,
		       EXT "Set string:801 string:permit_ip "
			   "string:\"192.168.1.137;10.0.0.0/8\"",
		       false),
		 0);
	CHECK_STR(((const struct extension *)table_get(w.table, "801"))
			  ->permit_ip,
		  "192.168.1.137;10.0.0.0/8");
	CHECK_EQ(shell(&w, EXT "Set string:802 string:name string:Bob", false),
		 0);
	CHECK(strstr(w.output, "Made-by-owner1"));
	CHECK_EQ(shell(&w, EXT "List", false), 0);
	CHECK(strstr(w.output, "\"Bob\""));
	CHECK(!strstr(w.output, "Made-by"));
	CHECK(!strstr(w.output, "Xk7m"));
	CHECK_EQ(shell(&w, EXT "Get string:802", false), 0);
	CHECK(!strstr(w.output, "Made-by"));
	CHECK_EQ(shell(&w, EXT "Set string:801 string:secret string:weak",
		       false),
		 1);
	CHECK(strstr(w.output, "org.sallyport.Error.Invalid"));
	CHECK(strstr(w.output, "secret: is too weak"));
	CHECK_EQ(shell(&w, EXT "Put string:801", false), 1);
	CHECK(strstr(w.output, "org.sallyport.Error.Invalid"));
	CHECK_EQ(shell(&w, EXT "Move string:801 uint32:1", false), 1);
	CHECK(strstr(w.output, "no order"));
	CHECK_EQ(shell(&w, EXT "Explode", false), 1);
	CHECK_EQ(shell(&w, EXT "Delete string:802", false), 0);
	CHECK(!table_get(w.table, "802"));
	CHECK_EQ(shell(&w, EXT "Journal uint64:0 uint32:10", false), 0);
	CHECK(strstr(w.output, "delete"));
	CHECK(!strstr(w.output, "Xk7m"));
	end(&w);
}

/* The bus here lets everybody talk: we must refuse by ourselves. */
static void test_strangers(void)
{
	struct world w;

	if (geteuid() != 0)
		return;
	begin(&w);
	CHECK_EQ(shell(&w, EXT "Put string:801 dict:string:string:name,Eve",
		       true),
		 1);
	CHECK(strstr(w.output, "org.sallyport.Error.Denied"));
	CHECK_EQ(shell(&w, EXT "List", true), 1);
	CHECK(strstr(w.output, "org.sallyport.Error.Denied"));
	CHECK_EQ(shell(&w, EXT "Journal uint64:0 uint32:9", true), 1);
	CHECK(strstr(w.output, "org.sallyport.Error.Denied"));
	CHECK_EQ(shell(&w,
		       SEND "/org/sallyport/Sip/binding "
			    "org.sallyport.Table1.List",
		       true),
		 1);
	CHECK(strstr(w.output, "org.sallyport.Error.Denied"));
	CHECK_EQ(table_count(w.table), 0);
	end(&w);
}

static void count_row(void *ctx, const void *row)
{
	const struct binding *b = row;
	int *n = ctx;

	(*n)++;
	CHECK_STR(b->extension, "801");
}

static void test_live(void)
{
	struct binding b;
	struct world w;
	int n = 0;

	begin(&w);
	record_init(&binding_record, &b);
	snprintf(b.id, sizeof(b.id), "one");
	snprintf(b.extension, sizeof(b.extension), "801");
	CHECK_EQ(live_put(w.live, &b), 0);
	snprintf(b.id, sizeof(b.id), "two");
	CHECK_EQ(live_put(w.live, &b), 0);
	CHECK_EQ(shell(&w,
		       SEND "/org/sallyport/Sip/binding "
			    "org.sallyport.Table1.List",
		       false),
		 0);
	CHECK(strstr(w.output, "\"one\""));
	CHECK_EQ(shell(&w,
		       SEND "/org/sallyport/Sip/binding "
			    "org.sallyport.Table1.Delete string:one",
		       false),
		 0);
	CHECK_EQ(shell(&w,
		       SEND "/org/sallyport/Sip/binding "
			    "org.sallyport.Table1.Put string:one "
			    "dict:string:string:extension,802",
		       false),
		 1);
	close_owner(&w);
	open_owner(&w);
	CHECK_EQ(live_each(w.live, count_row, &n), 0);
	CHECK_EQ(n, 1);
	end(&w);
}

/* Followers keep up over an owner's end and return. */
static void test_owner_returns(void)
{
	struct table_pair name = { "name", "Ada" };
	struct table_op put = { TABLE_PUT, "801", &name, 1 };
	struct table_context as = { .actor = "ada" };
	char why[256] = "";
	struct world w;

	begin(&w);
	CHECK_STR(apply(&w, &as, &put, 1), "");
	await_name(&w, "Ada");
	close_owner(&w);
	bus_close(w.bus.sipd);
	bus_world_settle(&w.bus, w.httpd);
	CHECK_EQ(watch_count(w.watch), 1);
	CHECK_STR(answered(&w, table_client_list(w.httpd, &extension_record,
						 on_answer, &w)),
		  "Gone");
	w.bus.sipd = bus_world_open(&w.bus, "sipd", "org.sallyport.Sip", false);
	open_owner(&w);
	CHECK_EQ(bus_go(w.bus.sipd, why, sizeof(why)), 0);
	name.text = "Eve";
	CHECK_STR(apply(&w, &as, &put, 1), "");
	await_name(&w, "Eve");
	CHECK_EQ(watch_count(w.watch), 1);
	end(&w);
}

static void on_put(void *ctx, const struct issue *issue)
{
	struct world *w = ctx;

	CHECK(!issue);
	w->answers++;
}

/* What is being committed while the table is closed is kept, and told to
   nobody. */
static void test_closed_in_a_commit(void)
{
	struct world w;
	struct extension x;

	begin(&w);
	record_init(&extension_record, &x);
	snprintf(x.number, sizeof(x.number), "802");
	snprintf(x.secret, sizeof(x.secret), "Made-by-owner2");
	w.answers = 0;
	CHECK_EQ(table_put(w.table, "test", "802", &x, on_put, &w), 0);
	close_owner(&w);
	CHECK_EQ(w.answers, 1);
	open_owner(&w);
	CHECK(table_get(w.table, "802"));
	end(&w);
}

int main(void)
{
	test_client();
	test_scripts();
	test_strangers();
	test_live();
	test_owner_returns();
	test_closed_in_a_commit();
	return 0;
}

#include "bus_fixture.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "temp.h"

enum { LONGEST_S = 10 };

static const char all_may[] =
	"  <policy context=\"default\">\n"
	"    <allow user=\"*\"/>\n"
	"    <allow own=\"*\"/>\n"
	"    <allow send_type=\"method_call\"/>\n"
	"    <allow send_destination=\"*\" eavesdrop=\"false\"/>\n"
	"    <allow receive_sender=\"*\" eavesdrop=\"false\"/>\n"
	"  </policy>\n";

static const char as_system[] =
	"  <policy context=\"default\">\n"
	"    <allow user=\"*\"/>\n"
	"    <deny own=\"*\"/>\n"
	"    <deny send_type=\"method_call\"/>\n"
	"    <allow send_type=\"signal\"/>\n"
	"    <allow send_requested_reply=\"true\" "
	"send_type=\"method_return\"/>\n"
	"    <allow send_requested_reply=\"true\" send_type=\"error\"/>\n"
	"    <allow receive_type=\"method_call\"/>\n"
	"    <allow receive_type=\"method_return\"/>\n"
	"    <allow receive_type=\"error\"/>\n"
	"    <allow receive_type=\"signal\"/>\n"
	"    <allow send_destination=\"org.freedesktop.DBus\"/>\n"
	"  </policy>\n";

static void write_config(const struct bus_fixture *f, const char *policy)
{
	char path[BUS_FIXTURE_PATH];
	FILE *out;

	snprintf(path, sizeof(path), "%s/bus.conf", f->dir);
	out = fopen(path, "w");
	CHECK(out);
	fprintf(out,
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus "
		"Configuration 1.0//EN\" \"http://www.freedesktop.org/"
		"standards/dbus/1.0/busconfig.dtd\">\n"
		"<busconfig>\n"
		"  <type>custom</type>\n"
		"  <listen>%s</listen>\n"
		"  <auth>EXTERNAL</auth>\n"
		"  <limit name=\"max_replies_per_connection\">8192</limit>\n"
		"%s",
		f->address, policy ? as_system : all_may);
	if (policy)
		fprintf(out, "  <include>%s</include>\n", policy);
	fprintf(out, "</busconfig>\n");
	CHECK_EQ(fclose(out), 0);
}

static void child(const struct bus_fixture *f, int out)
{
	char config[BUS_FIXTURE_PATH + 16], print[32];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(config, sizeof(config), "--config-file=%s/bus.conf", f->dir);
	snprintf(print, sizeof(print), "--print-address=%d", out);
	execlp("dbus-daemon", "dbus-daemon", config, "--nofork", "--nopidfile",
	       "--nosyslog", print, (char *)NULL);
	_exit(127);
}

void bus_fixture_again(struct bus_fixture *f)
{
	int ends[2];
	char c;

	CHECK_EQ(pipe(ends), 0);
	f->pid = fork();
	CHECK(f->pid >= 0);
	if (!f->pid) {
		close(ends[0]);
		child(f, ends[1]);
	}

	close(ends[1]);
	CHECK_EQ(read(ends[0], &c, 1), 1); /* it prints when it listens */
	close(ends[0]);
}

void bus_fixture_start(struct bus_fixture *f, const char *policy)
{
	temp_dir(f->dir);
	/* Others than root must reach the socket. */
	CHECK_EQ(chmod(f->dir, 0755), 0);
	snprintf(f->address, sizeof(f->address), "unix:path=%s/bus", f->dir);
	write_config(f, policy);
	bus_fixture_again(f);
}

void bus_fixture_kill(struct bus_fixture *f)
{
	int status;

	if (f->pid <= 0)
		return;

	CHECK_EQ(kill(f->pid, SIGKILL), 0);
	CHECK_EQ(waitpid(f->pid, &status, 0), f->pid);
	f->pid = 0;
}

void bus_fixture_stop(struct bus_fixture *f)
{
	bus_fixture_kill(f);
	temp_remove(f->dir);
}

static void too_long(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK(!"waited too long");
}

void loop_until_count(struct event_base *base, const int *count, int n)
{
	const struct timeval tv = { LONGEST_S, 0 };
	struct event *guard = evtimer_new(base, too_long, NULL);

	CHECK(guard);
	CHECK_EQ(event_add(guard, &tv), 0);
	while (*count < n)
		CHECK(event_base_loop(base, EVLOOP_ONCE) >= 0);
	event_free(guard);
}

void loop_until(struct event_base *base, const int *done)
{
	loop_until_count(base, done, 1);
}

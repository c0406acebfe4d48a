/*
 * What people find who look around (busctl tree, d-feet): introspection of our
 * objects and of the paths above them, and the properties interface, which has
 * none to show.
 */
#include "bus_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char std_xml[] =
	"\t<interface name=\"org.freedesktop.DBus.Introspectable\">\n"
	"\t\t<method name=\"Introspect\">\n"
	"\t\t\t<arg name=\"xml\" type=\"s\" direction=\"out\"/>\n"
	"\t\t</method>\n"
	"\t</interface>\n"
	"\t<interface name=\"org.freedesktop.DBus.Peer\">\n"
	"\t\t<method name=\"Ping\"/>\n"
	"\t\t<method name=\"GetMachineId\">\n"
	"\t\t\t<arg name=\"id\" type=\"s\" direction=\"out\"/>\n"
	"\t\t</method>\n"
	"\t</interface>\n";

/* The <interface> elements, without a <node> around them. */
static void put_interfaces(FILE *f, const char *xml)
{
	const char *from = xml ? strstr(xml, "<interface") : NULL;
	const char *to = from;
	const char *next = from;

	while (next) {
		next = strstr(next, "</interface>");
		if (next) {
			next += strlen("</interface>");
			to = next;
		}
	}

	if (from)
		fprintf(f, "\t%.*s\n", (int)(to - from), from);
}

/*
 * The next step from `path` towards the object `below`, "" when it is not
 * below: of "/a" and "/a/b/c" it is "b".
 */
static size_t child_of(const char *path, const char *below, const char **name)
{
	size_t n = strcmp(path, "/") ? strlen(path) : 0;

	if (strncmp(path, below, n) != 0 || below[n] != '/' || !below[n + 1])
		return 0;

	*name = below + n + 1;
	return strcspn(*name, "/");
}

static void put_children(FILE *f, const struct bus *bus, const char *path)
{
	const char *name, *other;
	const struct export *e, *before;
	size_t n, m;

	LIST_FOREACH(e, &bus->exports, entry)
	{
		n = child_of(path, e->path, &name);
		if (!n)
			continue;
		/* Several objects may lie behind one child. */
		LIST_FOREACH(before, &bus->exports, entry)
		{
			m = child_of(path, before->path, &other);
			if (before == e || (m == n && !memcmp(name, other, n)))
				break;
		}
		if (before == e)
			fprintf(f, "\t<node name=\"%.*s\"/>\n", (int)n, name);
	}
}

static bool put_node(FILE *f, const struct bus *bus, const char *path)
{
	const struct export *e;
	const char *name;
	bool found = !strcmp(path, "/");

	fputs(DBUS_INTROSPECT_1_0_XML_DOCTYPE_DECL_NODE "<node>\n", f);
	fputs(std_xml, f);
	LIST_FOREACH(e, &bus->exports, entry)
	{
		if (!strcmp(e->path, path)) {
			put_interfaces(f, e->xml);
			found = true;
		} else if (child_of(path, e->path, &name)) {
			found = true;
		}
	}
	put_children(f, bus, path);
	fputs("</node>\n", f);
	return found;
}

static void answer(struct link *l, DBusMessage *m, DBusMessage *r, bool ok)
{
	if (r && ok && !dbus_message_get_no_reply(m))
		(void)dbus_connection_send(l->dbus, r, NULL);
	if (r)
		dbus_message_unref(r);
}

void tree_introspect(struct link *l, DBusMessage *m)
{
	DBusMessage *r;
	char *text = NULL;
	size_t size = 0;
	bool found;
	FILE *f;

	if (!dbus_message_has_member(m, "Introspect")) {
		req_refuse(l, m, DBUS_ERROR_UNKNOWN_METHOD, "no such method");
		return;
	}

	f = open_memstream(&text, &size);
	if (!f)
		return;

	found = put_node(f, l->bus, dbus_message_get_path(m));
	if (fclose(f) || !text) {
		req_refuse(l, m, DBUS_ERROR_NO_MEMORY, "out of memory");
	} else if (!found) {
		req_refuse(l, m, DBUS_ERROR_UNKNOWN_OBJECT, "no such object");
	} else {
		r = dbus_message_new_method_return(m);
		answer(l, m, r,
		       r && dbus_message_append_args(r, DBUS_TYPE_STRING, &text,
						     DBUS_TYPE_INVALID));
	}
	free(text);
}

void tree_properties(struct link *l, DBusMessage *m)
{
	DBusMessageIter it, dict;
	DBusMessage *r;
	bool ok = false;

	if (!dbus_message_has_member(m, "GetAll") ||
	    !dbus_message_has_signature(m, "s")) {
		req_refuse(l, m, DBUS_ERROR_UNKNOWN_PROPERTY,
			   "there are no properties");
		return;
	}

	r = dbus_message_new_method_return(m);
	if (r) {
		dbus_message_iter_init_append(r, &it);
		ok = dbus_message_iter_open_container(&it, DBUS_TYPE_ARRAY,
						      "{sv}", &dict) &&
		     dbus_message_iter_close_container(&it, &dict);
	}
	answer(l, m, r, ok);
}

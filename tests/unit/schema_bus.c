/* The generated bus tables of the sample. */
#include <stdbool.h>

#include "sample_bus.h"

#include "check.h"

static void test_iface(void)
{
	const struct bus_method *m = &sample_iface.methods[SAMPLE_SEND_PARCEL];

	CHECK_STR(sample_iface.name, "org.sallyport.Sample2");
	CHECK_STR(sample_iface.dest, "org.sallyport.Sample");
	CHECK_STR(sample_iface.path, "/org/sallyport/Sample");
	CHECK_STR(sample_iface.daemon, "sipd");
	CHECK_STR(sample_iface.direct, "mediad");
	CHECK_EQ(sample_iface.n_methods, SAMPLE_N_METHODS);
	CHECK_EQ(sample_iface.n_signals, SAMPLE_N_SIGNALS);

	CHECK_STR(m->name, "SendParcel");
	CHECK(m->in == &parcel_record && m->out == &thing_record);
	CHECK(m->many);
	CHECK_EQ(m->deadline_ms, 700);
	CHECK_STR(m->callers[0], "mediad");
	CHECK_STR(m->callers[1], "httpd");
	CHECK(!m->callers[2]);

	m = &sample_iface.methods[SAMPLE_REST];
	CHECK(!m->in && !m->out && !m->many && !m->callers[0]);
	CHECK(m->deadline_ms > 0);

	CHECK_STR(sample_iface.signals[SAMPLE_SIG_SENT].to, "mediad");
	CHECK(!sample_iface.signals[SAMPLE_SIG_SEEN].to);
}

static void test_xml(void)
{
	const char *xml = sample_iface.xml;

	CHECK(strstr(xml, "<interface name=\"org.sallyport.Sample2\">"));
	CHECK(strstr(xml, "Sends &lt;it&gt; &amp; waits."));
	CHECK(strstr(xml, "<arg name=\"data\" type=\"ay\" direction=\"in\"/>"));
	CHECK(strstr(xml,
		     "<arg name=\"rows\" type=\"aa{ss}\" direction=\"out\"/>"));
}

int main(void)
{
	test_iface();
	test_xml();
	return 0;
}

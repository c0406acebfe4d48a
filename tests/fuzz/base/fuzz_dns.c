/* DNS answers, whatever is in them: nothing is read beyond the message, and
   every record is whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct dns_record *r, enum dns_type type)
{
	if (r->type != type || strlen(r->name) >= sizeof(r->name) ||
	    strlen(r->flags) >= sizeof(r->flags) ||
	    strlen(r->service) >= sizeof(r->service))
		abort();
	if ((type == DNS_A || type == DNS_AAAA) && r->addr.family == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_PTR, DNS_AAAA,
					       DNS_SRV, DNS_NAPTR };
	const size_t n_types = sizeof(types) / sizeof(types[0]);
	struct dns_record *out = calloc(DNS_RECORDS, sizeof(*out));

	for (size_t t = 0; out && t < n_types; t++) {
		int n = dns_read(data, size, types[t], out, DNS_RECORDS);

		if (n > DNS_RECORDS)
			abort();
		for (int i = 0; i < n; i++)
			look(&out[i], types[t]);
	}
	free(out);
	return 0;
}

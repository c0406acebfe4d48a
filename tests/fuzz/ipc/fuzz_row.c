/*
 * A row as it stands on disk or in another daemon's view: whatever the bytes
 * are, it is refused or read within its bounds, and what was read can be
 * written again. Input: one byte that chooses the record, one that is 1 if
 * secrets are to be opened, then the row.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "seal.h"
#include "secret.h"
#include "table_impl.h"
#include "temp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct seal *make_seal(void)
{
	char dir[TEMP_PATH];
	struct seal *s;
	char why[200];

	temp_dir(dir);
	s = seal_open(dir, why, sizeof(why));
	temp_remove(dir);
	assert(s);
	return s;
}

static void round_trip(const struct record *r, const struct seal *seal,
		       const void *rec, uint32_t place, uint64_t seq)
{
	size_t size = row_size_max(r);
	uint8_t *buf = malloc(size);
	void *again = malloc(r->size);
	uint32_t place2;
	uint64_t seq2;
	int n;

	assert(buf && again);
	n = row_encode(r, seal, "key", rec, place, seq, buf, size);
	assert(n > 0);
	assert(row_decode(r, seal, "key", again, &place2, &seq2, buf,
			  (size_t)n) == 0);
	assert(place == place2 && seq == seq2);
	if (seal)
		assert(record_equal(r, rec, again, NULL));
	free(again);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seal *seal = NULL;
	const struct record *r;
	size_t n_records = 0;
	uint32_t place;
	uint64_t seq;
	void *rec;

	if (size < 2)
		return 0;
	while (all_records[n_records])
		n_records++;
	r = all_records[data[0] % n_records];
	if (data[1] == 1) /* rarely: it costs a file */
		seal = make_seal();
	rec = malloc(r->size);
	assert(rec);
	if (row_decode(r, seal, "key", rec, &place, &seq, data + 2, size - 2) ==
	    0)
		round_trip(r, seal, rec, place, seq);
	free(rec);
	seal_free(seal);
	return 0;
}

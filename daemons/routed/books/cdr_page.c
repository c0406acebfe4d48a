#include "cdr_page.h"

#include <errno.h>
#include <string.h>

#include "field.h"
#include "store.h"

#include "cdr.h"

enum { LOOK_AT_MOST = 20000, MAX_WORDS = 8 };

struct word {
	const struct field *field;
	const char *text;
};

struct page {
	struct word words[MAX_WORDS];
	size_t n_words;
	uint8_t before[CDR_KEY_MAX];
	size_t before_bytes;
	uint32_t left;
	uint32_t looks;
	cdr_row_fn row;
	void *ctx;
};

static bool passes(const struct page *p, const struct cdr *row)
{
	char text[256];

	for (size_t i = 0; i < p->n_words; i++) {
		field_get(p->words[i].field, row, text, sizeof(text));
		if (strcmp(text, p->words[i].text))
			return false;
	}
	return true;
}

static bool on_row(void *ctx, struct bytes key, struct bytes value)
{
	struct page *p = ctx;
	struct cdr row;

	if (p->before_bytes && key.size == p->before_bytes &&
	    !memcmp(key.data, p->before, key.size))
		return true;
	if (!record_decode(&cdr_record, &row, value.data, value.size) &&
	    passes(p, &row)) {
		p->row(p->ctx, &row);
		p->left--;
	}
	return p->left && --p->looks;
}

static int take_word(struct store *store, struct page *p, char *word,
		     struct issue *issue)
{
	char *text = strchr(word, '=');
	const struct field *f;

	if (!text)
		return issue_set(issue, "filter", "\"%.40s\" is no field=text",
				 word);
	*text++ = '\0';
	if (!strcmp(word, "before")) {
		p->before_bytes = sizeof(p->before);
		if (store_get(store, CDR_ID_DB,
			      (struct bytes){ text, strlen(text) }, p->before,
			      &p->before_bytes))
			return issue_set(issue, "filter",
					 "before: no such call");
		return 0;
	}
	f = record_field(&cdr_record, word);
	if (!f || p->n_words == MAX_WORDS)
		return issue_set(issue, "filter",
				 f ? "at most 8 words"
				   : "a call record has no such field");
	p->words[p->n_words++] = (struct word){ f, text };
	return 0;
}

int cdr_page(struct store *store, const struct records_ask *ask, cdr_row_fn row,
	     void *ctx, struct issue *issue)
{
	struct page p = { .left = ask->limit,
			  .looks = LOOK_AT_MOST,
			  .row = row,
			  .ctx = ctx };
	char filter[sizeof(ask->filter)], *rest = filter, *word;
	int err;

	memcpy(filter, ask->filter, sizeof(filter));
	while ((word = strsep(&rest, ";"))) {
		if (!*word)
			continue;
		err = take_word(store, &p, word, issue);
		if (err)
			return err;
	}
	err = store_each(store, CDR_DB,
			 (struct bytes){ p.before, p.before_bytes }, true,
			 on_row, &p);
	return err == -ENOENT ? 0 : err;
}

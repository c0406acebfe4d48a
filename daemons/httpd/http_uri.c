#include "http_uri.h"

#include <errno.h>
#include <string.h>

#include "http.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* How long the UTF-8 sequence at p is; 0: none (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *p)
{
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* Decodes text in place. plus: '+' is a space, as in a form. */
static int decode(char *text, int plus)
{
	const char *in = text;
	char *out = text;

	while (*in) {
		char c = *in++;

		if (c == '%') {
			int high = hex(in[0]);
			int low = high < 0 ? -1 : hex(in[1]);

			if (low < 0)
				return -EINVAL;
			c = (char)(high << 4 | low);
			in += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return -EINVAL;
		*out++ = c;
	}
	*out = '\0';
	for (const unsigned char *p = (const void *)text; *p;) {
		size_t n = utf8_length(p);

		if (!n)
			return -EINVAL;
		p += n;
	}
	return 0;
}

static int parse_path(struct request *r, char *path)
{
	char *save = NULL;

	if (strstr(path, "//"))
		return -EINVAL;
	for (char *s = strtok_r(path, "/", &save); s;
	     s = strtok_r(NULL, "/", &save)) {
		if (r->n_seg == HTTP_SEGMENTS || decode(s, 0))
			return -EINVAL;
		if (!s[0] || !strcmp(s, ".") || !strcmp(s, ".."))
			return -EINVAL;
		r->seg[r->n_seg++] = s;
	}
	return 0;
}

static int parse_query(struct request *r, char *query)
{
	char *save = NULL;

	for (char *s = strtok_r(query, "&", &save); s;
	     s = strtok_r(NULL, "&", &save)) {
		char *value = strchr(s, '=');

		if (r->n_args == HTTP_ARGS || !value)
			return -EINVAL;
		*value++ = '\0';
		if (decode(s, 1) || decode(value, 1))
			return -EINVAL;
		for (size_t i = 0; i < r->n_args; i++)
			if (!strcmp(r->args[i].name, s))
				return -EINVAL;
		r->args[r->n_args++] = (struct http_arg){ s, value };
	}
	return 0;
}

int http_uri_parse(struct request *r)
{
	char *query;

	r->n_seg = r->n_args = 0;
	if (r->uri[0] != '/' || strchr(r->uri, '#'))
		return -EINVAL;
	query = strchr(r->uri, '?');
	if (query)
		*query++ = '\0';
	if (parse_path(r, r->uri))
		return -EINVAL;
	return query ? parse_query(r, query) : 0;
}

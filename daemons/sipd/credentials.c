#include "credentials.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

#include "digest_param.h"

enum { HEX_MAX = 65, JOINED_MAX = 1024 };

static const struct algorithm {
	const char *name; /* as the header has it */
	const char *openssl;
	enum challenge_hash hash;
	bool session;
} algorithms[] = {
	{ "MD5", "MD5", CHALLENGE_MD5, false },
	{ "MD5-sess", "MD5", CHALLENGE_MD5, true },
	{ "SHA-256", "SHA256", CHALLENGE_SHA256, false },
	{ "SHA-256-sess", "SHA256", CHALLENGE_SHA256, true },
	{ "SHA-512-256", "SHA512-256", CHALLENGE_SHA512_256, false },
	{ "SHA-512-256-sess", "SHA512-256", CHALLENGE_SHA512_256, true },
};

static const struct algorithm *algorithm_of(const struct challenge *c)
{
	const struct algorithm *a = algorithms;

	while (a->hash != c->hash || a->session != c->session)
		a++;
	return a;
}

static bool read_algorithm(const char *const *params, struct challenge *c)
{
	char name[32];

	if (!digest_param(params, "algorithm", name, sizeof(name)))
		return false;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]);
	     i++) {
		if (strcasecmp(name[0] ? name : "MD5", algorithms[i].name) != 0)
			continue;
		c->hash = algorithms[i].hash;
		c->session = algorithms[i].session;
		return true;
	}
	return false;
}

/* qop is a list: "auth,auth-int". Absent: the way of RFC 2069. */
static bool read_qop(const char *const *params, struct challenge *c)
{
	char list[64], *rest = list, *item;

	if (!digest_param(params, "qop", list, sizeof(list)))
		return false;
	if (!list[0])
		return true;
	while ((item = strsep(&rest, ", \t")) != NULL) {
		if (strcasecmp(item, "auth") == 0)
			c->qop = true;
	}
	return c->qop;
}

static bool read_one(const char *const *params, struct challenge *c)
{
	char stale[8];

	memset(c, 0, sizeof(*c));
	if (!digest_param(params, "realm", c->realm, sizeof(c->realm)) ||
	    !digest_param(params, "nonce", c->nonce, sizeof(c->nonce)) ||
	    !digest_param(params, "opaque", c->opaque, sizeof(c->opaque)) ||
	    !digest_param(params, "stale", stale, sizeof(stale)))
		return false;
	c->stale = strcasecmp(stale, "true") == 0;
	return c->nonce[0] && read_algorithm(params, c) && read_qop(params, c);
}

int challenge_read(const char *const *const *lists, size_t n, const char *realm,
		   struct challenge *c)
{
	struct challenge one;
	int found = -ENOENT;

	for (size_t i = 0; i < n; i++) {
		if (!read_one(lists[i], &one))
			continue;
		if (realm[0] && strcmp(one.realm, realm) != 0) {
			if (found == -ENOENT) {
				*c = one;
				found = -EPERM;
			}
			continue;
		}
		/* Of several, the strongest; of equals, the first (RFC 8760
		   section 2.4). */
		if (found == 0 && one.hash <= c->hash)
			continue;
		*c = one;
		found = 0;
	}
	return found;
}

/* H(a:b:c...) as lower-case hexadecimal. Too long: "", which fits nowhere. */
static void hash_joined(const struct challenge *c, size_t n,
			const char *const parts[], char out[HEX_MAX])
{
	char joined[JOINED_MAX];
	unsigned char sum[EVP_MAX_MD_SIZE];
	size_t used = 0, bytes = 0;
	bool ok;

	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(joined + used,
					 used < JOINED_MAX ? JOINED_MAX - used
							   : 0,
					 "%s%s", i > 0 ? ":" : "", parts[i]);
	ok = used < JOINED_MAX &&
	     EVP_Q_digest(NULL, algorithm_of(c)->openssl, NULL, joined, used,
			  sum, &bytes) == 1;
	secret_wipe(joined, sizeof(joined));
	/* Only now, for it may be one of the parts. */
	out[0] = '\0';
	for (size_t i = 0; ok && i < bytes && i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static void response_of(const struct challenge *c, const char *user,
			const char *secret, const char *method, const char *uri,
			const char *nc, const char *cnonce, char out[HEX_MAX])
{
	char a1[HEX_MAX], a2[HEX_MAX];

	hash_joined(c, 3, (const char *[]){ user, c->realm, secret }, a1);
	if (c->session)
		hash_joined(c, 3, (const char *[]){ a1, c->nonce, cnonce }, a1);
	hash_joined(c, 2, (const char *[]){ method, uri }, a2);
	if (c->qop)
		hash_joined(c, 6,
			    (const char *[]){ a1, c->nonce, nc, cnonce, "auth",
					      a2 },
			    out);
	else
		hash_joined(c, 3, (const char *[]){ a1, c->nonce, a2 }, out);
	secret_wipe(a1, sizeof(a1));
}

/* Quoted again (RFC 3261 section 25.1); what was a line's end is no more, for
   digest_param() takes no control characters. */
static bool add(char *text, size_t size, const char *name, const char *value)
{
	size_t n = strlen(text);
	const char *p;

	n += (size_t)snprintf(text + n, size - n, "%s=\"", name);
	for (p = value; *p && n + 4 < size; p++) {
		if (*p == '"' || *p == '\\')
			text[n++] = '\\';
		text[n++] = *p;
	}
	if (*p || n + 4 >= size)
		return false;
	memcpy(text + n, "\", ", 4);
	return true;
}

int credentials_write(struct challenge *c, const char *user, const char *secret,
		      const char *method, const char *uri, const char *cnonce,
		      char *header, size_t size)
{
	char nc[9], response[HEX_MAX];
	size_t n;
	bool fits;

	(void)snprintf(nc, sizeof(nc), "%08x", ++c->nc);
	response_of(c, user, secret, method, uri, nc, cnonce, response);
	(void)snprintf(header, size, "%sAuthorization: Digest ",
		       c->proxy ? "Proxy-" : "");
	fits = response[0] && add(header, size, "username", user) &&
	       add(header, size, "realm", c->realm) &&
	       add(header, size, "nonce", c->nonce) &&
	       add(header, size, "uri", uri) &&
	       add(header, size, "response", response) &&
	       (!c->opaque[0] || add(header, size, "opaque", c->opaque));
	n = strlen(header);
	if (fits && c->qop)
		n += (size_t)snprintf(header + n, size - n,
				      "qop=auth, nc=%s, cnonce=\"%s\", ", nc,
				      cnonce);
	if (fits && n < size)
		n += (size_t)snprintf(header + n, size - n, "algorithm=%s\r\n",
				      algorithm_of(c)->name);
	if (fits && n < size)
		return 0;
	header[0] = '\0';
	return -ENOSPC;
}

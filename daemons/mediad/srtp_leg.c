#include "srtp_leg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "rtp.h"
#include "secret.h"
#include "srtp_keys.h"

enum {
	OLD_KEY_MS = 2000,
	WINDOW = 128, /* packets; what comes later is late for every phone */
};

/* One direction with one key. */
struct direction {
	srtp_t context; /* NULL: there is none */
	struct sdes key;
	/* What it has heard, the last one first: the library keeps a stream
	   for each, and who has the key could make it keep many. */
	uint8_t n_ssrcs;
	uint32_t ssrcs[SRTP_SSRCS];
};

struct srtp_leg {
	struct direction rx, tx;
	struct direction old; /* rx before the last change */
	uint64_t old_until_ms;
};

/* --- the library --- */

static void set_ciphers(srtp_policy_t *p, enum srtp_suite suite)
{
	switch (suite) {
	case SRTP_GCM_256:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtcp);
		return;
	case SRTP_GCM_128:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
		return;
	/* SRTCP has ten bytes of proof in every suite (RFC 4568 section
	   6.2.2). */
	case SRTP_CM_256_80:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		return;
	case SRTP_CM_256_32:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		return;
	case SRTP_CM_128_80:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
		return;
	case SRTP_CM_128_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
		return;
	case SRTP_NONE:
	case SRTP_SUITES:
		break;
	}
}

static srtp_t context_new(struct sdes *key, srtp_ssrc_type_t which)
{
	srtp_master_key_t master = {
		.key = key->key,
		.mki_id = key->mki,
		.mki_size = key->mki_bytes,
	};
	srtp_master_key_t *all[] = { &master };
	srtp_policy_t p = {
		.ssrc.type = which,
		.keys = all,
		.num_master_keys = 1,
		.window_size = WINDOW,
	};
	srtp_t context;

	set_ciphers(&p, (enum srtp_suite)key->suite);
	return srtp_create(&context, &p) ? NULL : context;
}

static void direction_end(struct direction *d)
{
	if (d->context)
		(void)srtp_dealloc(d->context);
	secret_wipe(d, sizeof(*d));
}

/* NSS behind the library begins with its first cipher and ends with its last:
   one that stays saves each call ten milliseconds. */
int srtp_start(void **library)
{
	struct sdes key;

	if (*library)
		return 0;
	if (srtp_init())
		return -EIO;
	sdes_make(&key, SRTP_CM_128_80);
	*library = context_new(&key, ssrc_any_outbound);
	secret_wipe(&key, sizeof(key));
	if (*library)
		return 0;
	(void)srtp_shutdown();
	return -EIO;
}

void srtp_stop(void *library)
{
	if (!library)
		return;
	(void)srtp_dealloc(library);
	(void)srtp_shutdown();
}

/* --- a leg --- */

struct srtp_leg *srtp_leg_new(void)
{
	return calloc(1, sizeof(struct srtp_leg));
}

void srtp_leg_free(struct srtp_leg *s)
{
	if (!s)
		return;
	direction_end(&s->rx);
	direction_end(&s->tx);
	direction_end(&s->old);
	free(s);
}

static bool is_same(const struct sdes *a, const struct sdes *b)
{
	return a->suite == b->suite && a->mki_bytes == b->mki_bytes &&
	       !memcmp(a->mki, b->mki, sizeof(a->mki)) &&
	       secret_equal(a->key, sizeof(a->key), b->key, sizeof(b->key));
}

static void direction_begin(struct direction *d, const struct sdes *key,
			    srtp_ssrc_type_t which)
{
	*d = (struct direction){ .key = *key };
	if (key->suite != SRTP_NONE)
		d->context = context_new(&d->key, which);
}

void srtp_leg_set(struct srtp_leg *s, const struct srtp_keys *keys,
		  uint64_t now_ms)
{
	if (!is_same(&s->rx.key, &keys->rx) || !s->rx.context) {
		direction_end(&s->old);
		s->old = s->rx;
		s->old_until_ms = now_ms + OLD_KEY_MS;
		direction_begin(&s->rx, &keys->rx, ssrc_any_inbound);
	}
	if (!is_same(&s->tx.key, &keys->tx) || !s->tx.context) {
		direction_end(&s->tx);
		direction_begin(&s->tx, &keys->tx, ssrc_any_outbound);
	}
}

/* Puts ssrc first. The one not heard for longest makes room. */
static void remember(struct direction *d, uint32_t ssrc)
{
	unsigned i = 0;

	while (i < d->n_ssrcs && d->ssrcs[i] != ssrc)
		i++;
	if (i == SRTP_SSRCS) {
		i--;
		(void)srtp_remove_stream(d->context, htonl(d->ssrcs[i]));
	} else if (i == d->n_ssrcs) {
		d->n_ssrcs++;
	}
	memmove(d->ssrcs + 1, d->ssrcs, i * sizeof(*d->ssrcs));
	d->ssrcs[0] = ssrc;
}

static int open_with(struct direction *d, uint8_t *p, size_t *n, bool rtcp)
{
	uint32_t ssrc = get32(p + (rtcp ? 4 : 8));
	int len = (int)*n;
	unsigned mki = d->key.mki_bytes != 0;

	if (!d->context)
		return -EBADMSG;
	if (rtcp ? srtp_unprotect_rtcp_mki(d->context, p, &len, mki)
		 : srtp_unprotect_mki(d->context, p, &len, mki))
		return -EBADMSG;
	if (!d->n_ssrcs || d->ssrcs[0] != ssrc)
		remember(d, ssrc);
	*n = (size_t)len;
	return 0;
}

int srtp_leg_open(struct srtp_leg *s, uint8_t *p, size_t *n, bool rtcp,
		  uint64_t now_ms)
{
	uint8_t copy[RTP_MAX];
	size_t len = *n;

	if (*n < RTP_HEADER || *n > RTP_MAX)
		return -EBADMSG;
	if (!s->old.context)
		return open_with(&s->rx, p, n, rtcp);
	if (now_ms >= s->old_until_ms) {
		direction_end(&s->old);
		return open_with(&s->rx, p, n, rtcp);
	}
	memcpy(copy, p, len);
	if (!open_with(&s->rx, p, n, rtcp))
		return 0;
	memcpy(p, copy, len);
	return open_with(&s->old, p, n, rtcp);
}

int srtp_leg_seal(struct srtp_leg *s, uint8_t *p, size_t *n, bool rtcp)
{
	int len = (int)*n;

	if (!s->tx.context)
		return -EBADMSG;
	if (rtcp ? srtp_protect_rtcp(s->tx.context, p, &len)
		 : srtp_protect(s->tx.context, p, &len))
		return -EBADMSG;
	*n = (size_t)len;
	return 0;
}

/* WAV files, tones, names of prompts, and playing them. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "clip.h"
#include "player.h"
#include "prompts.h"
#include "temp.h"

static const uint8_t head[44] = {
	'R', 'I', 'F',  'F',  44,  0,   0,    0,    'W', 'A', 'V',
	'E', 'f', 'm',  't',  ' ', 16,  0,    0,    0,   1,   0,
	1,   0,   0x40, 0x1f, 0,   0,   0x80, 0x3e, 0,   0,   2,
	0,   16,  0,    'd',  'a', 't', 'a',  8,    0,   0,   0,
};

static void wav(uint8_t p[52])
{
	memcpy(p, head, 44);
	for (uint8_t i = 0; i < 8; i++)
		p[44 + i] = (uint8_t)(i / 2 + 1) * (i % 2 == 0);
}

static void files(void)
{
	struct clip *c;
	uint8_t p[52];

	wav(p);
	CHECK_EQ(clip_read(&c, p, sizeof(p)), 0);
	CHECK_EQ(clip_samples(c), 4);
	CHECK_EQ(clip_pcm(c)[0], 1);
	CHECK_EQ(clip_pcm(c)[3], 4);
	clip_unref(c);
	p[40] = 255; /* says more than it has: what is there is taken */
	CHECK_EQ(clip_read(&c, p, sizeof(p)), 0);
	CHECK_EQ(clip_samples(c), 4);
	clip_unref(c);
	p[22] = 2; /* stereo */
	CHECK_EQ(clip_read(&c, p, sizeof(p)), -EBADMSG);
	wav(p);
	p[24] = 0x44; /* another rate */
	CHECK_EQ(clip_read(&c, p, sizeof(p)), -EBADMSG);
	for (size_t n = 0; n < 44; n++) {
		wav(p);
		CHECK_EQ(clip_read(&c, p, n), -EBADMSG);
	}
}

static void tones(void)
{
	struct clip *c;

	CHECK_EQ(clip_tone(&c, "tone/ringback"), 0);
	CHECK_EQ(clip_samples(c), CLIP_RATE * 5);
	clip_unref(c);
	CHECK_EQ(clip_tone(&c, "tone/none"), -ENOENT);
}

static void put_file(const char *dir, const char *name)
{
	char path[512];
	uint8_t p[52];
	FILE *f;

	wav(p);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CHECK(f && fwrite(p, sizeof(p), 1, f) == 1 && !fclose(f));
}

static void names(void)
{
	static const char *const bad_names[] = {
		"",     ";",   "a;", "../a", "a/../b", "/a",
		"a//b", "a.b", "a/", "a b",  "a\nb",   "voice/..;hello"
	};
	struct clip *clips[PROMPTS_LIST];
	struct prompts *p = prompts_new();
	char dir[TEMP_PATH], voice[512], bad[72], many[512] = "hello";

	temp_dir(dir);
	snprintf(voice, sizeof(voice), "%s/en_GB_test", dir);
	CHECK(!mkdir(voice, 0700));
	put_file(dir, "outside.wav");
	put_file(voice, "hello.wav");
	CHECK_EQ(prompts_set(p, dir, "fr"), -ENOENT);
	CHECK_EQ(prompts_fetch(p, "tone/busy", clips, bad, sizeof(bad)), 1);
	clip_unref(clips[0]);
	CHECK_EQ(prompts_fetch(p, "hello", clips, bad, sizeof(bad)), -ENOENT);
	CHECK_EQ(prompts_set(p, dir, "en"), 0);
	CHECK_EQ(prompts_fetch(p, "hello;tone/busy;hello", clips, bad,
			       sizeof(bad)),
		 3);
	CHECK(clips[0] == clips[2]);
	for (int i = 0; i < 3; i++)
		clip_unref(clips[i]);
	CHECK_EQ(prompts_fetch(p, "hello;nothing", clips, bad, sizeof(bad)),
		 -ENOENT);
	CHECK_STR(bad, "nothing");
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(*bad_names); i++) {
		int n = prompts_fetch(p, bad_names[i], clips, bad, sizeof(bad));

		if (!strcmp(bad_names[i], "a;"))
			CHECK_EQ(n, -ENOENT);
		else
			CHECK_EQ(n, -EINVAL);
	}
	for (size_t i = 1; i <= PROMPTS_LIST; i++)
		snprintf(many + i * 6 - 1, sizeof(many) - i * 6 + 1, ";hello");
	CHECK_EQ(prompts_fetch(p, many, clips, bad, sizeof(bad)), -EINVAL);
	prompts_free(p);
	temp_remove(dir);
}

static void playing(void)
{
	struct player p = { 0 };
	struct playlist list = { .n = 2, .repeat = 1 };
	int16_t pcm[SOUND_FRAME];

	list.clips[0] = clip_new(100);
	list.clips[1] = clip_new(80);
	CHECK(list.clips[0] && list.clips[1]);
	for (int i = 0; i < 100; i++)
		clip_pcm(list.clips[0])[i] = 1;
	for (int i = 0; i < 80; i++)
		clip_pcm(list.clips[1])[i] = 2;
	player_start(&p, &list);
	CHECK(player_frame(&p, pcm)); /* 100 ones, 60 twos */
	CHECK_EQ(pcm[99], 1);
	CHECK_EQ(pcm[100], 2);
	CHECK(player_frame(&p, pcm)); /* 20 twos, 100 ones, 40 twos */
	CHECK_EQ(pcm[19], 2);
	CHECK_EQ(pcm[20], 1);
	CHECK_EQ(pcm[159], 2);
	CHECK(player_frame(&p, pcm)); /* 40 twos, silence */
	CHECK_EQ(pcm[39], 2);
	CHECK_EQ(pcm[40], 0);
	CHECK(!player_frame(&p, pcm));
	CHECK(!p.on);
}

static void empty_clips_end(void)
{
	struct player p = { 0 };
	struct playlist list = { .n = 1, .repeat = 1000 };
	int16_t pcm[SOUND_FRAME];

	list.clips[0] = clip_new(0);
	player_start(&p, &list);
	CHECK(!player_frame(&p, pcm));
}

int main(void)
{
	files();
	tones();
	names();
	playing();
	empty_clips_end();
	return 0;
}

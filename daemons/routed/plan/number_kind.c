#include "number_kind.h"

#include <string.h>

#include "country.h"

/* Of each country premium numbers, then mobile ones. What a rule can reach is
   shown by the first that it can, so the plainest stand in front. */
#define P(code)                                                                \
	{                                                                      \
		code, NUMBER_PREMIUM                                           \
	}
#define M(code)                                                                \
	{                                                                      \
		code, NUMBER_MOBILE                                            \
	}
/* clang-format off */
static const struct number_kind_row rows[] = {
	/* International premium rate; satellites, personal numbers, networks of
	   no country, which cost more than any national number */
	P("979"), P("870"), P("878"), P("881"), P("882"), P("883"),
	/* United States, Canada: 900 is the one area of premium services */
	P("1900"),
	/* Russia */
	P("7803"), P("7809"), M("79"),
	/* Egypt, South Africa */
	P("20900"), P("2790"), M("276"), M("277"), M("278"),
	/* Greece */
	P("3090"), M("3069"),
	/* Netherlands */
	P("31900"), P("31906"), P("31909"), M("316"),
	/* Belgium; 070 is a shared rate */
	P("3290"), P("3270"), M("3245"), M("3246"), M("3247"), M("3248"),
	M("3249"),
	/* France: 081 and 082 are surtaxed as 089 is */
	P("3381"), P("3382"), P("3389"), M("336"), M("337"),
	/* Spain; 901 and 902 are shared rates */
	P("34803"), P("34806"), P("34807"), P("34901"), P("34902"),
	P("34905"), P("34907"), M("346"), M("347"),
	/* Portugal */
	P("351601"), P("351607"), P("351608"), P("351646"), P("351648"),
	P("35176"), M("3519"),
	/* Luxembourg, Finland, Bulgaria */
	P("35290"), M("3526"),
	P("358600"), P("358700"), M("3584"), M("35850"),
	P("35990"), M("35987"), M("35988"), M("35989"),
	/* Hungary */
	P("3690"), P("3691"), M("3620"), M("3630"), M("3670"),
	/* Lithuania, Latvia, Estonia */
	P("370900"), M("3706"), P("37190"), M("3712"), P("372900"), M("3725"),
	/* Ukraine, Serbia, Croatia, Slovenia */
	P("380900"), P("38190"), M("3816"), P("38560"), M("3859"),
	P("38690"),
	/* Italy */
	P("39178"), P("39199"), P("3989"), M("393"),
	/* Romania */
	P("40900"), P("40903"), P("40906"), M("407"),
	/* Switzerland; 084 is a shared rate */
	P("4184"), P("41900"), P("41901"), P("41906"), M("4174"), M("4175"),
	M("4176"), M("4177"), M("4178"), M("4179"),
	/* Czechia, Slovakia */
	P("42090"), P("420976"), M("4206"), M("4207"),
	P("421900"), M("4219"),
	/* Austria; 081 and 082 are shared rates */
	P("43810"), P("43820"), P("43821"), P("43900"), P("43901"),
	P("43930"), P("43931"), P("43939"), M("4365"), M("4366"), M("4367"),
	M("4368"), M("4369"),
	/* United Kingdom: services at 084 and 087, premium at 09, personal
	   numbers (as dear as these) at 070 */
	P("4470"), P("4484"), P("4487"), P("449"), M("4471"), M("4472"),
	M("4473"), M("4474"), M("4475"), M("4477"), M("4478"), M("4479"),
	/* Denmark, Sweden, Norway */
	P("4590"), P("46900"), P("46939"), P("46944"), M("467"),
	P("4782"), M("474"), M("479"),
	/* Poland */
	P("4870"), M("4845"), M("485"), M("486"), M("487"), M("4888"),
	/* Germany; 0137 and 0180 are shared rates */
	P("49137"), P("49180"), P("49900"), M("4915"), M("4916"), M("4917"),
	/* Mexico, Brazil */
	P("52900"), P("55900"),
	/* Australia, New Zealand, Singapore */
	P("61190"), M("614"), P("64900"), M("642"),
	P("651900"), M("658"), M("659"),
	/* Japan; 0570 is a shared rate. South Korea */
	P("81570"), P("81990"), M("8170"), M("8180"), M("8190"),
	P("8260"), M("8210"),
	/* Turkey, Israel */
	P("90900"), M("905"), P("9721900"), M("9725"),
};
/* clang-format on */
#undef P
#undef M

enum { ROWS = sizeof(rows) / sizeof(*rows) };

const struct number_kind_row *number_kind_at(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

bool number_kinds_know(const char *country)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].kind == NUMBER_PREMIUM &&
		    !strcmp(country_of(rows[i].code)->code, country))
			return true;
	return false;
}

bool number_is_dialled_whole(const char *country)
{
	static const char *const whole[] = {
		"1",   "30", "34", "351", "352", "371", "372", "39",
		"420", "45", "47", "48",  "61",  "65",  "972",
	};

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (!strcmp(country, whole[i]))
			return true;
	return false;
}

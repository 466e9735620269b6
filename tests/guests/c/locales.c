/* Locales: C, and one of files that the program makes; wide and multibyte characters. */
#include <sys/stat.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <monetary.h>
#include <runetype.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
#include <xlocale.h>

#include "show.h"

static void characters(const char *text)
{
	wchar_t wide[50];
	char back[100];
	mbstate_t state;
	size_t count = mbstowcs(wide, text, 50);

	printf("%zd:", (ssize_t)count);
	if (count == (size_t)-1) {
		printf(" %s\n", strerror(errno));
		return;
	}
	for (size_t i = 0; i < count; i++)
		printf(" %lx/%d%s%s", (long)wide[i], wcwidth(wide[i]), iswalpha((wint_t)wide[i]) ? "a" : "",
		    iswupper((wint_t)wide[i]) ? "u" : "");
	printf("\n");
	for (size_t i = 0; i < count; i++)
		wide[i] = (wchar_t)towupper((wint_t)wide[i]);
	show(wcstombs(back, wide, sizeof(back)));
	show_text(back);
	memset(&state, 0, sizeof(state));
	show(mbrlen(text, 1, &state));
}

static void make_of(const char *locale, const char *category, const void *content, size_t length)
{
	char path[300];
	int fd;

	mkdir("locales", 0755);
	snprintf(path, sizeof(path), "locales/%s", locale);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "locales/%s/%s", locale, category);
	must((fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644)) >= 0);
	must(write(fd, content, length) == (ssize_t)length);
	close(fd);
}

static void make(const char *locale, const char *category, const char *content)
{
	make_of(locale, category, content, strlen(content));
}

/* What LC_CTYPE is made of on disk: classes of the first 256 characters, then ranges of others. */
struct range {
	int first, last;
	unsigned map;
};

static struct {
	char magic[8], encoding[32];
	unsigned types[256];
	int lower[256], upper[256];
	int type_ranges, lower_ranges, upper_ranges, more;
	struct range ranges[6];
} ctype = { "RuneMag1", "UTF-8", { 0 }, { 0 }, { 0 }, 4, 1, 1, 0, {
	{ 0x3b1, 0x3c9, _CTYPE_A | _CTYPE_L | _CTYPE_R | _CTYPE_G | _CTYPE_SW1 },
	{ 0x20ac, 0x20ac, _CTYPE_P | _CTYPE_R | _CTYPE_G | _CTYPE_SW1 },
	{ 0x4e00, 0x9fff, _CTYPE_A | _CTYPE_R | _CTYPE_G | _CTYPE_SW2 },
	{ 0x1f600, 0x1f64f, _CTYPE_P | _CTYPE_R | _CTYPE_G | _CTYPE_SW2 },
	{ 0x391, 0x3a9, 0x3b1 },
	{ 0x3b1, 0x3c9, 0x391 },
} };

static void make_ctype(const char *locale)
{
	for (int c = 0; c < 256; c++) {
		ctype.types[c] = c < 128 ? (unsigned)_DefaultRuneLocale.__runetype[c] : 0;
		ctype.lower[c] = c < 128 ? _DefaultRuneLocale.__maplower[c] : c;
		ctype.upper[c] = c < 128 ? _DefaultRuneLocale.__mapupper[c] : c;
	}
	ctype.types[0xdf] = ctype.types[0xfc] = _CTYPE_A | _CTYPE_L | _CTYPE_R | _CTYPE_G | _CTYPE_SW1;
	ctype.types[0xdc] = _CTYPE_A | _CTYPE_U | _CTYPE_R | _CTYPE_G | _CTYPE_SW1;
	ctype.lower[0xdc] = 0xfc;
	ctype.upper[0xfc] = 0xdc;
	make_of(locale, "LC_CTYPE", &ctype, sizeof(ctype));
}

/* The text files of localedef's simple categories. */
static void own_locale(void)
{
	char text[200];
	time_t moment = 1000000000;
	locale_t own;

	make("xx_YY.UTF-8", "LC_NUMERIC", ",\n.\n3;3\n");
	make("xx_YY.UTF-8", "LC_MESSAGES", "^[jJ].*\n^[nN].*\nja\nnein\n");
	make("xx_YY.UTF-8", "LC_MONETARY",
	    "EUR \nEuro\n,\n.\n3;3\n\n-\n2\n2\n0\n1\n0\n1\n1\n1\n0\n1\n0\n1\n1\n1\n");
	make("xx_YY.UTF-8", "LC_TIME",
	    "Ja\nFe\nMr\nAp\nMa\nJn\nJl\nAu\nSe\nOk\nNo\nDe\n"
	    "Jan\nFeb\nMar\nApr\nMai\nJun\nJul\nAug\nSept\nOkt\nNov\nDez\n"
	    "So\nMo\nDi\nMi\nDo\nFr\nSa\nSonn\nMon\nDiens\nMitt\nDonner\nFrei\nSams\n"
	    "%H.%M\n%d.%m.%Y\n%a %d %b\nvor\nnach\n%a %e. %b %Y\n"
	    "jan\nfeb\nmar\napr\nmai\njun\njul\naug\nsep\nokt\nnov\ndez\nmd\n%I.%M %p\n");
	for (int category = LC_MONETARY; category <= LC_MESSAGES; category++)
		show_text(setlocale(category, "xx_YY.UTF-8"));
	printf("%'d %.3f\n", 1234567, 3.25);
	show(strtod("2,5", NULL) == 2.5);
	show_text(localeconv()->thousands_sep);
	show_text(localeconv()->int_curr_symbol);
	show_text(nl_langinfo(YESEXPR));
	show_text(nl_langinfo(MON_9));
	setenv("TZ", "UTC0", 1);
	must(strftime(text, sizeof(text), "%A %B|%x|%X|%c|%OB|%p", localtime(&moment)) > 0);
	show_text(text);
	show(strfmon(text, sizeof(text), "%n", 1234.5));
	show_text(text);
	show_text(setlocale(LC_ALL, "C"));
	printf("%'d %.3f\n", 1234567, 3.25);

	own = newlocale(LC_NUMERIC_MASK | LC_TIME_MASK, "xx_YY.UTF-8", NULL);
	must(own != NULL);
	printf_l(own, "%.2f\n", 0.5);
	locale_t before = uselocale(own);
	printf("%.2f\n", 0.5);
	uselocale(before);
	printf("%.2f\n", 0.5);
	freelocale(own);
	show(newlocale(LC_ALL_MASK, "zz_ZZ.UTF-8", NULL) == NULL);
	show_text(strerror(errno));
}

int main(void)
{
	char here[PATH_MAX];

	say_at_once();
	unsetenv("LANG");
	unsetenv("LC_ALL");
	must(getcwd(here, sizeof(here)) != NULL);
	strlcat(here, "/locales", sizeof(here));
	setenv("PATH_LOCALE", here, 1);
	show_text(setlocale(LC_ALL, NULL));
	show_text(nl_langinfo(CODESET));
	characters("plain");
	characters("gr\xc3\xbc\xc3\x9f");
	show_text(setlocale(LC_ALL, "zz_ZZ.UTF-8"));
	printf("-- UTF-8\n");
	make_ctype("xx_YY.UTF-8");
	show_text(setlocale(LC_CTYPE, "xx_YY.UTF-8"));
	show_text(setlocale(LC_ALL, NULL));
	show_text(nl_langinfo(CODESET));
	show(MB_CUR_MAX);
	characters("gr\xc3\xbc\xc3\x9f");
	characters("\xe2\x82\xac \xf0\x9f\x98\x80 \xe4\xb8\xad");
	characters("\xce\xb1\xcf\x89");
	characters("bad \xc3(");
	characters("\xed\xa0\x80");
	printf("%ls|%5.2ls|%lc\n", L"wide \u00fc", L"\u00e4\u00f6\u00fc", (wint_t)0x20ac);
	printf("-- files\n");
	own_locale();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_functions_code.c - base 64, character sets and URLs, as
 * Java, and so Flink, has them.
 */
#include "tests/unit/expr_rig.h"
#include "tests/unit/test.h"

TEST(base_64_there_and_back)
{
	static const struct sql_case cases[] = {
		{ "TO_BASE64('')", "", "STRING" },
		{ "TO_BASE64('f')", "Zg==", "STRING" },
		{ "TO_BASE64('fo')", "Zm8=", "STRING" },
		{ "TO_BASE64('foo')", "Zm9v", "STRING" },
		{ "TO_BASE64('the quick brown fox')",
		  "dGhlIHF1aWNrIGJyb3duIGZveA==", "STRING" },
		{ "TO_BASE64('é')", "w6k=", "STRING" },
		{ "TO_BASE64(UNHEX('fbff'))", "+/8=", "STRING" },
		{ "TO_BASE64(snul)", "NULL", "STRING" },
		{ "FROM_BASE64('')", "", "STRING" },
		{ "FROM_BASE64('Zg==')", "f", "STRING" },
		{ "FROM_BASE64('Zg')", "f", "STRING" },
		{ "FROM_BASE64('Zm8=')", "fo", "STRING" },
		{ "FROM_BASE64('w6k=')", "é", "STRING" },
		{ "FROM_BASE64('dGhlIHF1aWNrIGJyb3duIGZveA==')",
		  "the quick brown fox", "STRING" },
		{ "FROM_BASE64('Zg=')", "!invalid_argument", "STRING" },
		{ "FROM_BASE64('Z')", "!invalid_argument", "STRING" },
		{ "FROM_BASE64('====')", "!invalid_argument", "STRING" },
		{ "FROM_BASE64('Zg==Zg==')", "!invalid_argument", "STRING" },
		{ "FROM_BASE64('Z g=')", "!invalid_argument", "STRING" },
		{ "FROM_BASE64('/w==')", "!invalid_utf8", "STRING" },
		{ "FROM_BASE64(snul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(character_sets_there_and_back)
{
	static const struct sql_case cases[] = {
		{ "ENCODE('aé', 'UTF-8') = UNHEX('61c3a9')", "TRUE", NULL },
		{ "ENCODE('aé', 'utf-8') = UNHEX('61c3a9')", "TRUE", NULL },
		{ "ENCODE('aé', 'US-ASCII') = UNHEX('613f')", "TRUE", NULL },
		{ "ENCODE('aé😀', 'ISO-8859-1') = UNHEX('61e93f')", "TRUE",
		  NULL },
		{ "ENCODE('é', 'UTF-16') = UNHEX('feff00e9')", "TRUE", NULL },
		{ "ENCODE('', 'UTF-16') = UNHEX('')", "TRUE", NULL },
		{ "ENCODE('é', 'UTF-16BE') = UNHEX('00e9')", "TRUE", NULL },
		{ "ENCODE('é', 'UTF-16LE') = UNHEX('e900')", "TRUE", NULL },
		{ "ENCODE('😀', 'UTF-16BE') = UNHEX('d83dde00')", "TRUE",
		  NULL },
		{ "ENCODE(s, 'EBCDIC')", "!invalid_argument", "BYTES" },
		{ "ENCODE(snul, 'UTF-8')", "NULL", "BYTES" },
		{ "ENCODE(s, snul)", "NULL", "BYTES" },
		{ "DECODE(UNHEX('61c3a9'), 'UTF-8')", "aé", "STRING" },
		{ "DECODE(UNHEX('61ff62'), 'UTF-8')", "a\xef\xbf\xbd" "b",
		  "STRING" },
		{ "DECODE(UNHEX('61e9'), 'ISO-8859-1')", "aé", "STRING" },
		{ "DECODE(UNHEX('61e9'), 'US-ASCII')", "a\xef\xbf\xbd",
		  "STRING" },
		{ "DECODE(UNHEX('feff00e9'), 'UTF-16')", "é", "STRING" },
		{ "DECODE(UNHEX('fffee900'), 'UTF-16')", "é", "STRING" },
		{ "DECODE(UNHEX('00e9'), 'UTF-16')", "é", "STRING" },
		{ "DECODE(UNHEX('d83dde00'), 'UTF-16BE')", "😀", "STRING" },
		{ "DECODE(UNHEX('3dd800de'), 'UTF-16LE')", "😀", "STRING" },
		{ "DECODE(UNHEX('d83d0061'), 'UTF-16BE')", "\xef\xbf\xbd" "a",
		  "STRING" },
		{ "DECODE(UNHEX('d83d'), 'UTF-16BE')", "\xef\xbf\xbd",
		  "STRING" },
		{ "DECODE(UNHEX('006100'), 'UTF-16BE')", "a\xef\xbf\xbd",
		  "STRING" },
		{ "DECODE(UNHEX('61'), 'EBCDIC')", "!invalid_argument",
		  "STRING" },
		{ "DECODE(UNHEX(snul), 'UTF-8')", "NULL", "STRING" },
		{ "DECODE('a', 'UTF-8')", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(urls_are_encoded_as_forms_are)
{
	static const struct sql_case cases[] = {
		{ "URL_ENCODE('a b&c=d/e')", "a+b%26c%3Dd%2Fe", "STRING" },
		{ "URL_ENCODE('AZaz09.-*_~')", "AZaz09.-*_%7E", "STRING" },
		{ "URL_ENCODE('é😀')", "%C3%A9%F0%9F%98%80", "STRING" },
		{ "URL_ENCODE('')", "", "STRING" },
		{ "URL_ENCODE(snul)", "NULL", "STRING" },
		{ "URL_DECODE('a+b%26c%3dd')", "a b&c=d", "STRING" },
		{ "URL_DECODE('%C3%A9')", "é", "STRING" },
		{ "URL_DECODE('%FF')", "\xef\xbf\xbd", "STRING" },
		{ "URL_DECODE('the%20quick%20brown')", "the quick brown",
		  "STRING" },
		{ "URL_DECODE('%4')", "NULL", "STRING" },
		{ "URL_DECODE('%')", "NULL", "STRING" },
		{ "URL_DECODE('%zz')", "NULL", "STRING" },
		{ "URL_DECODE(snul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

#define URL "'http://user:pw@host.com:8080/a/b.php?k1=v1&k2=v2#Ref1'"

TEST(parts_of_urls)
{
	static const struct sql_case cases[] = {
		{ "PARSE_URL(" URL ", 'HOST')", "host.com", "STRING" },
		{ "PARSE_URL(" URL ", 'PATH')", "/a/b.php", "STRING" },
		{ "PARSE_URL(" URL ", 'QUERY')", "k1=v1&k2=v2", "STRING" },
		{ "PARSE_URL(" URL ", 'REF')", "Ref1", "STRING" },
		{ "PARSE_URL(" URL ", 'PROTOCOL')", "http", "STRING" },
		{ "PARSE_URL(" URL ", 'FILE')", "/a/b.php?k1=v1&k2=v2",
		  "STRING" },
		{ "PARSE_URL(" URL ", 'AUTHORITY')", "user:pw@host.com:8080",
		  "STRING" },
		{ "PARSE_URL(" URL ", 'USERINFO')", "user:pw", "STRING" },
		{ "PARSE_URL(" URL ", 'host')", "NULL", "STRING" },
		{ "PARSE_URL(" URL ", 'QUERY', 'k2')", "v2", "STRING" },
		{ "PARSE_URL(" URL ", 'QUERY', 'k')", "NULL", "STRING" },
		{ "PARSE_URL(" URL ", 'PATH', 'k2')", "NULL", "STRING" },
		{ "PARSE_URL('http://h/?a=&b=1', 'QUERY', 'a')", "", "STRING" },
		{ "PARSE_URL('http://h', 'QUERY', 'a')", "NULL", "STRING" },
		{ "PARSE_URL('http://h', 'PATH')", "", "STRING" },
		{ "PARSE_URL('http://h?x=1', 'HOST')", "h", "STRING" },
		{ "PARSE_URL('http://h', 'QUERY')", "NULL", "STRING" },
		{ "PARSE_URL('http://h', 'REF')", "NULL", "STRING" },
		{ "PARSE_URL('http://h', 'USERINFO')", "NULL", "STRING" },
		{ "PARSE_URL('HTTPS://H/', 'PROTOCOL')", "https", "STRING" },
		{ "PARSE_URL(' http://h/ ', 'PATH')", "/", "STRING" },
		{ "PARSE_URL('http://[::1]:80/', 'HOST')", "[::1]", "STRING" },
		{ "PARSE_URL('http://a@b@c/', 'HOST')", "", "STRING" },
		{ "PARSE_URL('file:/etc/passwd', 'PATH')", "/etc/passwd",
		  "STRING" },
		{ "PARSE_URL('file:/etc/passwd', 'AUTHORITY')", "NULL",
		  "STRING" },
		{ "PARSE_URL('http://h:port/', 'HOST')", "NULL", "STRING" },
		{ "PARSE_URL('gopher://h/', 'HOST')", "NULL", "STRING" },
		{ "PARSE_URL('host.com/a', 'HOST')", "NULL", "STRING" },
		{ "PARSE_URL('', 'HOST')", "NULL", "STRING" },
		{ "PARSE_URL(snul, 'HOST')", "NULL", "STRING" },
		{ "PARSE_URL(" URL ", 'QUERY', snul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

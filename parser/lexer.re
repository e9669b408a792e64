/* SPDX-License-Identifier: Apache-2.0
 * parser/lexer.re - the words, numbers, strings and signs of Flink SQL.
 * Strings keep their quotes here: parser/literal.c reads what is in them.
 * What is no token is still cut out and given a name, for the error.
 */
#include "parser/lexer.h"

#include "parser/grammar.h"

/*!re2c
	re2c:define:YYCTYPE = "unsigned char";
	re2c:yyfill:enable = 0;
	re2c:flags:8 = 1;

	end     = [\x00];
	blank   = [ \t\r\n\f\v];
	line    = [^\r\n\x00];
	digit   = [0-9];
	letter  = [A-Za-z_$\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u3040-\u318f]
		| [\u3300-\u337f\u3400-\u3d2d\u4e00-\u9fff\uac00-\ud7a3]
		| [\uf900-\ufaff];
	word    = letter (letter | digit)*;
	whole   = digit+;
	decimal = digit+ "." digit* | "." digit+;
	float   = (whole | decimal) [eE] [+-]? digit+;
	plain   = "'" ([^'\x00] | "''")*;
	escaped = [eE] "'" ([^'\\\x00] | "''" | "\\" [^\x00])*;
	unicode = [uU] "&" plain;
	hex     = [xX] "'" [^'\x00]*;
	quoted  = "`" ([^`\r\n\x00] | "``")*;
	stars   = "*"+;
	inside  = [^*\x00] | stars [^*/\x00];
	comment = "/*" (stars | ([^*+\x00] | stars [^*/\x00]) inside* stars) "/";
*/

static struct token
token_of(int kind, const char *text, const char *begin, const char *end)
{
	return (struct token){
		.kind = kind,
		.at = { (uint32_t)(begin - text), (uint32_t)(end - begin) },
	};
}

struct token
lex(const char *text, uint32_t pos)
{
	const char *begin;
	const char *YYCURSOR;
	const char *YYMARKER;

/* The whole token, or the first n bytes of one that does not end. */
#define TOKEN(kind) return token_of((kind), text, begin, YYCURSOR)
#define OPEN(kind, n) return token_of((kind), text, begin, begin + (n))
again:
	YYCURSOR = begin = text + pos;
/*!re2c
	blank+  { pos = (uint32_t)(YYCURSOR - text); goto again; }
	("--" | "//") line* {
		pos = (uint32_t)(YYCURSOR - text);
		goto again;
	}
	comment { pos = (uint32_t)(YYCURSOR - text); goto again; }
	"/*"    { OPEN(LEX_OPEN_COMMENT, 2); }
	"/*+"   { TOKEN(TK_HINT_BEGIN); }
	"*" "/" { TOKEN(TK_HINT_END); }
	end     { OPEN(0, 0); }

	word    {
		TOKEN(keyword_token(begin, (size_t)(YYCURSOR - begin)));
	}
	quoted "`" { TOKEN(YYCURSOR - begin == 2 ? LEX_EMPTY_NAME : TK_ID); }
	quoted  { OPEN(LEX_OPEN_NAME, 1); }

	whole   { TOKEN(TK_INTEGER); }
	decimal { TOKEN(TK_NUMBER); }
	float   { TOKEN(TK_APPROXIMATE); }
	(whole | decimal | float) letter (letter | digit)* {
		TOKEN(LEX_BAD_NUMBER);
	}

	(plain | escaped | unicode) "'" { TOKEN(TK_STRING); }
	hex "'" { TOKEN(TK_HEX_STRING); }
	plain   { OPEN(LEX_OPEN_STRING, 1); }
	escaped | hex { OPEN(LEX_OPEN_STRING, 2); }
	unicode { OPEN(LEX_OPEN_STRING, 3); }
	("_" [A-Za-z0-9]+ | [nN]) plain "'" { TOKEN(LEX_CHARSET_STRING); }

	";"  { TOKEN(TK_SEMI); }
	","  { TOKEN(TK_COMMA); }
	"."  { TOKEN(TK_DOT); }
	":"  { TOKEN(TK_COLON); }
	"("  { TOKEN(TK_LP); }
	")"  { TOKEN(TK_RP); }
	"["  { TOKEN(TK_LBRACKET); }
	"]"  { TOKEN(TK_RBRACKET); }
	"+"  { TOKEN(TK_PLUS); }
	"-"  { TOKEN(TK_MINUS); }
	"*"  { TOKEN(TK_STAR); }
	"/"  { TOKEN(TK_SLASH); }
	"%"  { TOKEN(TK_PERCENT); }
	"||" { TOKEN(TK_CONCAT); }
	"="  { TOKEN(TK_EQ); }
	"=>" { TOKEN(TK_ARROW); }
	"<>" | "!=" { TOKEN(TK_NE); }
	"<"  { TOKEN(TK_LT); }
	"<=" { TOKEN(TK_LE); }
	">"  { TOKEN(TK_GT); }
	">=" { TOKEN(TK_GE); }

	"==" | "<=>" | "::" | "&&" | "->" | "->>" | "<<" | ">>" | ":=" {
		TOKEN(LEX_OPERATOR);
	}
	[!&|^~?:@] { TOKEN(LEX_OPERATOR); }
	["] [^"\r\n\x00]* ["] { TOKEN(LEX_DOUBLE_QUOTE); }
	["] { TOKEN(LEX_DOUBLE_QUOTE); }
	[\u2018-\u201f\u00b4\u2032\u2033] { TOKEN(LEX_TYPOGRAPHIC); }
	[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff] { TOKEN(LEX_BLANK); }
	[^]  { TOKEN(LEX_UNKNOWN); }
	*    { TOKEN(LEX_UNKNOWN); }
*/
#undef TOKEN
#undef OPEN
}

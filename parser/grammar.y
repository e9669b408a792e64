/* SPDX-License-Identifier: Apache-2.0
 * parser/grammar.y - the statements of sluice. The rules say what a statement
 * looks like and nothing more: nodes are made in build.c and literal.c, and a
 * token that fits no rule is explained in complain.c (or refused by its name
 * in refuse.c, when Flink has it). parser/README.md: how to add a statement.
 */
%name grammar
%token_prefix TK_
%token_type {struct token}
%default_type {struct token}
%extra_context {struct reader *r}
%stack_size 0
%start_symbol input

%include {
#include <stdlib.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

/* parse.c asks grammar_accepts() before it pushes a token, and stops at the
 * first failure: Lemon's own recovery never runs. */
#define YYNOERRORRECOVERY 1

static const struct token no_token;

static struct ast_statement *
statement_of(struct reader *r, enum ast_kind kind)
{
	r->statement->kind = kind;
	return r->statement;
}

static void
statement_named(struct reader *r, enum ast_kind kind, struct ast_name name)
{
	statement_of(r, kind)->name = name;
}

static void
statement_of_function(struct reader *r, enum ast_kind kind, bool temporary,
		      bool if_exists, struct ast_name name)
{
	statement_named(r, kind, name);
	r->statement->temporary = temporary;
	r->statement->if_exists = if_exists;
}

static void
statement_of_job(struct reader *r, enum ast_kind kind, struct text job)
{
	struct ast_statement *s = statement_of(r, kind);

	s->job = job.data;
	s->job_at = job.at;
}

static void
statement_of_tap(struct reader *r, struct text job, struct text operator)
{
	statement_of_job(r, AST_STMT_TAP, job);
	r->statement->value = operator.data;
	r->statement->value_at = operator.at;
}
}

%syntax_error { CHECK(!"a token that grammar_accepts() has let through"); }
%stack_overflow { error_oom(r->err); r->failed = true; }

/* What a text has to be is told by a first token of no text. */
%token ENTRY_STATEMENT ENTRY_QUERY ENTRY_EXPRESSION.
/* Tokens that no rule takes: the error messages know them. */
%token RESERVED.

/* Words that are names wherever the rules have no use for them. */
%fallback ID
	ASC CATALOG CHANGELOG_MODE COLUMNS CONFLICT DATABASE DESC DESCRIPTOR DO
	DRAIN ENFORCED ERRORS FIRST IF JOB JOBS KEEP KEY LAST METADATA NULLS
	PARTITIONED PAUSE PLACING PLAN REPLAY SAMPLE SAVEPOINT SETS STALL STATE
	STOP TAP TEMPORARY TIMESTAMPADD TIMESTAMPDIFF VIEW VIRTUAL ZONE.

/* Words of ALTER JOB. */
%fallback ID
	EARLIEST LATEST OFFSETS.

/* Words of the JSON functions. */
%fallback ID
	ABSENT CONDITIONAL ERROR JSON OBJECT RETURNING SCALAR UNCONDITIONAL
	WRAPPER.

/* INTERVAL '1' DAY TO HOUR is one interval, inside of FLOOR(... TO ...) too. */
%nonassoc ONE_UNIT.
%nonassoc TO.

/* Calcite's order, loosest first. NOT_INFIX is the NOT of NOT IN, NOT LIKE
 * and NOT BETWEEN, which parse.c tells from the prefix by looking ahead. */
%left OR.
%left AND.
%right NOT.
%left IS.
%nonassoc VALUE. /* x IS JSON VALUE, not: x IS JSON, then VALUE */
%left EQ NE LT LE GT GE.
%left BETWEEN IN LIKE SIMILAR NOT_INFIX.
%right ESCAPE.
%left PLUS MINUS.
%left STAR SLASH PERCENT CONCAT.
%right SIGN.
/* A query in parentheses is rows where rows can stand, then a value. */
%nonassoc ROWS_OF_WINDOW.
%left LBRACKET.

input ::= ENTRY_STATEMENT statement.
input ::= ENTRY_QUERY query(Q). { r->query = Q; }
input ::= ENTRY_EXPRESSION expr(E). { r->expr = E; }

/* ---- names and texts ---- */

%type name {struct ast_name}
name(A) ::= ID(T). { A = name_begin(r, T); }
name(A) ::= name(B) DOT ID(T). { A = name_append(r, B, T); }

%type names {struct expr_list}
names(A) ::= ID(T). {
	A = expr_list_add(r, (struct expr_list){ 0 },
			  build_column(r, name_begin(r, T)), "names");
}
names(A) ::= names(B) COMMA ID(T). {
	A = expr_list_add(r, B, build_column(r, name_begin(r, T)), "names");
}

%type text {struct text}
text(A) ::= STRING(T). { A = literal_text(r, T); }
text(A) ::= STRING(T) UESCAPE STRING(E). {
	A = literal_text_uescape(r, T, E);
}

%type options {struct option_list}
options(A) ::= text(K) EQ text(V). {
	A = option_list_add(r, (struct option_list){ 0 }, K, V);
}
options(A) ::= options(B) COMMA text(K) EQ text(V). {
	A = option_list_add(r, B, K, V);
}

%type hints {struct option_list}
hints(A) ::= . { A = (struct option_list){ 0 }; }
hints(A) ::= HINT_BEGIN hint_list(B) HINT_END. { A = B; }

%type hint_list {struct option_list}
hint_list(A) ::= hint(B). { A = B; }
hint_list(A) ::= hint_list(B) COMMA hint(C). { A = C.first ? C : B; }

%type hint {struct option_list}
hint(A) ::= hint_name. { A = (struct option_list){ 0 }; }
hint(A) ::= hint_name LP options(B) RP. { A = B; }
hint_name ::= ID(T). { refuse_hint(r, T); }

%type alias {struct alias}
alias(A) ::= . { A = (struct alias){ 0 }; }
alias(A) ::= ID(T). { A = (struct alias){ reader_name(r, T), T.at, { 0 } }; }
alias(A) ::= AS ID(T). { A = (struct alias){ reader_name(r, T), T.at, { 0 } }; }

%type table_alias {struct alias}
table_alias(A) ::= alias(B). { A = B; }
table_alias(A) ::= ID(T) LP names(L) RP(C). {
	A = (struct alias){ reader_name(r, T), T.at, L };
	A.columns.at = span_join(L.at, C.at);
}
table_alias(A) ::= AS ID(T) LP names(L) RP(C). {
	A = (struct alias){ reader_name(r, T), T.at, L };
	A.columns.at = span_join(L.at, C.at);
}

/* ---- expressions ---- */

%type expr {struct ast_expr *}
%type exprs {struct expr_list}
exprs(A) ::= expr(E). {
	A = expr_list_add(r, (struct expr_list){ 0 }, E, "expressions");
}
exprs(A) ::= exprs(B) COMMA expr(E). {
	A = expr_list_add(r, B, E, "expressions");
}

expr(A) ::= name(N). { A = build_column(r, N); }

/* What [index] and .field may follow. */
%type access {struct ast_expr *}
expr(A) ::= access(B). { A = B; }
access(A) ::= LP(O) expr(E) RP(C). { A = build_parens(E, O, C); }
access(A) ::= LP(O) query(Q) RP(C). [SIGN] { A = build_value(r, O, Q, C); }
access(A) ::= LP(O) expr(E) COMMA exprs(L) RP(C). {
	A = build_row(r, O, E, L, C);
}
access(A) ::= ROW(T) LP exprs(L) RP(C). {
	A = build_constructor(r, AST_ROW, T, L, C);
}
access(A) ::= ARRAY(T) LBRACKET array_items(L) RBRACKET(C). {
	A = build_constructor(r, AST_ARRAY, T, L, C);
}
access(A) ::= MAP(T) LBRACKET array_items(L) RBRACKET(C). {
	A = build_constructor(r, AST_MAP, T, L, C);
}
%type array_items {struct expr_list}
array_items(A) ::= . { A = (struct expr_list){ 0 }; }
array_items(A) ::= exprs(L). { A = L; }
access(A) ::= call(B). { A = B; }
access(A) ::= access(B) LBRACKET expr(I) RBRACKET(C). {
	A = build_item(r, B, I, C);
}
access(A) ::= name(N) LBRACKET expr(I) RBRACKET(C). {
	A = build_item(r, build_column(r, N), I, C);
}
access(A) ::= access(B) DOT ID(T). { A = build_field(r, B, T); }

expr(A) ::= NULL(T). { A = literal_null(r, T); }
expr(A) ::= UNKNOWN(T). { A = literal_null(r, T); }
expr(A) ::= TRUE(T). { A = literal_boolean(r, T, true); }
expr(A) ::= FALSE(T). { A = literal_boolean(r, T, false); }
expr(A) ::= INTEGER(T). { A = literal_integer(r, T); }
expr(A) ::= NUMBER(T). { A = literal_decimal(r, T); }
expr(A) ::= APPROXIMATE(T). { A = literal_double(r, T); }
expr(A) ::= text(T). { A = literal_string(r, T); }
expr(A) ::= HEX_STRING(T). { A = literal_binary(r, T); }
expr(A) ::= DATE|TIME|TIMESTAMP(W) text(T). { A = literal_instant(r, W, T); }

%type sign {bool}
sign(A) ::= . { A = false; }
sign(A) ::= PLUS. { A = false; }
sign(A) ::= MINUS. { A = true; }

expr(A) ::= INTERVAL(W) sign(S) text(T) unit_range(U). {
	A = literal_interval(r, W, S, T, U);
}
expr(A) ::= INTERVAL(W) INTEGER|NUMBER(T) unit(U). {
	A = literal_interval(r, W, false,
			     (struct text){ reader_text(r, T.at), T.at.length,
					    T.at }, U);
}
expr(A) ::= INTERVAL(W) name(N) unit(U). {
	A = build_interval(r, W, build_column(r, N), U);
}
expr(A) ::= INTERVAL(W) LP(O) expr(E) RP(C) unit(U). {
	A = build_interval(r, W, build_parens(E, O, C), U);
}

%type unit {struct interval_unit}
unit(A) ::= ID(T). {
	A.from = A.to = literal_unit(r, T);
	A.at = T.at;
}
unit(A) ::= YEAR|MONTH|DAY|HOUR|MINUTE|SECOND(T). {
	A.from = A.to = literal_unit(r, T);
	A.at = T.at;
}

%type unit_range {struct interval_unit}
unit_range(A) ::= unit(B) unit_precision(P). [ONE_UNIT] {
	A = B;
	A.at = span_join(B.at, P.at);
}
unit_range(A) ::= unit(B) unit_precision TO unit(C) unit_precision(P). {
	A = literal_unit_range(r, B, C);
	A.at = span_join(A.at, P.at);
}
unit_precision(A) ::= . { A = no_token; }
unit_precision(A) ::= LP INTEGER RP(C). { A = C; }
unit_precision(A) ::= LP INTEGER COMMA INTEGER RP(C). { A = C; }

expr(A) ::= MINUS(T) expr(E). [SIGN] { A = build_unary(r, AST_NEG, T, E); }
expr(A) ::= PLUS(T) expr(E). [SIGN] { A = build_unary(r, AST_PLUS, T, E); }
expr(A) ::= NOT(T) expr(E). { A = build_unary(r, AST_NOT, T, E); }

expr(A) ::= expr(B) OR(T) expr(C). { A = build_binary(r, AST_OR, T, B, C); }
expr(A) ::= expr(B) AND(T) expr(C). { A = build_binary(r, AST_AND, T, B, C); }
expr(A) ::= expr(B) EQ(T) expr(C). { A = build_binary(r, AST_EQ, T, B, C); }
expr(A) ::= expr(B) NE(T) expr(C). { A = build_binary(r, AST_NE, T, B, C); }
expr(A) ::= expr(B) LT(T) expr(C). { A = build_binary(r, AST_LT, T, B, C); }
expr(A) ::= expr(B) LE(T) expr(C). { A = build_binary(r, AST_LE, T, B, C); }
expr(A) ::= expr(B) GT(T) expr(C). { A = build_binary(r, AST_GT, T, B, C); }
expr(A) ::= expr(B) GE(T) expr(C). { A = build_binary(r, AST_GE, T, B, C); }
expr(A) ::= expr(B) PLUS(T) expr(C). { A = build_binary(r, AST_ADD, T, B, C); }
expr(A) ::= expr(B) MINUS(T) expr(C). { A = build_binary(r, AST_SUB, T, B, C); }
expr(A) ::= expr(B) STAR(T) expr(C). { A = build_binary(r, AST_MUL, T, B, C); }
expr(A) ::= expr(B) SLASH(T) expr(C). { A = build_binary(r, AST_DIV, T, B, C); }
expr(A) ::= expr(B) PERCENT(T) expr(C). {
	A = build_binary(r, AST_MOD, T, B, C);
}
expr(A) ::= expr(B) CONCAT(T) expr(C). {
	A = build_binary(r, AST_CONCAT, T, B, C);
}

expr(A) ::= expr(E) IS(T) not(N) NULL(L). {
	A = build_is(r, AST_IS_NULL, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) TRUE(L). {
	A = build_is(r, AST_IS_TRUE, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) FALSE(L). {
	A = build_is(r, AST_IS_FALSE, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) UNKNOWN(L). {
	A = build_is(r, AST_IS_UNKNOWN, N, E, T, L);
}
expr(A) ::= expr(B) IS(T) not(N) DISTINCT FROM expr(C). [EQ] {
	A = build_distinct_from(r, N, B, T, C);
}
expr(A) ::= expr(E) IS(T) not(N) JSON(L). {
	A = build_is(r, AST_IS_JSON_VALUE, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) JSON VALUE(L). {
	A = build_is(r, AST_IS_JSON_VALUE, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) JSON SCALAR(L). {
	A = build_is(r, AST_IS_JSON_SCALAR, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) JSON ARRAY(L). {
	A = build_is(r, AST_IS_JSON_ARRAY, N, E, T, L);
}
expr(A) ::= expr(E) IS(T) not(N) JSON OBJECT(L). {
	A = build_is(r, AST_IS_JSON_OBJECT, N, E, T, L);
}
%type not {bool}
not(A) ::= . { A = false; }
not(A) ::= NOT. { A = true; }

expr(A) ::= expr(E) BETWEEN(T) symmetric(S) expr(L) AND expr(H). [BETWEEN] {
	A = build_between(r, T, E, S, L, H);
}
expr(A) ::= expr(E) NOT_INFIX(T) BETWEEN symmetric(S) expr(L) AND expr(H).
		[BETWEEN] {
	A = build_between(r, T, E, S, L, H);
}
%type symmetric {bool}
symmetric(A) ::= . { A = false; }
symmetric(A) ::= ASYMMETRIC. { A = false; }
symmetric(A) ::= SYMMETRIC. { A = true; }

expr(A) ::= expr(E) IN(T) LP exprs(V) RP(C). { A = build_in(r, T, E, V, C); }
expr(A) ::= expr(E) NOT_INFIX(T) IN LP exprs(V) RP(C). {
	A = build_in(r, T, E, V, C);
}

expr(A) ::= expr(E) LIKE(T) expr(P). [LIKE] {
	A = build_like(r, AST_LIKE, T, E, P, NULL);
}
expr(A) ::= expr(E) LIKE(T) expr(P) ESCAPE expr(X). [ESCAPE] {
	A = build_like(r, AST_LIKE, T, E, P, X);
}
expr(A) ::= expr(E) NOT_INFIX(T) LIKE expr(P). [LIKE] {
	A = build_like(r, AST_LIKE, T, E, P, NULL);
}
expr(A) ::= expr(E) NOT_INFIX(T) LIKE expr(P) ESCAPE expr(X). [ESCAPE] {
	A = build_like(r, AST_LIKE, T, E, P, X);
}

expr(A) ::= expr(E) SIMILAR(T) TO expr(P). [SIMILAR] {
	A = build_like(r, AST_SIMILAR, T, E, P, NULL);
}
expr(A) ::= expr(E) SIMILAR(T) TO expr(P) ESCAPE expr(X). [ESCAPE] {
	A = build_like(r, AST_SIMILAR, T, E, P, X);
}
expr(A) ::= expr(E) NOT_INFIX(T) SIMILAR TO expr(P). [SIMILAR] {
	A = build_like(r, AST_SIMILAR, T, E, P, NULL);
}
expr(A) ::= expr(E) NOT_INFIX(T) SIMILAR TO expr(P) ESCAPE expr(X). [ESCAPE] {
	A = build_like(r, AST_SIMILAR, T, E, P, X);
}

expr(A) ::= CASE(T) case_arms(B) case_else(E) END(C). {
	A = build_case(r, T, NULL, B, E, C);
}
expr(A) ::= CASE(T) expr(O) case_value_arms(B) case_else(E) END(C). {
	A = build_case(r, T, O, B, E, C);
}
%type case_arms {struct expr_list}
case_arms(A) ::= case_when(W) THEN expr(X). {
	A = build_arm(r, (struct expr_list){ 0 }, W, X);
}
case_arms(A) ::= case_arms(B) case_when(W) THEN expr(X). {
	A = build_arm(r, B, W, X);
}
%type case_when {struct expr_list}
case_when(A) ::= WHEN expr(E). {
	A = expr_list_add(r, (struct expr_list){ 0 }, E, "conditions");
}
%type case_value_arms {struct expr_list}
case_value_arms(A) ::= WHEN exprs(W) THEN expr(X). {
	A = build_arm(r, (struct expr_list){ 0 }, W, X);
}
case_value_arms(A) ::= case_value_arms(B) WHEN exprs(W) THEN expr(X). {
	A = build_arm(r, B, W, X);
}
%type case_else {struct ast_expr *}
case_else(A) ::= . { A = NULL; }
case_else(A) ::= ELSE expr(E). { A = E; }

access(A) ::= CAST|TRY_CAST(T) LP expr(E) AS type(Y) RP(C). {
	A = build_cast(r, T, E, Y, C);
}

/* A function's name is known by the parenthesis behind it. */
function_name(A) ::= ID(T). {
	A = T;
	refuse_function(r, T);
}
function_name(A) ::= GROUPING(T). { A = T; }
function_name(A) ::= FUNCTION|LEFT|RIGHT|YEAR|MONTH|DAY|HOUR|MINUTE|SECOND(T). {
	A = T;
	refuse_function(r, T);
}

expr(A) ::= call(B) FILTER LP WHERE expr(E) RP(C). {
	A = build_filter(r, B, E, C);
}
%type call {struct ast_expr *}
call(A) ::= function_name(T) LP RP(C). {
	A = build_call(r, T, (struct expr_list){ 0 }, C);
}
call(A) ::= function_name(T) LP STAR(S) RP(C). {
	A = build_call(r, T, expr_list_add(r, (struct expr_list){ 0 },
			build_star(r, (struct ast_name){ 0 }, S), "arguments"),
		       C);
}
call(A) ::= function_name(T) LP quantifier(Q) exprs(L) RP(C). {
	A = build_call(r, T, L, C);
	A->distinct = Q;
}
%type quantifier {bool}
quantifier(A) ::= . { A = false; }
quantifier(A) ::= ALL. { A = false; }
quantifier(A) ::= DISTINCT. { A = true; }

expr(A) ::= BARE_FUNCTION|USER(T). {
	A = build_call(r, T, (struct expr_list){ 0 }, T);
	A->braces = false;
}
expr(A) ::= BARE_FUNCTION|USER(T) LP RP(C). {
	A = build_call(r, T, (struct expr_list){ 0 }, C);
}
expr(A) ::= BARE_FUNCTION|USER(T) LP exprs(L) RP(C). {
	A = build_call(r, T, L, C);
}

expr(A) ::= SUBSTRING(T) LP exprs(L) RP(C). { A = build_call(r, T, L, C); }
expr(A) ::= SUBSTRING(T) LP expr(E) FROM expr(F) substring_for(N) RP(C). {
	struct expr_list l = { 0 };

	l = expr_list_add(r, l, E, "arguments");
	l = expr_list_add(r, l, F, "arguments");
	if (N)
		l = expr_list_add(r, l, N, "arguments");
	A = build_call(r, T, l, C);
}
%type substring_for {struct ast_expr *}
substring_for(A) ::= . { A = NULL; }
substring_for(A) ::= FOR expr(E). { A = E; }

expr(A) ::= TRIM(T) LP expr(E) RP(C). {
	A = build_call(r, T, expr_list_add(r, (struct expr_list){ 0 }, E,
					   "arguments"), C);
}
expr(A) ::= TRIM(T) LP trim_side(S) FROM expr(E) RP(C). {
	A = build_call_as(r, T, S, expr_list_add(r, (struct expr_list){ 0 }, E,
						 "arguments"), C);
}
expr(A) ::= TRIM(T) LP expr(X) FROM expr(E) RP(C). {
	struct expr_list l = { 0 };

	l = expr_list_add(r, l, E, "arguments");
	A = build_call(r, T, expr_list_add(r, l, X, "arguments"), C);
}
expr(A) ::= TRIM(T) LP trim_side(S) expr(X) FROM expr(E) RP(C). {
	struct expr_list l = { 0 };

	l = expr_list_add(r, l, E, "arguments");
	A = build_call_as(r, T, S, expr_list_add(r, l, X, "arguments"), C);
}
%type trim_side {const char *}
trim_side(A) ::= BOTH. { A = "TRIM"; }
trim_side(A) ::= LEADING. { A = "LTRIM"; }
trim_side(A) ::= TRAILING. { A = "RTRIM"; }

expr(A) ::= OVERLAY(T) LP exprs(L) RP(C). { A = build_call(r, T, L, C); }
expr(A) ::= OVERLAY(T) LP expr(E) PLACING expr(X) FROM expr(F)
		substring_for(N) RP(C). {
	struct expr_list l = { 0 };

	l = expr_list_add(r, l, E, "arguments");
	l = expr_list_add(r, l, X, "arguments");
	l = expr_list_add(r, l, F, "arguments");
	if (N)
		l = expr_list_add(r, l, N, "arguments");
	A = build_call(r, T, l, C);
}

/* parse.c turns the IN that belongs to POSITION into IN_POSITION. */
expr(A) ::= POSITION(T) LP expr(X) IN_POSITION expr(E) RP(C). {
	struct expr_list l = { 0 };

	l = expr_list_add(r, l, X, "arguments");
	A = build_call(r, T, expr_list_add(r, l, E, "arguments"), C);
}

/* Units of time: the function gets their names as texts. */
%type time_unit {struct ast_expr *}
time_unit(A) ::= ID|YEAR|MONTH|DAY|HOUR|MINUTE|SECOND(T). {
	A = literal_time_unit(r, T);
}
expr(A) ::= EXTRACT(T) LP time_unit(U) FROM expr(E) RP(C). {
	A = build_call(r, T, expr_list_of(r, U, E, NULL), C);
}
expr(A) ::= FLOOR|CEIL(T) LP expr(E) RP(C). {
	A = build_call(r, T, expr_list_of(r, E, NULL, NULL), C);
}
expr(A) ::= FLOOR|CEIL(T) LP expr(E) TO time_unit(U) RP(C). {
	A = build_call(r, T, expr_list_of(r, E, U, NULL), C);
}
expr(A) ::= TIMESTAMPADD|TIMESTAMPDIFF(T) LP time_unit(U) COMMA expr(X)
		COMMA expr(Y) RP(C). {
	A = build_call(r, T, expr_list_of(r, U, X, Y), C);
}
expr(A) ::= access(B) OVERLAPS(T) access(C). {
	A = build_overlaps(r, B, T, C);
}

/* ---- JSON functions ---- */

expr(A) ::= JSON_EXISTS(T) LP expr(E) COMMA expr(P) json_ons(W) RP(C). {
	A = build_json_query(r, T, E, P, W, C);
}
expr(A) ::= JSON_VALUE(T) LP expr(E) COMMA expr(P) json_ons(W) RP(C). {
	A = build_json_query(r, T, E, P, W, C);
}
expr(A) ::= JSON_VALUE(T) LP expr(E) COMMA expr(P) RETURNING type(Y)
		json_ons(W) RP(C). {
	A = build_json_query(r, T, E, P, W, C);
	build_json_returning(A, Y);
}
expr(A) ::= JSON_QUERY(T) LP expr(E) COMMA expr(P) json_wrapper(R) json_ons(W)
		RP(C). {
	A = build_json_query(r, T, E, P, W, C);
	A->json.wrapper = (uint8_t)R;
}
expr(A) ::= JSON_QUERY(T) LP expr(E) COMMA expr(P) RETURNING json_type(Y)
		json_wrapper(R) json_ons(W) RP(C). {
	A = build_json_query(r, T, E, P, W, C);
	A->json.wrapper = (uint8_t)R;
	build_json_returning(A, Y);
}
%type json_type {struct ast_type}
json_type(A) ::= ID(T) type_args(P). { A = build_type(r, T, P); }
json_type(A) ::= TYPE(T) type_args(P). { A = build_type(r, T, P); }
json_type(A) ::= ARRAY(T) LT null_type(E) GT(C). {
	A = build_array_type(r, T, E, C);
}

%type json_wrapper {enum json_wrapper}
json_wrapper(A) ::= . { A = JSON_WRAPPER_NONE; }
json_wrapper(A) ::= WITHOUT json_array_word WRAPPER. { A = JSON_WRAPPER_NONE; }
json_wrapper(A) ::= WITH json_array_word WRAPPER. { A = JSON_WRAPPER_ALWAYS; }
json_wrapper(A) ::= WITH UNCONDITIONAL json_array_word WRAPPER. {
	A = JSON_WRAPPER_ALWAYS;
}
json_wrapper(A) ::= WITH CONDITIONAL json_array_word WRAPPER. {
	A = JSON_WRAPPER_CONDITIONAL;
}
json_array_word ::= .
json_array_word ::= ARRAY.

%type json_ons {struct json_ons}
json_ons(A) ::= . { A = (struct json_ons){ .has_empty = false }; }
json_ons(A) ::= json_ons(B) json_on(O) ON EMPTY(T). {
	A = json_ons_empty(r, B, O, T);
}
json_ons(A) ::= json_ons(B) json_on(O) ON ERROR(T). {
	A = json_ons_error(r, B, O, T);
}
%type json_on {struct json_on_what}
json_on(A) ::= NULL(T). { A = (struct json_on_what){ JSON_ON_NULL, T.at }; }
json_on(A) ::= ERROR(T). { A = (struct json_on_what){ JSON_ON_ERROR, T.at }; }
json_on(A) ::= TRUE(T). { A = (struct json_on_what){ JSON_ON_TRUE, T.at }; }
json_on(A) ::= FALSE(T). { A = (struct json_on_what){ JSON_ON_FALSE, T.at }; }
json_on(A) ::= UNKNOWN(T). {
	A = (struct json_on_what){ JSON_ON_UNKNOWN, T.at };
}
json_on(A) ::= EMPTY(T) ARRAY. {
	A = (struct json_on_what){ JSON_ON_EMPTY_ARRAY, T.at };
}
json_on(A) ::= EMPTY(T) OBJECT. {
	A = (struct json_on_what){ JSON_ON_EMPTY_OBJECT, T.at };
}
json_on(A) ::= DEFAULT(T) expr(E). {
	A = (struct json_on_what){ JSON_ON_DEFAULT, T.at, E };
}

expr(A) ::= JSON_OBJECT(T) LP RP(C). {
	A = build_call(r, T, (struct expr_list){ 0 }, C);
}
expr(A) ::= JSON_OBJECT(T) LP json_pairs(L) json_nulls(N) RP(C). {
	A = build_call(r, T, L, C);
	A->json.absent = N == JSON_NULLS_ABSENT;
}
expr(A) ::= JSON_ARRAY(T) LP RP(C). {
	A = build_call(r, T, (struct expr_list){ 0 }, C);
}
expr(A) ::= JSON_ARRAY(T) LP exprs(L) json_nulls(N) RP(C). {
	A = build_call(r, T, L, C);
	A->json.absent = N != JSON_NULLS_NULL;
}
call(A) ::= JSON_OBJECTAGG(T) LP quantifier(Q) json_pair(L) json_nulls(N)
		RP(C). {
	A = build_call(r, T, L, C);
	A->distinct = Q;
	A->json.absent = N == JSON_NULLS_ABSENT;
}
call(A) ::= JSON_ARRAYAGG(T) LP quantifier(Q) expr(E) json_nulls(N) RP(C). {
	A = build_call(r, T, expr_list_add(r, (struct expr_list){ 0 }, E,
					   "arguments"), C);
	A->distinct = Q;
	A->json.absent = N != JSON_NULLS_NULL;
}

%type json_pairs {struct expr_list}
json_pairs(A) ::= json_pair(B). { A = B; }
json_pairs(A) ::= json_pairs(B) COMMA json_pair(C). {
	A = expr_list_join(r, B, C, "arguments");
}
%type json_pair {struct expr_list}
json_pair(A) ::= expr(K) VALUE|COLON expr(V). { A = json_pair_of(r, K, V); }
json_pair(A) ::= KEY expr(K) VALUE expr(V). { A = json_pair_of(r, K, V); }
%type json_nulls {enum json_nulls}
json_nulls(A) ::= . { A = JSON_NULLS_UNSAID; }
json_nulls(A) ::= NULL ON NULL. { A = JSON_NULLS_NULL; }
json_nulls(A) ::= ABSENT ON NULL. { A = JSON_NULLS_ABSENT; }

/* ---- types ---- */

%type type {struct ast_type}
type(A) ::= ID(T) type_args(P). { A = build_type(r, T, P); }
type(A) ::= TYPE|DATE(T) type_args(P). { A = build_type(r, T, P); }
type(A) ::= CHARACTER(T) type_args(P). { A = build_type(r, T, P); }
type(A) ::= DOUBLE(T). { A = build_type(r, T, (struct type_args){ 0 }); }
type(A) ::= DOUBLE(T) PRECISION(P). {
	A = build_type(r, T, (struct type_args){ 0 });
	A.at = span_join(T.at, P.at);
}
type(A) ::= CHARACTER VARYING(T) type_args(P). { A = build_type(r, T, P); }
type(A) ::= TIME(T) type_args(P) time_zone(Z). {
	A = build_time_type(r, T, P, Z);
}
type(A) ::= TIMESTAMP(T) type_args(P) time_zone(Z). {
	A = build_time_type(r, T, P, Z);
}
type(A) ::= TIMESTAMP(T) type_args(P) WITH LOCAL TIME ZONE(Z). {
	A = build_local_time_type(r, T, P, Z);
}
/* parse.c tells MAP<...> and MAP[...] from a name by what follows. */
type(A) ::= ARRAY(T) LT null_type(E) GT(C). {
	A = build_array_type(r, T, E, C);
}
type(A) ::= MULTISET(T) LT null_type(E) GT(C). {
	A = build_multiset_type(r, T, E, C);
}
type(A) ::= MAP_TYPE(T) LT null_type(K) COMMA null_type(V) GT(C). {
	A = build_map_type(r, T, K, V, C);
}
type(A) ::= ROW(T) LT row_fields(L) GT(C). { A = build_row_type(r, T, L, C); }
type(A) ::= ROW(T) LP row_fields(L) RP(C). { A = build_row_type(r, T, L, C); }
/* The SQL standard's way of writing it. */
type(A) ::= type(E) ARRAY(C). {
	A = build_array_type(r, (struct token){ .at = E.at }, E, C);
}
type(A) ::= type(E) MULTISET(C). {
	A = build_multiset_type(r, (struct token){ .at = E.at }, E, C);
}
%type row_fields {struct row_fields}
row_fields(A) ::= ID(N) null_type(Y) row_comment. {
	A = row_fields_add(r, (struct row_fields){ 0 }, N, Y);
}
row_fields(A) ::= row_fields(B) COMMA ID(N) null_type(Y) row_comment. {
	A = row_fields_add(r, B, N, Y);
}
row_comment ::= .
row_comment ::= text.
time_zone(A) ::= . { A = no_token; }
time_zone(A) ::= WITHOUT TIME ZONE(Z). { A = Z; }

%type type_args {struct type_args}
type_args(A) ::= . { A = (struct type_args){ 0 }; }
type_args(A) ::= LP(O) INTEGER(N) RP(C). {
	A = type_args_add(r, (struct type_args){ 0 }, N);
	A.at = span_join(O.at, C.at);
}
type_args(A) ::= LP(O) INTEGER(N) COMMA INTEGER(M) RP(C). {
	A = type_args_add(r, (struct type_args){ 0 }, N);
	A = type_args_add(r, A, M);
	A.at = span_join(O.at, C.at);
}

/* ---- queries ---- */

%type query {struct ast_query *}
query(A) ::= query_set(Q) order_by(O) limit(L). { A = build_tail(r, Q, O, L); }
query(A) ::= WITH(T) with_list(W) query_set(Q) order_by(O) limit(L). {
	A = build_with(r, T, W, build_tail(r, Q, O, L));
}

%type with_list {struct with_list}
with_list(A) ::= with_query(Q). { A = Q; }
with_list(A) ::= with_list(B) COMMA ID(T) with_columns(L) AS LP query(Q) RP(C). {
	A = with_list_add(r, B, T, L, Q, C);
}
%type with_query {struct with_list}
with_query(A) ::= ID(T) with_columns(L) AS LP query(Q) RP(C). {
	A = with_list_add(r, (struct with_list){ 0 }, T, L, Q, C);
}
%type with_columns {struct expr_list}
with_columns(A) ::= . { A = (struct expr_list){ 0 }; }
with_columns(A) ::= LP names(L) RP. { A = L; }

%type query_set {struct ast_query *}
query_set(A) ::= query_join(Q). { A = Q; }
query_set(A) ::= query_set(B) UNION set_all(U) query_join(Q). {
	A = build_set(r, AST_UNION, B, U, Q);
}
query_set(A) ::= query_set(B) EXCEPT set_all(U) query_join(Q). {
	A = build_set(r, AST_EXCEPT, B, U, Q);
}
%type query_join {struct ast_query *}
query_join(A) ::= query_term(Q). { A = Q; }
query_join(A) ::= query_join(B) INTERSECT set_all(U) query_term(Q). {
	A = build_set(r, AST_INTERSECT, B, U, Q);
}
%type set_all {bool}
set_all(A) ::= . { A = false; }
set_all(A) ::= DISTINCT. { A = false; }
set_all(A) ::= ALL. { A = true; }

%type query_term {struct ast_query *}
query_term(A) ::= SELECT(T) state_ttl(S) quantifier(D) items(I). {
	A = build_select(r, T, S, D, I);
}
query_term(A) ::= SELECT(T) state_ttl(S) quantifier(D) items(I) FROM from(F)
		where(W) group_by(G) having(H). {
	A = build_select_from(r, build_select(r, T, S, D, I), F, W, G, H);
}
query_term(A) ::= VALUES(T) rows(L). { A = build_values(r, T, L); }
query_term(A) ::= TABLE(T) name(N) hints(H). {
	A = build_select_star(r, span_join(T.at, N.at), build_table(r, N, H));
}
query_term(A) ::= LP(O) query(Q) RP(C). [OR] {
	A = Q;
	A->at = span_join(O.at, C.at);
	A->parens = true;
}

%type state_ttl {struct option_list}
state_ttl(A) ::= . { A = (struct option_list){ 0 }; }
state_ttl(A) ::= HINT_BEGIN select_hint LP options(B) RP HINT_END. { A = B; }
select_hint ::= ID(T). { refuse_select_hint(r, T); }

%type items {struct item_list}
items(A) ::= item(E) alias(N). {
	A = item_list_add(r, (struct item_list){ 0 }, E, N);
}
items(A) ::= items(B) COMMA item(E) alias(N). {
	A = item_list_add(r, B, E, N);
}
%type item {struct ast_expr *}
item(A) ::= expr(E). { A = E; }
item(A) ::= STAR(T). { A = build_star(r, (struct ast_name){ 0 }, T); }
item(A) ::= name(N) DOT STAR(T). { A = build_star(r, N, T); }

%type rows {struct expr_list}
rows(A) ::= row(E). { A = expr_list_add(r, (struct expr_list){ 0 }, E, "rows"); }
rows(A) ::= rows(B) COMMA row(E). { A = expr_list_add(r, B, E, "rows"); }
%type row {struct ast_expr *}
row(A) ::= LP(O) exprs(L) RP(C). { A = build_call_as(r, O, "ROW", L, C); }
row(A) ::= ROW(T) LP exprs(L) RP(C). { A = build_call(r, T, L, C); }

%type where {struct ast_expr *}
where(A) ::= . { A = NULL; }
where(A) ::= WHERE expr(E). { A = E; }
%type group_by {struct group_list}
group_by(A) ::= . { A = (struct group_list){ 0 }; }
group_by(A) ::= GROUP BY quantifier(Q) group_items(L). {
	A = L;
	A.distinct = Q;
}
%type group_items {struct group_list}
group_items(A) ::= group_item(I). {
	A = group_list_add(r, (struct group_list){ 0 }, I);
}
group_items(A) ::= group_items(B) COMMA group_item(I). {
	A = group_list_add(r, B, I);
}
%type group_item {struct ast_group_item *}
group_item(A) ::= group_set(I). { A = I; }
group_item(A) ::= LP(O) RP(C). {
	A = build_group_set(r, (struct expr_list){ 0 }, O, C);
}
group_item(A) ::= ROLLUP|CUBE(T) LP group_sets(L) RP(C). {
	A = build_group_item(r, T, L, C);
}
group_item(A) ::= GROUPING(T) SETS LP group_items(L) RP(C). {
	A = build_group_item(r, T, L, C);
}
%type group_sets {struct group_list}
group_sets(A) ::= group_set(I). {
	A = group_list_add(r, (struct group_list){ 0 }, I);
}
group_sets(A) ::= group_sets(B) COMMA group_set(I). {
	A = group_list_add(r, B, I);
}
%type group_set {struct ast_group_item *}
group_set(A) ::= expr(E). { A = build_group_expr(r, E); }
%type having {struct ast_expr *}
having(A) ::= . { A = NULL; }
having(A) ::= HAVING expr(E). { A = E; }

%type order_by {struct expr_list}
order_by(A) ::= . { A = (struct expr_list){ 0 }; }
order_by(A) ::= ORDER(T) BY sorts(L). {
	A = L;
	A.at = span_join(T.at, L.at);
}
%type sorts {struct expr_list}
sorts(A) ::= expr(E) desc(D) nulls(N). {
	A = expr_list_add(r, (struct expr_list){ 0 }, build_sort(r, E, D, N),
			  "expressions");
}
sorts(A) ::= sorts(B) COMMA expr(E) desc(D) nulls(N). {
	A = expr_list_add(r, B, build_sort(r, E, D, N), "expressions");
}
%type desc {bool}
desc(A) ::= . { A = false; }
desc(A) ::= ASC. { A = false; }
desc(A) ::= DESC. { A = true; }
%type nulls {enum ast_nulls}
nulls(A) ::= . { A = AST_NULLS_LOW; }
nulls(A) ::= NULLS FIRST. { A = AST_NULLS_FIRST; }
nulls(A) ::= NULLS LAST. { A = AST_NULLS_LAST; }

%type limit {struct limit}
limit(A) ::= . { A = (struct limit){ 0 }; }
limit(A) ::= count(C). { A = C; }
limit(A) ::= offset(O). { A = O; }
limit(A) ::= count(C) offset(O). {
	A = (struct limit){ C.count, O.offset, span_join(C.at, O.at),
			    span_join(C.whole, O.whole) };
}
limit(A) ::= offset(O) count(C). {
	A = (struct limit){ C.count, O.offset, span_join(O.at, C.at),
			    span_join(O.whole, C.whole) };
}
%type count {struct limit}
count(A) ::= LIMIT(W) INTEGER(T). {
	A = (struct limit){ literal_integer(r, T), NULL, T.at,
			    span_join(W.at, T.at) };
}
count(A) ::= LIMIT(W) ALL(T). {
	A = (struct limit){ NULL, NULL, T.at, span_join(W.at, T.at) };
}
count(A) ::= FETCH(W) FIRST|NEXT INTEGER(T) ROW|ROWS ONLY(C). {
	A = (struct limit){ literal_integer(r, T), NULL, T.at,
			    span_join(W.at, C.at) };
}
%type offset {struct limit}
offset(A) ::= OFFSET(W) INTEGER(T) offset_rows(R). {
	A = (struct limit){ NULL, literal_integer(r, T), T.at,
			    span_join(span_join(W.at, T.at), R.at) };
}
offset_rows(A) ::= . { A = no_token; }
offset_rows(A) ::= ROW|ROWS(R). { A = R; }

%type from {struct ast_from *}
from(A) ::= name(N) hints(H) table_alias(B). {
	A = build_alias(build_table(r, N, H), B);
}
from(A) ::= LP(O) query(Q) RP(C) table_alias(B). {
	A = build_alias(build_subquery(r, O, Q, C), B);
}
from(A) ::= window(W) table_alias(B). { A = build_alias(W, B); }
from(A) ::= TABLE(T) LP window(W) RP(C) table_alias(B). {
	W->at = span_join(T.at, C.at);
	A = build_alias(W, B);
}

%type window {struct ast_from *}
window(A) ::= window_name(T) LP window_args(L) RP(C). {
	A = build_window(r, T, L, C);
}
window_name(A) ::= ID(T). {
	A = T;
	build_window_name(r, T);
}
%type window_args {struct window_args}
window_args(A) ::= window_arg(V). {
	A = window_args_add(r, (struct window_args){ 0 }, no_token, V);
}
window_args(A) ::= ID(T) ARROW window_arg(V). {
	A = window_args_add(r, (struct window_args){ 0 }, T, V);
}
window_args(A) ::= window_args(B) COMMA window_arg(V). {
	A = window_args_add(r, B, no_token, V);
}
window_args(A) ::= window_args(B) COMMA ID(T) ARROW window_arg(V). {
	A = window_args_add(r, B, T, V);
}
%type window_arg {struct window_arg}
window_arg(A) ::= TABLE(T) name(N) hints(H) partition_by(P). {
	A = (struct window_arg){ .at = span_join(T.at, N.at),
				 .table = build_table(r, N, H),
				 .partition = P };
}
window_arg(A) ::= TABLE(T) LP(O) query(Q) RP(C) partition_by(P). {
	A = (struct window_arg){ .at = span_join(T.at, C.at),
				 .table = build_subquery(r, O, Q, C),
				 .partition = P };
}
window_arg(A) ::= LP(O) query(Q) RP(C). [ROWS_OF_WINDOW] {
	A = (struct window_arg){ .at = span_join(O.at, C.at),
				 .table = build_subquery(r, O, Q, C) };
}
window_arg(A) ::= DESCRIPTOR(T) LP name(N) RP(C). {
	A = (struct window_arg){ .at = span_join(T.at, C.at), .column = N };
}
window_arg(A) ::= expr(E). {
	A = (struct window_arg){ .at = E->at, .expr = E };
}
%type partition_by {struct expr_list}
partition_by(A) ::= . { A = (struct expr_list){ 0 }; }
partition_by(A) ::= PARTITION BY ID(T). {
	A = expr_list_add(r, (struct expr_list){ 0 },
			  build_column(r, name_begin(r, T)), "names");
}
partition_by(A) ::= PARTITION BY LP names(L) RP. { A = L; }

/* ---- CREATE, DROP ---- */

statement ::= create_table table_comment partitioned with made_of.
statement ::= create_table LP table_elements RP table_comment partitioned with
		made_of.

made_of ::= .
made_of ::= AS query(Q). { r->table->query = Q; }
made_of ::= like_table.
made_of ::= like_table LP like_parts RP.
like_table ::= LIKE(T) name(N). { build_made_like(r, T, N); }
like_parts ::= like_part.
like_parts ::= like_parts like_part.
like_part ::= ID(H) ID|ALL|WATERMARKS(P). { build_like_part(r, H, P); }

create_table ::= CREATE temporary(T) TABLE if_not_exists(I) name(N). {
	build_create_table(r, T, I, N);
}
%type temporary {bool}
temporary(A) ::= . { A = false; }
temporary(A) ::= TEMPORARY. { A = true; }
%type if_not_exists {bool}
if_not_exists(A) ::= . { A = false; }
if_not_exists(A) ::= IF NOT EXISTS. { A = true; }

table_elements ::= table_element.
table_elements ::= table_elements COMMA table_element.

table_element ::= ID(T) null_type(Y) key_of_column comment(C). {
	build_column_of_table(r, (struct ast_column){
		.kind = AST_PHYSICAL, .type = Y, .comment = C.data }, T);
}
table_element ::= ID(T) null_type(Y) METADATA(M) metadata_from(F) virtual(V)
		comment(C). {
	build_column_of_table(r, (struct ast_column){
		.kind = AST_METADATA, .type = Y, .comment = C.data,
		.metadata_key = F.data, .is_virtual = V,
		.metadata_at = F.data ? F.at : M.at }, T);
}
table_element ::= ID(T) AS expr(E) comment(C). {
	build_column_of_table(r, (struct ast_column){
		.kind = AST_COMPUTED, .expr = E, .comment = C.data }, T);
}
table_element ::= WATERMARK(T) FOR name(N) AS expr(E). {
	build_watermark(r, T, N, E);
}
table_element ::= constraint PRIMARY(P) KEY(K) LP names(L) RP enforced(E). {
	build_primary_key(r, span_join(P.at, K.at), L, !E);
}

%type null_type {struct ast_type}
null_type(A) ::= type(B). { A = B; }
null_type(A) ::= type(B) NULL. { A = B; }
null_type(A) ::= type(B) NOT NULL(T). {
	A = B;
	A.type.nullable = false;
	A.at = span_join(B.at, T.at);
}
key_of_column ::= .
key_of_column ::= constraint PRIMARY(P) KEY(K) enforced(E). {
	build_primary_key(r, span_join(P.at, K.at), (struct expr_list){ 0 },
			  !E);
}
constraint ::= .
constraint ::= CONSTRAINT ID.
%type enforced {bool}
enforced(A) ::= . { A = true; }
enforced(A) ::= ENFORCED. { A = true; }
enforced(A) ::= NOT ENFORCED. { A = false; }
%type metadata_from {struct text}
metadata_from(A) ::= . { A = (struct text){ 0 }; }
metadata_from(A) ::= FROM text(T). { A = T; }
%type virtual {bool}
virtual(A) ::= . { A = false; }
virtual(A) ::= VIRTUAL. { A = true; }
%type comment {struct text}
comment(A) ::= . { A = (struct text){ 0 }; }
comment(A) ::= COMMENT text(T). { A = T; }

table_comment ::= comment(C). { r->table->comment = C.data; }
partitioned ::= .
partitioned ::= PARTITIONED BY LP names(L) RP. {
	r->table->partitioned_by = L.first;
}
with ::= .
with ::= WITH(W) LP options(L) RP. {
	r->table->options = L.first;
	r->table->with_at = W.at;
}

statement ::= create_view(V) comment(C) AS query(Q). {
	V->comment = C.data;
	V->query = Q;
	V->query_at = Q->at;
}
statement ::= create_view(V) LP view_columns(L) RP comment(C) AS query(Q). {
	V->columns = L.first;
	V->comment = C.data;
	V->query = Q;
	V->query_at = Q->at;
}
%type create_view {struct ast_create_view *}
create_view(A) ::= CREATE temporary(T) VIEW if_not_exists(I) name(N). {
	A = build_create_view(r, T, I, N);
}
%type view_columns {struct expr_list}
view_columns(A) ::= ID(T) comment. {
	A = expr_list_add(r, (struct expr_list){ 0 },
			  build_column(r, name_begin(r, T)), "columns");
}
view_columns(A) ::= view_columns(B) COMMA ID(T) comment. {
	A = expr_list_add(r, B, build_column(r, name_begin(r, T)), "columns");
}

statement ::= DROP temporary(T) TABLE if_exists(I) name(N). {
	statement_named(r, AST_STMT_DROP_TABLE, N);
	r->statement->temporary = T;
	r->statement->if_exists = I;
}
statement ::= DROP temporary(T) VIEW if_exists(I) name(N). {
	statement_named(r, AST_STMT_DROP_VIEW, N);
	r->statement->temporary = T;
	r->statement->if_exists = I;
}
%type if_exists {bool}
if_exists(A) ::= . { A = false; }
if_exists(A) ::= IF EXISTS. { A = true; }

/* f for a function that is there by another name. */
statement ::= CREATE temporary(T) FUNCTION_WORD if_not_exists(I) name(N) AS
		text(V) language. {
	statement_of_function(r, AST_STMT_CREATE_FUNCTION, T, I, N);
	r->statement->value = V.data;
	r->statement->value_at = V.at;
}
statement ::= CREATE TEMPORARY SYSTEM FUNCTION_WORD if_not_exists(I) name(N) AS
		text(V) language. {
	statement_of_function(r, AST_STMT_CREATE_FUNCTION, true, I, N);
	r->statement->value = V.data;
	r->statement->value_at = V.at;
}
language ::= .
language ::= LANGUAGE ID.
statement ::= DROP temporary(T) FUNCTION_WORD if_exists(I) name(N). {
	statement_of_function(r, AST_STMT_DROP_FUNCTION, T, I, N);
}
statement ::= DROP TEMPORARY SYSTEM FUNCTION_WORD if_exists(I) name(N). {
	statement_of_function(r, AST_STMT_DROP_FUNCTION, true, I, N);
}

/* ---- queries and INSERT as statements ---- */

statement ::= query(Q). { statement_of(r, AST_STMT_SELECT)->query = Q; }
statement ::= insert(I). { statement_of(r, AST_STMT_INSERT)->inserts = I; }
statement ::= EXECUTE query(Q). {
	statement_of(r, AST_STMT_SELECT)->query = Q;
}
statement ::= EXECUTE insert(I). {
	statement_of(r, AST_STMT_INSERT)->inserts = I;
}
statement ::= EXECUTE STATEMENT SET BEGIN inserts(L) END. {
	statement_of(r, AST_STMT_SET_OF)->inserts = L.first;
}
statement ::= BEGIN STATEMENT SET SEMI inserts(L) END. {
	statement_of(r, AST_STMT_SET_OF)->inserts = L.first;
}
statement ::= EXPLAIN explain_what query(Q). {
	statement_of(r, AST_STMT_EXPLAIN)->query = Q;
}
statement ::= EXPLAIN explain_what insert(I). {
	statement_of(r, AST_STMT_EXPLAIN)->inserts = I;
}
statement ::= EXPLAIN explain_what STATEMENT SET BEGIN inserts(L) END. {
	statement_of(r, AST_STMT_EXPLAIN)->inserts = L.first;
}
statement ::= EXPLAIN explain_what EXECUTE STATEMENT SET BEGIN inserts(L) END. {
	statement_of(r, AST_STMT_EXPLAIN)->inserts = L.first;
}
explain_what ::= .
explain_what ::= PLAN FOR.
explain_what ::= CHANGELOG_MODE. /* ours always says it */

%type inserts {struct insert_list}
inserts(A) ::= insert(I) SEMI. {
	A = insert_list_add(r, (struct insert_list){ 0 }, I);
}
inserts(A) ::= inserts(B) insert(I) SEMI. { A = insert_list_add(r, B, I); }

%type insert {struct ast_insert *}
insert(A) ::= INSERT(T) INTO name(N) hints(H) query(Q) on_conflict(C). {
	A = build_insert(r, T, N, H, (struct expr_list){ 0 }, Q, C);
}
insert(A) ::= INSERT(T) INTO name(N) hints(H) LP names(L) RP query(Q)
		on_conflict(C). {
	A = build_insert(r, T, N, H, L, Q, C);
}
%type on_conflict {struct span}
on_conflict(A) ::= . { A = (struct span){ 0, 0 }; }
on_conflict(A) ::= ON(T) CONFLICT DO ID(W). { A = build_conflict(r, T, W); }

/* ---- looking around, settings, jobs ---- */

statement ::= SHOW TABLES like. { statement_of(r, AST_STMT_SHOW_TABLES); }
statement ::= SHOW VIEWS like. { statement_of(r, AST_STMT_SHOW_VIEWS); }
statement ::= SHOW USER FUNCTIONS like. {
	statement_of(r, AST_STMT_SHOW_USER_FUNCTIONS);
}
statement ::= SHOW FUNCTIONS like. {
	statement_of(r, AST_STMT_SHOW_FUNCTIONS);
}
statement ::= SHOW COLUMNS FROM|IN name(N) like. {
	statement_named(r, AST_STMT_SHOW_COLUMNS, N);
}
statement ::= SHOW CATALOGS like. { statement_of(r, AST_STMT_SHOW_CATALOGS); }
statement ::= SHOW DATABASES like. {
	statement_of(r, AST_STMT_SHOW_DATABASES);
}
statement ::= SHOW CURRENT CATALOG. {
	statement_of(r, AST_STMT_SHOW_CURRENT_CATALOG);
}
statement ::= SHOW CURRENT DATABASE. {
	statement_of(r, AST_STMT_SHOW_CURRENT_DATABASE);
}
statement ::= USE name(N). { statement_named(r, AST_STMT_USE, N); }
statement ::= USE CATALOG name(N). {
	statement_named(r, AST_STMT_USE_CATALOG, N);
}
statement ::= SHOW CONNECTIONS like. {
	statement_of(r, AST_STMT_SHOW_CONNECTIONS);
}
statement ::= SHOW JOBS. { statement_of(r, AST_STMT_SHOW_JOBS); }
statement ::= SHOW CREATE TABLE name(N). {
	statement_named(r, AST_STMT_SHOW_CREATE_TABLE, N);
}
statement ::= SHOW CREATE VIEW name(N). {
	statement_named(r, AST_STMT_SHOW_CREATE_VIEW, N);
}
like ::= .
like ::= LIKE text(T). { r->statement->like = T.data; }
like ::= NOT_INFIX LIKE text(T). {
	r->statement->like = T.data;
	r->statement->not_like = true;
}
statement ::= DESCRIBE|DESC name(N). {
	statement_named(r, AST_STMT_DESCRIBE, N);
}

statement ::= DESCRIBE|DESC name(N) FROM SAMPLE. {
	statement_named(r, AST_STMT_DESCRIBE_SAMPLE, N);
}
statement ::= DESCRIBE|DESC TABLE name(N) FROM SAMPLE. {
	statement_named(r, AST_STMT_DESCRIBE_SAMPLE, N);
}

statement ::= SET. { statement_of(r, AST_STMT_SET); }
statement ::= SET text(K) EQ text(V). {
	struct ast_statement *s = statement_of(r, AST_STMT_SET);

	s->key = K.data;
	s->key_at = K.at;
	s->value = V.data;
	s->value_at = V.at;
}
statement ::= RESET. { statement_of(r, AST_STMT_RESET); }
statement ::= RESET text(K). {
	struct ast_statement *s = statement_of(r, AST_STMT_RESET);

	s->key = K.data;
	s->key_at = K.at;
}

statement ::= DESCRIBE|DESC JOB text(J). {
	statement_of_job(r, AST_STMT_DESCRIBE_JOB, J);
}
statement ::= EXPLAIN STALL text(J). {
	statement_of_job(r, AST_STMT_EXPLAIN_STALL, J);
}
statement ::= EXPLAIN ANALYZE text(J). {
	statement_of_job(r, AST_STMT_EXPLAIN_ANALYZE, J);
}
statement ::= SHOW WATERMARKS. { statement_of(r, AST_STMT_SHOW_WATERMARKS); }
statement ::= SHOW WATERMARKS FOR JOB text(J). {
	statement_of_job(r, AST_STMT_SHOW_WATERMARKS, J);
}
statement ::= SHOW ERRORS. { statement_of(r, AST_STMT_SHOW_ERRORS); }
statement ::= SHOW ERRORS FOR JOB text(J) where(W). {
	statement_of_job(r, AST_STMT_SHOW_ERRORS, J);
	r->statement->where = W;
}
statement ::= REPLAY ERRORS FOR JOB text(J) where(W). {
	statement_of_job(r, AST_STMT_REPLAY_ERRORS, J);
	r->statement->where = W;
}
statement ::= DELETE ERRORS FOR JOB text(J) where(W). {
	statement_of_job(r, AST_STMT_DELETE_ERRORS, J);
	r->statement->where = W;
}
statement ::= CREATE SAVEPOINT text(F) FOR JOB text(J). {
	statement_of_job(r, AST_STMT_CREATE_SAVEPOINT, J);
	r->statement->value = F.data;
	r->statement->value_at = F.at;
}
statement ::= SHOW STATE FOR JOB text(J). {
	statement_of_job(r, AST_STMT_SHOW_STATE, J);
}
statement ::= TAP text(J) AT operator(O) tap_rows. {
	statement_of_tap(r, J, O);
}
%type operator {struct text}
operator(A) ::= text(T). { A = T; }
operator(A) ::= ID(T). { A = (struct text){ reader_name(r, T), 0, T.at }; }
tap_rows ::= .
tap_rows ::= tap_where.
tap_rows ::= tap_limit.
tap_rows ::= tap_where tap_limit.
tap_rows ::= tap_limit tap_where.
tap_where ::= WHERE expr(E). { r->statement->where = E; }
tap_limit ::= count(C). { r->statement->limit = C.count; }
statement ::= PAUSE JOB text(J). { statement_of_job(r, AST_STMT_PAUSE_JOB, J); }
statement ::= RESUME JOB text(J). {
	statement_of_job(r, AST_STMT_RESUME_JOB, J);
}
statement ::= STOP JOB text(J). { statement_of_job(r, AST_STMT_STOP_JOB, J); }
statement ::= STOP JOB text(J) WITH SAVEPOINT. {
	statement_of_job(r, AST_STMT_STOP_JOB, J);
	r->statement->savepoint = true;
}
statement ::= STOP JOB text(J) WITH SAVEPOINT WITH DRAIN. {
	statement_of_job(r, AST_STMT_STOP_JOB, J);
	r->statement->savepoint = true;
	r->statement->drain = true;
}
statement ::= STOP JOB text(J) WITH DRAIN. {
	statement_of_job(r, AST_STMT_STOP_JOB, J);
	r->statement->drain = true;
}
statement ::= DROP JOB if_exists(I) text(J). {
	statement_of_job(r, AST_STMT_DROP_JOB, J);
	r->statement->if_exists = I;
}
statement ::= DROP JOB if_exists(I) text(J) KEEP STATE. {
	statement_of_job(r, AST_STMT_DROP_JOB, J);
	r->statement->if_exists = I;
	r->statement->keep_state = true;
}
statement ::= ALTER JOB text(J) RESET OFFSETS TO position(P) reset_tail. {
	statement_of_job(r, AST_STMT_RESET_OFFSETS, J);
	r->statement->position = P.kind;
	r->statement->value = P.text.data;
	r->statement->value_at = P.text.at;
}

%type position {struct position}
position(A) ::= EARLIEST. {
	A = (struct position){ .kind = AST_AT_EARLIEST };
}
position(A) ::= LATEST. { A = (struct position){ .kind = AST_AT_LATEST }; }
position(A) ::= TIMESTAMP text(T). {
	A = (struct position){ AST_AT_TIMESTAMP, T };
}
position(A) ::= SAVEPOINT text(T). {
	A = (struct position){ AST_AT_SAVEPOINT, T };
}
position(A) ::= text(T). {
	complain_of_position(r, T);
	A = (struct position){ AST_AT_OFFSETS, T };
}

reset_tail ::= .
reset_tail ::= for_table.
reset_tail ::= keep_state.
reset_tail ::= for_table keep_state.
reset_tail ::= keep_state for_table.
for_table ::= FOR TABLE name(N). { r->statement->name = N; }
keep_state ::= KEEP STATE. { r->statement->keep_state = true; }

%code {
void *
grammar_create(struct reader *r)
{
	void *g = grammarAlloc(malloc, r);

	CHECK(g);
	return g;
}

void
grammar_destroy(void *grammar)
{
	grammarFree(grammar, free);
}

void
grammar_push(void *grammar_, struct token t)
{
	grammar(grammar_, t.kind, t);
}

int
grammar_tokens(void)
{
	return YYNTOKEN;
}

unsigned
grammar_depth(const void *grammar_)
{
	const yyParser *p = grammar_;

	return (unsigned)(p->yytos - p->yystack);
}

/* The table's entry for a token in a state; as yy_find_shift_action(), but
 * without falling back to TK_ID if `exact`. */
static YYACTIONTYPE
action_of(YYACTIONTYPE state, YYCODETYPE token, bool exact)
{
	int i;

	if (!exact || state > YY_MAX_SHIFT)
		return yy_find_shift_action(token, state);
	i = yy_shift_ofst[state] + token;
	return yy_lookahead[i] == token ? yy_action[i] : yy_default[state];
}

/* Runs the reductions that the token asks for on a shadow of the stack: the
 * real one up to `top`, and `shadow` above it. */
bool
grammar_accepts(const void *grammar_, int token, bool exact)
{
	const yyParser *p = grammar_;
	const yyStackEntry *top = p->yytos;
	YYACTIONTYPE shadow[64];
	unsigned n = 0;
	YYACTIONTYPE state = top->stateno;

	for (;;) {
		YYACTIONTYPE act = action_of(state, (YYCODETYPE)token, exact);
		unsigned rule, pop;

		if (act < YY_MIN_REDUCE)
			return act <= YY_MAX_SHIFTREDUCE ||
			       act == YY_ACCEPT_ACTION;
		rule = act - YY_MIN_REDUCE;
		pop = (unsigned)-yyRuleInfoNRhs[rule];
		while (pop > 0 && n > 0) {
			pop--;
			n--;
		}
		top -= pop;
		CHECK(n < ARRAY_LEN(shadow));
		state = n > 0 ? shadow[n - 1] : top->stateno;
		state = yy_find_reduce_action(state, yyRuleInfoLhs[rule]);
		shadow[n++] = state;
	}
}
}

/* SPDX-License-Identifier: Apache-2.0
 * parser/functions_foreign.c - functions by the names that other databases give
 * them: who writes one is told what Flink calls it.
 */
#include <strings.h>

#include "base/check.h"
#include "parser/functions.h"

static const struct {
	const char *name, *ours;
} foreign[] = {
	{ "CONCATENATE", "CONCAT(a, b)" },
	{ "CURDATE", "CURRENT_DATE" },
	{ "CURTIME", "CURRENT_TIME" },
	{ "DATEADD", "TIMESTAMPADD(DAY, n, t)" },
	{ "DATEDIFF", "TIMESTAMPDIFF(DAY, a, b)" },
	{ "DATEPART", "EXTRACT(unit FROM t)" },
	{ "DATETRUNC", "FLOOR(t TO unit)" },
	{ "DATE_ADD", "t + INTERVAL '1' DAY" },
	{ "DATE_DIFF", "TIMESTAMPDIFF(DAY, a, b)" },
	{ "DATE_PART", "EXTRACT(unit FROM t)" },
	{ "DATE_SUB", "t - INTERVAL '1' DAY" },
	{ "DATE_TRUNC", "FLOOR(t TO unit)" },
	{ "DAY", "DAYOFMONTH(t)" },
	{ "FORMAT", "PRINTF(format, x)" },
	{ "FROM_TIMESTAMP", "DATE_FORMAT(t, format)" },
	{ "GEN_RANDOM_UUID", "UUID()" },
	{ "GETDATE", "CURRENT_TIMESTAMP" },
	{ "GROUP_CONCAT", "LISTAGG(s, separator)" },
	{ "IIF", "IF(condition, a, b)" },
	{ "ISNULL", "x IS NULL, or COALESCE(x, y)" },
	{ "LCASE", "LOWER(s)" },
	{ "LEN", "CHAR_LENGTH(s)" },
	{ "LENGTH", "CHAR_LENGTH(s)" },
	{ "NEWID", "UUID()" },
	{ "NVL", "COALESCE(a, b)" },
	{ "POW", "POWER(x, y)" },
	{ "RANDOM", "RAND()" },
	{ "REGEXP_LIKE", "REGEXP(s, pattern)" },
	{ "REGEXP_MATCHES", "REGEXP(s, pattern)" },
	{ "RLIKE", "REGEXP(s, pattern)" },
	{ "SPLIT_PART", "SPLIT_INDEX(s, delimiter, n), which counts from 0" },
	{ "STRING_AGG", "LISTAGG(s, separator)" },
	{ "STRPOS", "INSTR(s, x)" },
	{ "STR_TO_DATE", "TO_TIMESTAMP(s, format)" },
	{ "SUBSTRING_INDEX", "SPLIT_INDEX(s, delimiter, n)" },
	{ "SYSDATE", "CURRENT_TIMESTAMP" },
	{ "TIME_BUCKET", "FLOOR(t TO unit), or the windows of TUMBLE" },
	{ "TO_CHAR", "DATE_FORMAT(t, format), or CAST(x AS STRING)" },
	{ "TO_NUMBER", "CAST(s AS DECIMAL(p, s))" },
	{ "TO_UNIXTIME", "UNIX_TIMESTAMP(s)" },
	{ "TRUNC", "TRUNCATE(x, n), or FLOOR(t TO unit)" },
	{ "UCASE", "UPPER(s)" },
	{ "UTC_TIMESTAMP", "CURRENT_TIMESTAMP" },
};

const char *
function_of_others(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (strcasecmp(foreign[i].name, name) == 0)
			return foreign[i].ours;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * daemon/config_table.h - the rows behind every setting, for the files that
 * read, print and compare them: config*.c only.
 */
#ifndef DAEMON_CONFIG_TABLE_H
#define DAEMON_CONFIG_TABLE_H

#include <stddef.h>

#include "daemon/config.h"

#define CONFIG_FILE "/etc/sluice/sluice.ini"
/* Of a line; what inih takes whole. */
#define CONFIG_LINE_MAX 190

enum setting_type { SET_TEXT, SET_BOOL, SET_INT, SET_BYTES, SET_DURATION,
		    SET_CHOICE };

struct setting {
	const char *section, *key;
	enum setting_type type;
	enum config_answer answer; /* to a change while sluiced runs */
	size_t at;                 /* in struct config */
	const char *fallback;
	int64_t min, max;    /* numbers, bytes, microseconds */
	const char *choices; /* SET_CHOICE: "a|b" */
	const char *help;
};

extern const struct setting config_settings[];
extern const size_t config_nsettings;

/* One "section", "key" and value, a connection's included. */
int config_put(struct config *c, const char *section, const char *key,
	       const char *value, struct error *err);
/* config_file.c: everything that is wrong is reported; how much it was. */
unsigned config_read_file(struct config *c, const char *path, bool must,
			  config_report_fn *report, void *arg);
/* config_print.c: a value as a file says it. */
void config_print_value(const struct config *c, const struct setting *s,
			FILE *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_connector.c - what options.def declares exists, and what
 * exists is declared.
 */
#include "base/check.h"
#include "parser/options.h"
#include "runtime/connector.h"
#include "runtime/format.h"
#include "test.h"

TEST(every_declared_connector_can_do_what_it_says)
{
	size_t n;
	const char *const *names = connector_names(&n);

	EXPECT(n >= 6);
	for (size_t i = 0; i < n; i++) {
		unsigned use = connector_def_find(names[i])->use;
		const struct source_type *source = source_type_find(names[i]);
		const struct sink_type *sink = sink_type_find(names[i]);

		if (!source != !(use & OPT_SOURCE) || !sink != !(use & OPT_SINK))
			FAIL("%s is declared other than it is", names[i]);
		if (source) {
			EXPECT_STR(source->name, names[i]);
			EXPECT(!source->poll != !source->fill);
			EXPECT(source->open && source->parts && source->close);
		}
		if (sink) {
			EXPECT_STR(sink->name, names[i]);
			EXPECT(sink->open && sink->write && sink->close);
		}
	}
}

TEST(every_declared_format_reads_and_writes)
{
	size_t n;
	const char *const *names = format_names(&n);

	EXPECT(n >= 3);
	for (size_t i = 0; i < n; i++) {
		const struct decoder_type *d = decoder_type_find(names[i]);
		const struct encoder_type *e = encoder_type_find(names[i]);

		if (!d || !e)
			FAIL("%s has no code", names[i]);
		EXPECT_STR(d->name, names[i]);
		EXPECT_STR(e->name, names[i]);
	}
}

TEST(unknown_names_are_not_found)
{
	EXPECT(!source_type_find("carrier-pigeon"));
	EXPECT(!sink_type_find("datagen"));
	EXPECT(!source_type_find("print"));
	EXPECT(!decoder_type_find("avro"));
	EXPECT(!encoder_type_find(""));
}

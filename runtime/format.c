/* SPDX-License-Identifier: Apache-2.0
 * runtime/format.c - every format of the runtime, by the name that SQL gives
 * it. Their options stand in parser/options.def.
 */
#include <string.h>

#include "base/check.h"
#include "runtime/format.h"

const char *const change_kind_text[4] = { "+I", "-U", "+U", "-D" };

static const struct decoder_type *const decoders[] = {
	&json_decoder_type,
	&csv_decoder_type,
	&raw_decoder_type,
	&debezium_json_decoder_type,
};

static const struct encoder_type *const encoders[] = {
	&json_encoder_type,
	&csv_encoder_type,
	&raw_encoder_type,
	&debezium_json_encoder_type,
};

int
encode_row(struct encoder *e, const struct batch *b, uint32_t row,
	   uint8_t kind, struct buf *out, bool *ret_null, struct error *err)
{
	if (e->type->encode_change)
		return e->type->encode_change(e, b, row, kind, out, ret_null,
					      err);
	return e->type->encode(e, b, row, out, ret_null, err);
}

const struct decoder_type *
decoder_type_find(const char *format)
{
	for (size_t i = 0; i < ARRAY_LEN(decoders); i++) {
		if (strcmp(decoders[i]->name, format) == 0)
			return decoders[i];
	}
	return NULL;
}

const struct encoder_type *
encoder_type_find(const char *format)
{
	for (size_t i = 0; i < ARRAY_LEN(encoders); i++) {
		if (strcmp(encoders[i]->name, format) == 0)
			return encoders[i];
	}
	return NULL;
}

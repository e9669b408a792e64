/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/registry.h - the operators that op_type_of() knows.
 */
#ifndef RUNTIME_OPERATORS_REGISTRY_H
#define RUNTIME_OPERATORS_REGISTRY_H

#include "runtime/operator.h"

extern const struct op_type op_scan_type;
extern const struct op_type op_values_type;
extern const struct op_type op_watermark_type;
extern const struct op_type op_upsert_normalize_type;
extern const struct op_type op_filter_type;
extern const struct op_type op_project_type;
extern const struct op_type op_union_type;
extern const struct op_type op_grouping_sets_type;
extern const struct op_type op_window_assign_type;
extern const struct op_type op_session_assign_type;
extern const struct op_type op_window_aggregate_type;
extern const struct op_type op_session_aggregate_type;
extern const struct op_type op_group_aggregate_type;
extern const struct op_type op_sink_materialize_type;
extern const struct op_type op_top_type;
extern const struct op_type op_limit_type;
extern const struct op_type op_scalar_type;
extern const struct op_type op_sink_type;

#endif

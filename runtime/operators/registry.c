/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/registry.c - every operator of the runtime, by the kind of
 * plan node that it carries out.
 */
#include "base/check.h"
#include "runtime/operator.h"
#include "runtime/operators/registry.h"

const struct op_type *
op_type_of(enum plan_kind kind)
{
	static const struct op_type *const types[] = {
		[PLAN_SCAN] = &op_scan_type,
		[PLAN_VALUES] = &op_values_type,
		[PLAN_WATERMARK] = &op_watermark_type,
		[PLAN_NORMALIZE] = &op_upsert_normalize_type,
		[PLAN_FILTER] = &op_filter_type,
		[PLAN_PROJECT] = &op_project_type,
		[PLAN_UNION] = &op_union_type,
		[PLAN_GROUPING_SETS] = &op_grouping_sets_type,
		[PLAN_WINDOW_ASSIGN] = &op_window_assign_type,
		[PLAN_SESSION_ASSIGN] = &op_session_assign_type,
		[PLAN_WINDOW_AGGREGATE] = &op_window_aggregate_type,
		[PLAN_SESSION_AGGREGATE] = &op_session_aggregate_type,
		[PLAN_GROUP_AGGREGATE] = &op_group_aggregate_type,
		[PLAN_MATERIALIZE] = &op_sink_materialize_type,
		[PLAN_TOP] = &op_top_type,
		[PLAN_LIMIT] = &op_limit_type,
		[PLAN_SCALAR] = &op_scalar_type,
		[PLAN_SINK] = &op_sink_type,
	};

	CHECK((size_t)kind < ARRAY_LEN(types));
	CHECK(types[kind]);
	return types[kind];
}

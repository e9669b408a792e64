/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/scalar.h - what the driver asks of a query as a value.
 */
#ifndef RUNTIME_OPERATORS_SCALAR_H
#define RUNTIME_OPERATORS_SCALAR_H

#include "runtime/operator.h"

/* Its value is not known yet: nothing may be read for its first input. */
bool scalar_waits(const struct op *op);

#endif

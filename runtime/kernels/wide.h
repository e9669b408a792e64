/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/wide.h - signed numbers of 256 bits: what products, quotients
 * and sums of 38-digit decimals need for a moment before they are rounded.
 */
#ifndef RUNTIME_KERNELS_WIDE_H
#define RUNTIME_KERNELS_WIDE_H

#include "base/types.h"

struct wide {
	bool negative;
	unsigned __int128 high, low; /* of the magnitude */
};

struct wide wide_product(i128 x, i128 y);
/* False: beyond 256 bits. */
bool wide_multiply(struct wide *w, i128 by);
/* Both below 2^255, so that the sum is below 2^256. */
struct wide wide_sum(struct wide x, struct wide y);
/* w / by, half away from zero; by is not 0. False: beyond 38 digits. */
bool wide_divide(struct wide w, i128 by, i128 *ret);
/* w / 10^digits, the same way; digits up to twice DECIMAL_MAX. */
bool wide_shift_down(struct wide w, unsigned digits, i128 *ret);
/* The remainder, with the sign of w; by is not 0. */
i128 wide_remainder(struct wide w, i128 by);

#endif

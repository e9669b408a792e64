/* SPDX-License-Identifier: Apache-2.0
 * client/top.h - `sluice jobs`: the jobs once; `sluice top`: live, with rates,
 * lag and state, until q or Ctrl-C.
 */
#ifndef CLIENT_TOP_H
#define CLIENT_TOP_H

#include "client/api.h"

/* Both return the exit status: 3 when the daemon is not there; the live one
 * waits for a daemon that goes while it looks. */
int jobs_once(struct api *a);
/* every_s: seconds between two looks, at least 0.1. Standard output is a
 * terminal. */
int jobs_live(struct api *a, double every_s);

#endif

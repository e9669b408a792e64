/* SPDX-License-Identifier: Apache-2.0
 * daemon/embedded_kafka.h - a Kafka inside the process, for trying things out:
 * librdkafka's mock cluster on a free port of 127.0.0.1. Clients of librdkafka
 * such as kcat can use it, Java's tools cannot. It keeps 5 MB a partition
 * (about 170 000 JSON words), makes topics with 4 partitions when they are
 * first named, cannot look up offsets by time, knows no transactions, and
 * forgets everything when the process ends (reliability.md section 8).
 */
#ifndef DAEMON_EMBEDDED_KAFKA_H
#define DAEMON_EMBEDDED_KAFKA_H

#include "base/error.h"

struct embedded_kafka;

int embedded_kafka_start(struct embedded_kafka **ret, struct error *err);
/* "127.0.0.1:port"; lives as long as it does. */
const char *embedded_kafka_address(const struct embedded_kafka *k);
void embedded_kafka_stop(struct embedded_kafka *k); /* NULL is allowed */

#endif

CREATE TABLE bids (auction BIGINT, bidder BIGINT, at_ TIMESTAMP_LTZ(3), WATERMARK FOR at_ AS at_)
WITH ('connector' = 'kafka', 'topic' = 'bids', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE TABLE counts (bidder BIGINT, n BIGINT, began TIMESTAMP(3), ended TIMESTAMP(3))
WITH ('connector' = 'print');
CREATE TABLE at_last (bidder BIGINT, n BIGINT, last_ TIMESTAMP_LTZ(3))
WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts SELECT bidder, COUNT(*), TUMBLE_START(at_, INTERVAL '10' SECOND), TUMBLE_END(at_, INTERVAL '10' SECOND) FROM bids GROUP BY bidder, TUMBLE(at_, INTERVAL '10' SECOND);
INSERT INTO counts SELECT bidder, COUNT(*), window_start, window_end FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(at_), INTERVAL '10' SECOND)) GROUP BY bidder, window_start, window_end;
INSERT INTO at_last SELECT bidder, COUNT(*), HOP_ROWTIME(at_, INTERVAL '3' SECOND, INTERVAL '10' SECOND) FROM bids GROUP BY bidder, HOP(at_, INTERVAL '3' SECOND, INTERVAL '10' SECOND);
INSERT INTO at_last SELECT bidder, COUNT(*), TUMBLE_ROWTIME(at_, INTERVAL '1' MINUTE) FROM bids GROUP BY TUMBLE(at_, INTERVAL '1' MINUTE), CUBE (bidder);
END;

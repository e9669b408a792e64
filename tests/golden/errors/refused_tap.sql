TAP 'j' AT window_aggregate_1;

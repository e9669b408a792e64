TAP 'j' LIMIT 5;
TAP 'counts';
TAP 'counts'
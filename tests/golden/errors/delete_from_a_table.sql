DELETE FROM words WHERE message = 'x';

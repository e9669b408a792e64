SELECT * FROM order;

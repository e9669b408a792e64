HELLO world;

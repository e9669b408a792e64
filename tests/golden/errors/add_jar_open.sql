ADD JAR '/a.jar;

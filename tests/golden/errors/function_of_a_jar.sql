CREATE FUNCTION f AS 'org.x.F' USING JAR 'f.jar';

CALL sys.f(1);

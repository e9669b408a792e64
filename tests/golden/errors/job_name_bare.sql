PAUSE JOB words;

-- Runs once, when the database is made.
ALTER DATABASE :"DBNAME" SET timezone TO 'UTC';
ALTER DATABASE :"DBNAME" SET log_min_duration_statement TO '1s';

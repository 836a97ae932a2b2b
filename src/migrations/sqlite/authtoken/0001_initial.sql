--
-- Create model Token
--
CREATE TABLE "authtoken_token" ("key" varchar(40) NOT NULL PRIMARY KEY, "created" datetime NOT NULL, "user_id" {user_key_type} NOT NULL UNIQUE REFERENCES {user_table} ({user_key}) DEFERRABLE INITIALLY DEFERRED);

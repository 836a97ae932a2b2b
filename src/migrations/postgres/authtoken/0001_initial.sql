--
-- Create model Token
--
CREATE TABLE "authtoken_token" ("key" varchar(40) NOT NULL PRIMARY KEY, "created" timestamp with time zone NOT NULL, "user_id" {user_key_type} NOT NULL UNIQUE);
ALTER TABLE "authtoken_token" ADD CONSTRAINT {user_fk authtoken_token_user_id_35299eff} FOREIGN KEY ("user_id") REFERENCES {user_table} ({user_key}) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "authtoken_token_key_10f0b77e_like" ON "authtoken_token" ("key" varchar_pattern_ops);
-- begin text key
CREATE INDEX "authtoken_token_user_id_35299eff_like" ON "authtoken_token" ("user_id" {user_key_ops});
-- end

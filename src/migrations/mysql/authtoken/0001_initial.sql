--
-- Create model Token
--
CREATE TABLE `authtoken_token` (`key` varchar(40) NOT NULL PRIMARY KEY, `created` datetime(6) NOT NULL, `user_id` {user_key_type} NOT NULL UNIQUE);
ALTER TABLE `authtoken_token` ADD CONSTRAINT {user_fk authtoken_token_user_id_35299eff} FOREIGN KEY (`user_id`) REFERENCES {user_table} ({user_key});

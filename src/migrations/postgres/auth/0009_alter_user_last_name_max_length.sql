--
-- Alter field last_name on user
--
-- begin auth.User
ALTER TABLE "auth_user" ALTER COLUMN "last_name" TYPE varchar(150);
-- end

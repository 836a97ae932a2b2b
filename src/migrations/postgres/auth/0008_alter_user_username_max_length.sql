--
-- Alter field username on user
--
-- begin auth.User
ALTER TABLE "auth_user" ALTER COLUMN "username" TYPE varchar(150);
-- end

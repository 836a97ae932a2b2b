--
-- Alter field first_name on user
--
-- begin auth.User
ALTER TABLE "auth_user" ALTER COLUMN "first_name" TYPE varchar(150);
-- end

--
-- Alter field email on user
--
-- begin auth.User
ALTER TABLE "auth_user" ALTER COLUMN "email" TYPE varchar(254);
-- end

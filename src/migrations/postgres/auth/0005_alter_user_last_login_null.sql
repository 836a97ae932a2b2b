--
-- Alter field last_login on user
--
-- begin auth.User
ALTER TABLE "auth_user" ALTER COLUMN "last_login" DROP NOT NULL;
-- end

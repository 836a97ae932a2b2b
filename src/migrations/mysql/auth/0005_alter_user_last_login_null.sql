--
-- Alter field last_login on user
--
-- begin auth.User
ALTER TABLE `auth_user` MODIFY `last_login` datetime(6) NULL;
-- end

--
-- Alter field email on user
--
-- begin auth.User
ALTER TABLE `auth_user` MODIFY `email` varchar(254) NOT NULL;
-- end

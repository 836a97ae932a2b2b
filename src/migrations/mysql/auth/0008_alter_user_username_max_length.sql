--
-- Alter field username on user
--
-- begin auth.User
ALTER TABLE `auth_user` MODIFY `username` varchar(150) NOT NULL;
-- end

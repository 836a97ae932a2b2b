--
-- Alter field last_name on user
--
-- begin auth.User
ALTER TABLE `auth_user` MODIFY `last_name` varchar(150) NOT NULL;
-- end

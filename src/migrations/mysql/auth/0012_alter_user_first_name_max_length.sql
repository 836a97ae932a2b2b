--
-- Alter field first_name on user
--
-- begin auth.User
ALTER TABLE `auth_user` MODIFY `first_name` varchar(150) NOT NULL;
-- end

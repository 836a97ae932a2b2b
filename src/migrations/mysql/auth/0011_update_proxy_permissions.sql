--
-- Raw Python operation ->     Update the content_type of prox…
--
-- It moves the permissions of proxy models from the content type of the
-- concrete model to the proxy's own. Which models are proxies only the
-- application knows. A row here is the trace of one: a content type without
-- permissions, whose add, change and delete stand at another content type.
-- begin manage.py
SELECT `proxy`.`app_label`, `proxy`.`model` FROM `django_content_type` AS `proxy`
WHERE NOT EXISTS (SELECT 1 FROM `auth_permission` AS `own` WHERE `own`.`content_type_id` = `proxy`.`id`)
AND EXISTS (
    SELECT 1 FROM `auth_permission` AS `p` JOIN `django_content_type` AS `concrete` ON `concrete`.`id` = `p`.`content_type_id`
    WHERE `p`.`codename` IN (CONCAT('add_', `proxy`.`model`), CONCAT('change_', `proxy`.`model`), CONCAT('delete_', `proxy`.`model`))
    AND `concrete`.`id` <> `proxy`.`id`
    GROUP BY `concrete`.`id` HAVING COUNT(*) = 3
)
-- end

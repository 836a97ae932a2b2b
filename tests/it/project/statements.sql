-- SQLite

-- tokens::holder, 1 parameters
SELECT u0."user_ptr_id", u1."is_active", t."key", t."created" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" = ? LIMIT 2;

-- tokens::user_of_key, 1 parameters
SELECT "user_id" FROM "authtoken_token" WHERE "key" = ?;

-- tokens::holder_of_key, 1 parameters
SELECT t."key", u1."username", u1."is_active", t."created" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."key" = ?;

-- tokens::insert, 3 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (?, ?, ?);

-- tokens::insert_many, 6 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (?, ?, ?), (?, ?, ?);

-- tokens::rotate, 3 parameters
UPDATE "authtoken_token" SET "key" = ?, "created" = ? WHERE "user_id" = ?;

-- tokens::rotate_many, 7 parameters
UPDATE "authtoken_token" SET "key" = CASE "user_id" WHEN ? THEN ? WHEN ? THEN ? END, "created" = ? WHERE "user_id" IN (?, ?);

-- tokens::delete, 2 parameters
DELETE FROM "authtoken_token" WHERE "key" = ? AND "user_id" = ?;

-- tokens::delete_many, 2 parameters
DELETE FROM "authtoken_token" WHERE "key" IN (?, ?);

-- tokens::delete_all, 0 parameters
DELETE FROM "authtoken_token";

-- tokens::count, 0 parameters
SELECT COUNT(*) FROM "authtoken_token";

-- users::named, 1 parameters
SELECT u0."user_ptr_id", u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" = ? LIMIT 2;

-- users::is_there, 1 parameters
SELECT u0."user_ptr_id" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" = ? LIMIT 2;

-- users::has, 2 parameters
SELECT 1 FROM "auth_user" WHERE "id" = ? AND "is_active" = ?;

-- users::names, 0 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id";

-- users::newest_passwords, 0 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3;

-- users::group, 1 parameters
SELECT "id" FROM "auth_group" WHERE "name" = ?;

-- users::is_member, 2 parameters
SELECT 1 FROM "auth_user_groups" WHERE "user_id" = ? AND "group_id" = ?;

-- users::join, 2 parameters
INSERT INTO "auth_user_groups" ("user_id", "group_id") VALUES (?, ?);

-- listing::page, the first, 0 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::page, the next, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" AND t."user_id" < ? WHERE u0."user_ptr_id" < ? ORDER BY u0."user_ptr_id" DESC LIMIT 1000;

-- listing::page, by name, 2 parameters
SELECT u1."username", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" IS NOT NULL AND (u1."username", u0."user_ptr_id") > (?, ?) ORDER BY u1."username", u0."user_ptr_id" LIMIT 1000;

-- listing::page, without a name, 0 parameters
SELECT u1."username", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" IS NULL ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::page, of a filter, 12 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" AND t."user_id" > ? WHERE (u1."username" IN (?, ?) OR u1."username" GLOB ?) AND t."key" IN (?) AND t."key" GLOB ? AND t."created" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(t."created", 'T', ' ') < ? AND t."created" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(t."created", 'T', ' ') >= ? AND u1."is_active" = ? AND u1."is_staff" = ? AND u1."is_superuser" = ? AND u1."last_login" IS NULL AND u0."user_ptr_id" > ? ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::of_users, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u0."user_ptr_id" IN (?, ?);

-- listing::count, 10 parameters
SELECT COUNT(*) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE (u1."username" IN (?, ?) OR u1."username" GLOB ?) AND t."key" IN (?) AND t."key" GLOB ? AND u1."date_joined" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(u1."date_joined", 'T', ' ') < ? AND u1."date_joined" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(u1."date_joined", 'T', ' ') >= ? AND u1."is_active" = ? AND u1."is_staff" = ? AND u1."is_superuser" = ? AND u1."last_login" IS NULL AND t."key" IS NOT NULL;

-- history::applied, 2 parameters
SELECT "app", "name", "applied" FROM "django_migrations" WHERE "app" IN (?, ?) ORDER BY "id";

-- history::record, 3 parameters
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES (?, ?, ?);

-- permissions::content_type, 2 parameters
SELECT "id" FROM "django_content_type" WHERE "app_label" = ? AND "model" = ?;

-- permissions::insert_content_type, 2 parameters
INSERT INTO "django_content_type" ("app_label", "model") VALUES (?, ?);

-- permissions::codenames, 1 parameters
SELECT "codename" FROM "auth_permission" WHERE "content_type_id" = ?;

-- permissions::insert_permission, 3 parameters
INSERT INTO "auth_permission" ("content_type_id", "codename", "name") VALUES (?, ?, ?);

-- Statement::savepoint, 0 parameters
SAVEPOINT drfctl;

-- Statement::go_back, 0 parameters
ROLLBACK TO SAVEPOINT drfctl;

-- Statement::release, 0 parameters
RELEASE SAVEPOINT drfctl;

-- PostgreSQL

-- tokens::holder, 1 parameters
SELECT u0."user_ptr_id", u1."is_active", t."key", t."created" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" = $1 LIMIT 2;

-- tokens::user_of_key, 1 parameters
SELECT "user_id" FROM "authtoken_token" WHERE "key" = $1;

-- tokens::holder_of_key, 1 parameters
SELECT t."key", u1."username", u1."is_active", t."created" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."key" = $1;

-- tokens::insert, 3 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES ($1, $2, $3);

-- tokens::insert_many, 6 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES ($1, $2, $3), ($4, $5, $6);

-- tokens::rotate, 3 parameters
UPDATE "authtoken_token" SET "key" = $1, "created" = $2 WHERE "user_id" = $3;

-- tokens::rotate_many, 3 parameters
UPDATE "authtoken_token" AS t SET "key" = v.k, "created" = $1 FROM unnest($2::text[], $3::bigint[]) AS v (k, u) WHERE t."user_id" = v.u;

-- tokens::delete, 2 parameters
DELETE FROM "authtoken_token" WHERE "key" = $1 AND "user_id" = $2;

-- tokens::delete_many, 2 parameters
DELETE FROM "authtoken_token" WHERE "key" IN ($1, $2);

-- tokens::delete_all, 0 parameters
DELETE FROM "authtoken_token";

-- tokens::count, 0 parameters
SELECT COUNT(*) FROM "authtoken_token";

-- users::named, 1 parameters
SELECT u0."user_ptr_id", u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" = $1 LIMIT 2;

-- users::is_there, 1 parameters
SELECT u0."user_ptr_id" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" = $1 LIMIT 2;

-- users::has, 2 parameters
SELECT 1 FROM "auth_user" WHERE "id" = $1 AND "is_active" = $2;

-- users::names, 0 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id";

-- users::newest_passwords, 0 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3;

-- users::group, 1 parameters
SELECT "id" FROM "auth_group" WHERE "name" = $1;

-- users::is_member, 2 parameters
SELECT 1 FROM "auth_user_groups" WHERE "user_id" = $1 AND "group_id" = $2;

-- users::join, 2 parameters
INSERT INTO "auth_user_groups" ("user_id", "group_id") VALUES ($1, $2);

-- listing::page, the first, 0 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::page, the next, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" AND t."user_id" < $1 WHERE u0."user_ptr_id" < $2 ORDER BY u0."user_ptr_id" DESC LIMIT 1000;

-- listing::page, by name, 2 parameters
SELECT u1."username", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" IS NOT NULL AND (u1."username", u0."user_ptr_id") > ($1, $2) ORDER BY u1."username", u0."user_ptr_id" LIMIT 1000;

-- listing::page, without a name, 0 parameters
SELECT u1."username", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" IS NULL ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::page, of a filter, 12 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" AND t."user_id" > $1 WHERE (u1."username" IN ($2, $3) OR u1."username" LIKE $4 ESCAPE '!') AND t."key" IN ($5) AND t."key" LIKE $6 ESCAPE '!' AND t."created" < $7 AND t."created" >= $8 AND u1."is_active" = $9 AND u1."is_staff" = $10 AND u1."is_superuser" = $11 AND u1."last_login" IS NULL AND u0."user_ptr_id" > $12 ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::of_users, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", u1."username", t."key", u1."is_active", NULL FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u0."user_ptr_id" IN ($1, $2);

-- listing::count, 10 parameters
SELECT COUNT(*) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE (u1."username" IN ($1, $2) OR u1."username" LIKE $3 ESCAPE '!') AND t."key" IN ($4) AND t."key" LIKE $5 ESCAPE '!' AND u1."date_joined" < $6 AND u1."date_joined" >= $7 AND u1."is_active" = $8 AND u1."is_staff" = $9 AND u1."is_superuser" = $10 AND u1."last_login" IS NULL AND t."key" IS NOT NULL;

-- history::applied, 2 parameters
SELECT "app", "name", "applied" FROM "django_migrations" WHERE "app" IN ($1, $2) ORDER BY "id";

-- history::record, 3 parameters
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ($1, $2, $3);

-- permissions::content_type, 2 parameters
SELECT "id" FROM "django_content_type" WHERE "app_label" = $1 AND "model" = $2;

-- permissions::insert_content_type, 2 parameters
INSERT INTO "django_content_type" ("app_label", "model") VALUES ($1, $2);

-- permissions::codenames, 1 parameters
SELECT "codename" FROM "auth_permission" WHERE "content_type_id" = $1;

-- permissions::insert_permission, 3 parameters
INSERT INTO "auth_permission" ("content_type_id", "codename", "name") VALUES ($1, $2, $3);

-- Statement::savepoint, 0 parameters
SAVEPOINT drfctl;

-- Statement::go_back, 0 parameters
ROLLBACK TO SAVEPOINT drfctl;

-- Statement::release, 0 parameters
RELEASE SAVEPOINT drfctl;

-- MySQL and MariaDB

-- tokens::holder, 1 parameters
SELECT u0.`user_ptr_id`, u1.`is_active`, t.`key`, t.`created` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` LEFT JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u1.`username` = ? LIMIT 2 FOR UPDATE;

-- tokens::user_of_key, 1 parameters
SELECT `user_id` FROM `authtoken_token` WHERE `key` = ? FOR UPDATE;

-- tokens::holder_of_key, 1 parameters
SELECT t.`key`, u1.`username`, u1.`is_active`, t.`created` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE t.`key` = ?;

-- tokens::insert, 3 parameters
INSERT INTO `authtoken_token` (`key`, `created`, `user_id`) VALUES (?, ?, ?);

-- tokens::insert_many, 6 parameters
INSERT INTO `authtoken_token` (`key`, `created`, `user_id`) VALUES (?, ?, ?), (?, ?, ?);

-- tokens::rotate, 3 parameters
UPDATE `authtoken_token` SET `key` = ?, `created` = ? WHERE `user_id` = ?;

-- tokens::rotate_many, 7 parameters
UPDATE `authtoken_token` SET `key` = CASE `user_id` WHEN ? THEN ? WHEN ? THEN ? END, `created` = ? WHERE `user_id` IN (?, ?);

-- tokens::delete, 2 parameters
DELETE FROM `authtoken_token` WHERE `key` = ? AND `user_id` = ?;

-- tokens::delete_many, 2 parameters
DELETE FROM `authtoken_token` WHERE `key` IN (?, ?);

-- tokens::delete_all, 0 parameters
DELETE FROM `authtoken_token`;

-- tokens::count, 0 parameters
SELECT COUNT(*) FROM `authtoken_token`;

-- users::named, 1 parameters
SELECT u0.`user_ptr_id`, u1.`username` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u1.`username` = ? LIMIT 2;

-- users::is_there, 1 parameters
SELECT u0.`user_ptr_id` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u1.`username` = ? LIMIT 2 FOR UPDATE;

-- users::has, 2 parameters
SELECT 1 FROM `auth_user` WHERE `id` = ? AND `is_active` = ? FOR UPDATE;

-- users::names, 0 parameters
SELECT u1.`username` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id`;

-- users::newest_passwords, 0 parameters
SELECT u1.`username` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` ORDER BY u1.`username` DESC LIMIT 3;

-- users::group, 1 parameters
SELECT `id` FROM `auth_group` WHERE `name` = ?;

-- users::is_member, 2 parameters
SELECT 1 FROM `auth_user_groups` WHERE `user_id` = ? AND `group_id` = ?;

-- users::join, 2 parameters
INSERT INTO `auth_user_groups` (`user_id`, `group_id`) VALUES (?, ?);

-- listing::page, the first, 0 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, u1.`username`, t.`key`, u1.`is_active`, NULL FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` ORDER BY u0.`user_ptr_id` LIMIT 1000;

-- listing::page, the next, 2 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, u1.`username`, t.`key`, u1.`is_active`, NULL FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` AND t.`user_id` < ? WHERE u0.`user_ptr_id` < ? ORDER BY u0.`user_ptr_id` DESC LIMIT 1000 FOR UPDATE;

-- listing::page, by name, 2 parameters
SELECT u1.`username`, u0.`user_ptr_id`, u1.`username`, t.`key`, u1.`is_active`, NULL FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u1.`username` IS NOT NULL AND (u1.`username`, u0.`user_ptr_id`) > (?, ?) ORDER BY u1.`username`, u0.`user_ptr_id` LIMIT 1000;

-- listing::page, without a name, 0 parameters
SELECT u1.`username`, u0.`user_ptr_id`, u1.`username`, t.`key`, u1.`is_active`, NULL FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u1.`username` IS NULL ORDER BY u0.`user_ptr_id` LIMIT 1000;

-- listing::page, of a filter, 12 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, u1.`username`, t.`key`, u1.`is_active`, NULL FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` AND t.`user_id` > ? WHERE (u1.`username` IN (?, ?) OR CONVERT(u1.`username` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IN (?) AND CONVERT(t.`key` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' AND t.`created` < ? AND t.`created` >= ? AND u1.`is_active` = ? AND u1.`is_staff` = ? AND u1.`is_superuser` = ? AND u1.`last_login` IS NULL AND u0.`user_ptr_id` > ? ORDER BY u0.`user_ptr_id` LIMIT 1000;

-- listing::of_users, 2 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, u1.`username`, t.`key`, u1.`is_active`, NULL FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` LEFT JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u0.`user_ptr_id` IN (?, ?);

-- listing::count, 10 parameters
SELECT COUNT(*) FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` LEFT JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE (u1.`username` IN (?, ?) OR CONVERT(u1.`username` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IN (?) AND CONVERT(t.`key` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' AND u1.`date_joined` < ? AND u1.`date_joined` >= ? AND u1.`is_active` = ? AND u1.`is_staff` = ? AND u1.`is_superuser` = ? AND u1.`last_login` IS NULL AND t.`key` IS NOT NULL;

-- history::applied, 2 parameters
SELECT `app`, `name`, `applied` FROM `django_migrations` WHERE `app` IN (?, ?) ORDER BY `id`;

-- history::record, 3 parameters
INSERT INTO `django_migrations` (`app`, `name`, `applied`) VALUES (?, ?, ?);

-- permissions::content_type, 2 parameters
SELECT `id` FROM `django_content_type` WHERE `app_label` = ? AND `model` = ?;

-- permissions::insert_content_type, 2 parameters
INSERT INTO `django_content_type` (`app_label`, `model`) VALUES (?, ?);

-- permissions::codenames, 1 parameters
SELECT `codename` FROM `auth_permission` WHERE `content_type_id` = ?;

-- permissions::insert_permission, 3 parameters
INSERT INTO `auth_permission` (`content_type_id`, `codename`, `name`) VALUES (?, ?, ?);

-- Statement::savepoint, 0 parameters
SAVEPOINT drfctl;

-- Statement::go_back, 0 parameters
ROLLBACK TO SAVEPOINT drfctl;

-- Statement::release, 0 parameters
RELEASE SAVEPOINT drfctl;


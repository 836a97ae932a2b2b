-- SQLite

-- tokens::held, 4 parameters
SELECT t."user_id", t."key", t."created", CASE WHEN EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."user_id" IN (?, ?)) THEN 1 ELSE 0 END FROM "authtoken_token" AS t WHERE t."user_id" IN (?, ?);

-- tokens::holders, 2 parameters
SELECT t."user_id", t."key", t."created", CASE WHEN EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."key" IN (?)) THEN 1 ELSE 0 END FROM "authtoken_token" AS t WHERE t."key" IN (?);

-- tokens::outermost_keys, 0 parameters
SELECT first.k FROM (SELECT t."key" AS k FROM "authtoken_token" AS t ORDER BY t."user_id" LIMIT 50) AS first UNION ALL SELECT last.k FROM (SELECT t."key" AS k FROM "authtoken_token" AS t ORDER BY t."user_id" DESC LIMIT 50) AS last;

-- tokens::presented, 2 parameters
SELECT u1."username", u1."is_active", t."created", CASE WHEN EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."key" IN (?)) AND EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."user_id" = u0."user_ptr_id") AND u0."user_ptr_id" IS (SELECT v."user_ptr_id" FROM "member" AS v WHERE v._rowid_ = u0._rowid_) THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."key" = ?;

-- tokens::insert, one, 3 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (?, ?, ?);

-- tokens::insert, two, 6 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (?, ?, ?), (?, ?, ?);

-- tokens::reset, one, 3 parameters
UPDATE "authtoken_token" SET "key" = ?, "created" = ? WHERE "user_id" = ?;

-- tokens::reset, two, 7 parameters
UPDATE "authtoken_token" SET "key" = CASE "user_id" WHEN ? THEN ? WHEN ? THEN ? END, "created" = ? WHERE "user_id" IN (?, ?);

-- tokens::delete, one, 1 parameters
DELETE FROM "authtoken_token" WHERE "id" = ?;

-- tokens::delete, two, 2 parameters
DELETE FROM "authtoken_token" WHERE "id" IN (?, ?);

-- tokens::existing, 2 parameters
SELECT t."id" FROM "authtoken_token" AS t WHERE t."id" IN (?, ?);

-- tokens::delete_all, 0 parameters
DELETE FROM "authtoken_token";

-- users::find, 4 parameters
SELECT u0."user_ptr_id", u1."is_active", CASE WHEN (EXISTS (SELECT 1 FROM "auth_user" AS v WHERE v._rowid_ = u1._rowid_ AND v."username" IN (?, ?))) THEN 1 ELSE 0 END, u1."username", u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" IN (?, ?);

-- users::find, in one of two columns, 4 parameters
SELECT u0."user_ptr_id", u1."is_active", CASE WHEN (EXISTS (SELECT 1 FROM "auth_user" AS v WHERE v._rowid_ = u1._rowid_ AND v."username" IN (?)) OR EXISTS (SELECT 1 FROM "auth_user" AS v WHERE v._rowid_ = u1._rowid_ AND v."password" IN (?))) THEN 1 ELSE 0 END, u1."username", u1."password" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" IN (?) OR u1."password" IN (?);

-- users::similar, 2 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u1."username" COLLATE NOCASE IN (?, ?) LIMIT 8;

-- users::groups, 2 parameters
SELECT "id", "name" FROM "auth_group" WHERE "name" IN (?, ?);

-- users::members, 3 parameters
SELECT "user_id", "group_id" FROM "auth_user_groups" WHERE "user_id" IN (?) AND "group_id" IN (?, ?);

-- users::create_group, 1 parameters
INSERT INTO "auth_group" ("name") VALUES (?);

-- users::join, 4 parameters
INSERT INTO "auth_user_groups" ("user_id", "group_id") VALUES (?, ?), (?, ?);

-- rows::insert_many, 4 parameters
INSERT INTO "auth_user" ("username", "is_active") VALUES (?, ?), (?, ?);

-- rows::update, 2 parameters
UPDATE "auth_user" SET "is_active" = ? WHERE "id" = ?;

-- rows::has, 2 parameters
SELECT 1 FROM "auth_user" AS r WHERE r."id" = ? AND r."is_active" = ?;

-- rows::count, 0 parameters
SELECT count(*) FROM "authtoken_token";

-- rows::presence, 0 parameters
SELECT CASE WHEN EXISTS (SELECT 1 FROM "knox_authtoken") THEN 1 ELSE 0 END, CASE WHEN EXISTS (SELECT 1 FROM "other ""token""") THEN 1 ELSE 0 END;

-- listing::page, the first, 0 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" ORDER BY t."user_id" LIMIT 1000;

-- listing::page, of few cells, 0 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", NULL, u1."username", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" ORDER BY t."user_id" LIMIT 1000;

-- listing::page, the next, 3 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."user_id" < ? AND u0."user_ptr_id" <= ? AND u1."id" <= ? ORDER BY t."user_id" DESC LIMIT 1000;

-- listing::page, several tokens a user, 5 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."id", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."user_id" >= ? AND (t."user_id" > ? OR t."id" > ?) AND u0."user_ptr_id" >= ? AND u1."id" >= ? ORDER BY t."user_id", t."id" LIMIT 1000;

-- listing::page, users with several, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", NULL, u1."username", NULL, NULL, CASE WHEN EXISTS (SELECT 1 FROM "authtoken_token" AS t WHERE t."user_id" = u0."user_ptr_id") THEN 1 ELSE 0 END, NULL, u1."is_active", u1."is_staff", u1."is_superuser", u1."date_joined", u1."last_login", u1."password", 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u0."user_ptr_id" > ? AND u1."id" >= ? ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::page, the next by text, 1 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."user_id" > ? ORDER BY t."user_id" LIMIT 1000;

-- listing::page, by name, 3 parameters
SELECT u1."username", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, CASE WHEN u1."username" IS (SELECT v."username" FROM "auth_user" AS v WHERE v._rowid_ = u1._rowid_) AND EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."user_id" = u0."user_ptr_id") AND u0."user_ptr_id" IS (SELECT v."user_ptr_id" FROM "member" AS v WHERE v._rowid_ = u0._rowid_) THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" IS NOT NULL AND u1."username" >= ? AND (u1."username" > ? OR u0."user_ptr_id" > ?) ORDER BY u1."username", u0."user_ptr_id" LIMIT 1000;

-- listing::page, without a name, 0 parameters
SELECT u1."username", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, CASE WHEN u1."username" IS (SELECT v."username" FROM "auth_user" AS v WHERE v._rowid_ = u1._rowid_) AND EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."user_id" = u0."user_ptr_id") AND u0."user_ptr_id" IS (SELECT v."user_ptr_id" FROM "member" AS v WHERE v._rowid_ = u0._rowid_) THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u1."username" IS NULL ORDER BY t."user_id" LIMIT 1000;

-- listing::page, of a filter, 31 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, CASE WHEN u1."username" IS (SELECT v."username" FROM "auth_user" AS v WHERE v._rowid_ = u1._rowid_) AND t."key" IS (SELECT v."key" FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_) AND EXISTS (SELECT 1 FROM "authtoken_token" AS v WHERE v._rowid_ = t._rowid_ AND v."user_id" = u0."user_ptr_id") AND u0."user_ptr_id" IS (SELECT v."user_ptr_id" FROM "member" AS v WHERE v._rowid_ = u0._rowid_) THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE (u1."username" IN (?, ?) OR u1."username" GLOB ?) AND t."key" IN (?) AND t."key" GLOB ? AND t."created" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(t."created", 'T', ' ') < ? AND t."created" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(t."created", 'T', ' ') >= ? AND u1."is_active" = ? AND u1."is_staff" = ? AND u1."is_superuser" = ? AND u1."last_login" IS NULL AND (NOT (u1."password" = ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ?) OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ?) AND t."user_id" > ? AND u0."user_ptr_id" >= ? AND u1."id" >= ? ORDER BY t."user_id" LIMIT 1000;

-- listing::sort_keys, 3 parameters
SELECT t."created", u0."user_ptr_id", t."key" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE t."user_id" > ? AND u0."user_ptr_id" >= ? AND u1."id" >= ? ORDER BY t."user_id" LIMIT 1000;

-- listing::of_keys, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", CASE WHEN t."key" IS NOT NULL THEN 1 ELSE 0 END, NULL, u1."is_active", u1."is_staff", u1."is_superuser", u1."date_joined", u1."last_login", u1."password", 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE u0."user_ptr_id" IN (?, ?);

-- listing::count, of numbers, 26 parameters
SELECT count(*) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE (u1."username" GLOB ?) AND t."key" IN (?) AND t."key" GLOB ? AND t."created" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(t."created", 'T', ' ') < ? AND t."created" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(t."created", 'T', ' ') >= ? AND u1."is_active" = ? AND u1."is_staff" = ? AND u1."is_superuser" = ? AND u1."last_login" IS NULL AND (NOT (u1."password" = ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ?) OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ?);

-- listing::count, 28 parameters
SELECT count(*) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" = u0."user_ptr_id" WHERE (u1."username" IN (?, ?) OR u1."username" GLOB ?) AND t."key" IN (?) AND t."key" GLOB ? AND u1."date_joined" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(u1."date_joined", 'T', ' ') < ? AND u1."date_joined" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*' AND replace(u1."date_joined", 'T', ' ') >= ? AND u1."is_active" = ? AND u1."is_staff" = ? AND u1."is_superuser" = ? AND u1."last_login" IS NULL AND (NOT (u1."password" = ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ?) OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ? OR u1."password" GLOB ?) AND t."key" IS NOT NULL;

-- newest::rows, 0 parameters
SELECT u1."username", u1."username", substr(u1."username", 1, 200) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3;

-- newest::rows, of every kind, 0 parameters
SELECT u1."username", u1."username", u0."user_ptr_id", u1."id", substr(u1."username", 1, 200), substr(u1."password", 1, 200), u1."is_active", u1."is_staff", u1."is_superuser", u1."last_login", u1."date_joined", u1."a_uuid", u1."a_date", u1."a_time", u1."a_decimal", u1."a_float", u1."a_inet", substr(u1."a_json", 1, 200), substr(u1."a_bytea", 1, 200), substr(u1."a_color", 1, 200) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3;

-- newest::companions, 0 parameters
WITH n AS (SELECT u0."user_ptr_id" AS "pk" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3 OFFSET 2) SELECT 0, NULL, count(*) FROM n UNION ALL SELECT 1, NULL, count(*) FROM n WHERE EXISTS (SELECT 1 FROM "shop_profile" AS r WHERE r."user_id" = n."pk") UNION ALL SELECT -1, g."name", count(*) FROM n JOIN "auth_user_groups" AS r ON r."user_id" = n."pk" JOIN "auth_group" AS g ON g."id" = r."group_id" GROUP BY g."name";

-- template::columns, 1 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" = u0."user_ptr_id" WHERE u0."user_ptr_id" = ?;

-- template::groups, 1 parameters
SELECT g."name" FROM "auth_user_groups" AS r JOIN "auth_group" AS g ON g."id" = r."group_id" WHERE r."user_id" = ? ORDER BY g."name";

-- template::tables, 1 parameters
SELECT 0, count(*) FROM "shop_profile" AS r WHERE r."user_id" = ?;

-- template::copy, 3 parameters
INSERT INTO "shop_profile" ("user_id", "calendar", "locale") SELECT ?, ?, r."locale" FROM "shop_profile" AS r WHERE r."user_id" = ? ORDER BY r."calendar" LIMIT 1 OFFSET 1;

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

-- permissions::insert_named_content_type, 3 parameters
INSERT INTO "django_content_type" ("name", "app_label", "model") VALUES (?, ?, ?);

-- sites::any, 0 parameters
SELECT "id" FROM "django_site" LIMIT 1;

-- savepoint::set, 0 parameters
SAVEPOINT drfctl;

-- savepoint::roll_back, 0 parameters
ROLLBACK TO SAVEPOINT drfctl;

-- savepoint::release, 0 parameters
RELEASE SAVEPOINT drfctl;

-- PostgreSQL

-- tokens::held, 2 parameters
SELECT t."user_id", t."key", t."created", CASE WHEN t."user_id" OPERATOR(pg_catalog.=) ANY ($1) THEN 1 ELSE 0 END FROM "authtoken_token" AS t WHERE t."user_id" OPERATOR(pg_catalog.=) ANY ($2) FOR UPDATE OF t;

-- tokens::holders, 2 parameters
SELECT t."user_id", t."key", t."created", CASE WHEN t."key" OPERATOR(pg_catalog.=) ANY ($1) THEN 1 ELSE 0 END FROM "authtoken_token" AS t WHERE t."key" OPERATOR(pg_catalog.=) ANY ($2);

-- tokens::outermost_keys, 0 parameters
SELECT first.k FROM (SELECT t."key" AS k FROM "authtoken_token" AS t ORDER BY t."user_id" LIMIT 50) AS first UNION ALL SELECT last.k FROM (SELECT t."key" AS k FROM "authtoken_token" AS t ORDER BY t."user_id" DESC LIMIT 50) AS last;

-- tokens::presented, 2 parameters
SELECT u1."username", u1."is_active", t."created", CASE WHEN t."key" OPERATOR(pg_catalog.=) ANY ($1) AND t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE t."key" OPERATOR(pg_catalog.=) $2;

-- tokens::insert, one, 3 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES ($1, $2, $3);

-- tokens::insert, two, 6 parameters
INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES ($1, $2, $3), ($4, $5, $6);

-- tokens::reset, one, 3 parameters
UPDATE "authtoken_token" SET "key" = $1, "created" = $2 WHERE "user_id" OPERATOR(pg_catalog.=) $3;

-- tokens::reset, two, 3 parameters
UPDATE "authtoken_token" AS t SET "key" = v.k, "created" = $1 FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::bigint[])) AS v (k, u) WHERE t."user_id" OPERATOR(pg_catalog.=) v.u;

-- tokens::delete, one, 1 parameters
DELETE FROM "authtoken_token" WHERE "id" OPERATOR(pg_catalog.=) $1;

-- tokens::delete, two, 1 parameters
DELETE FROM "authtoken_token" WHERE "id" OPERATOR(pg_catalog.=) ANY ($1);

-- tokens::existing, 1 parameters
SELECT t."id" FROM "authtoken_token" AS t WHERE t."id" OPERATOR(pg_catalog.=) ANY ($1) FOR NO KEY UPDATE OF t;

-- tokens::delete_all, 0 parameters
DELETE FROM "authtoken_token";

-- users::find, 2 parameters
SELECT u0."user_ptr_id", u1."is_active", CASE WHEN (u1."username" OPERATOR(pg_catalog.=) ANY ($1)) THEN 1 ELSE 0 END, u1."username", u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u1."username" OPERATOR(pg_catalog.=) ANY ($2);

-- users::find, in one of two columns, 4 parameters
SELECT u0."user_ptr_id", u1."is_active", CASE WHEN (u1."username" OPERATOR(pg_catalog.=) ANY ($1) OR u1."password" OPERATOR(pg_catalog.=) ANY ($2)) THEN 1 ELSE 0 END, u1."username", u1."password" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u1."username" OPERATOR(pg_catalog.=) ANY ($3) OR u1."password" OPERATOR(pg_catalog.=) ANY ($4) FOR NO KEY UPDATE OF u0;

-- users::similar, 1 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE pg_catalog.upper(u1."username"::pg_catalog.text) OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.upper(n.name) FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n (name)) LIMIT 8;

-- users::groups, 1 parameters
SELECT "id", "name" FROM "auth_group" WHERE "name" OPERATOR(pg_catalog.=) ANY ($1);

-- users::members, 2 parameters
SELECT "user_id", "group_id" FROM "auth_user_groups" WHERE "user_id" OPERATOR(pg_catalog.=) ANY ($1) AND "group_id" OPERATOR(pg_catalog.=) ANY ($2);

-- users::create_group, 1 parameters
INSERT INTO "auth_group" ("name") VALUES ($1);

-- users::join, 4 parameters
INSERT INTO "auth_user_groups" ("user_id", "group_id") VALUES ($1, $2), ($3, $4);

-- rows::insert_many, 4 parameters
INSERT INTO "auth_user" ("username", "is_active") VALUES ($1, $2), ($3, $4);

-- rows::update, 2 parameters
UPDATE "auth_user" SET "is_active" = $1 WHERE "id" OPERATOR(pg_catalog.=) $2;

-- rows::has, 2 parameters
SELECT 1 FROM "auth_user" AS r WHERE r."id" OPERATOR(pg_catalog.=) $1 AND r."is_active" OPERATOR(pg_catalog.=) $2 FOR NO KEY UPDATE OF r;

-- rows::count, 0 parameters
SELECT pg_catalog.count(*) FROM "authtoken_token";

-- rows::presence, 0 parameters
SELECT CASE WHEN EXISTS (SELECT 1 FROM "knox_authtoken") THEN 1 ELSE 0 END, CASE WHEN EXISTS (SELECT 1 FROM "other ""token""") THEN 1 ELSE 0 END;

-- listing::page, the first, 0 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" ORDER BY t."user_id" LIMIT 1000;

-- listing::page, of few cells, 0 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", NULL, u1."username", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" ORDER BY t."user_id" LIMIT 1000;

-- listing::page, the next, 3 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE t."user_id" OPERATOR(pg_catalog.<) $1 AND u0."user_ptr_id" OPERATOR(pg_catalog.<=) $2 AND u1."id" OPERATOR(pg_catalog.<=) $3 ORDER BY t."user_id" DESC LIMIT 1000 FOR UPDATE OF t;

-- listing::page, several tokens a user, 5 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."id", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE t."user_id" OPERATOR(pg_catalog.>=) $1 AND (t."user_id" OPERATOR(pg_catalog.>) $2 OR t."id" OPERATOR(pg_catalog.>) $3) AND u0."user_ptr_id" OPERATOR(pg_catalog.>=) $4 AND u1."id" OPERATOR(pg_catalog.>=) $5 ORDER BY t."user_id", t."id" LIMIT 1000;

-- listing::page, users with several, 2 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", NULL, u1."username", NULL, NULL, CASE WHEN EXISTS (SELECT 1 FROM "authtoken_token" AS t WHERE t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id") THEN 1 ELSE 0 END, NULL, u1."is_active", u1."is_staff", u1."is_superuser", u1."date_joined", u1."last_login", u1."password", 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u0."user_ptr_id" OPERATOR(pg_catalog.>) $1 AND u1."id" OPERATOR(pg_catalog.>=) $2 ORDER BY u0."user_ptr_id" LIMIT 1000;

-- listing::page, the next by text, 1 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE t."user_id" OPERATOR(pg_catalog.>) $1 ORDER BY t."user_id" LIMIT 1000;

-- listing::page, by name, 3 parameters
SELECT u1."username", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, CASE WHEN t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u1."username" IS NOT NULL AND u1."username" OPERATOR(pg_catalog.>=) $1 AND (u1."username" OPERATOR(pg_catalog.>) $2 OR u0."user_ptr_id" OPERATOR(pg_catalog.>) $3) ORDER BY u1."username", u0."user_ptr_id" LIMIT 1000;

-- listing::page, without a name, 0 parameters
SELECT u1."username", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, CASE WHEN t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u1."username" IS NULL ORDER BY t."user_id" LIMIT 1000;

-- listing::page, of a filter, 34 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", NULL, NULL, u1."is_active", u1."is_staff", u1."is_superuser", NULL, u1."last_login", NULL, CASE WHEN (u1."username" OPERATOR(pg_catalog.=) ANY ($1) OR u1."username" OPERATOR(pg_catalog.~~) $2) AND t."key" OPERATOR(pg_catalog.=) ANY ($3) AND t."key" OPERATOR(pg_catalog.~~) $4 AND t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" THEN 1 ELSE 0 END FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE (u1."username" OPERATOR(pg_catalog.=) ANY ($5) OR u1."username" OPERATOR(pg_catalog.~~) $6) AND t."key" OPERATOR(pg_catalog.=) ANY ($7) AND t."key" OPERATOR(pg_catalog.~~) $8 AND t."created" OPERATOR(pg_catalog.<) $9 AND t."created" OPERATOR(pg_catalog.>=) $10 AND u1."is_active" OPERATOR(pg_catalog.=) $11 AND u1."is_staff" OPERATOR(pg_catalog.=) $12 AND u1."is_superuser" OPERATOR(pg_catalog.=) $13 AND u1."last_login" IS NULL AND (NOT (u1."password" OPERATOR(pg_catalog.=) $14 OR u1."password" OPERATOR(pg_catalog.~~) $15 OR u1."password" OPERATOR(pg_catalog.~~) $16 OR u1."password" OPERATOR(pg_catalog.~~) $17 OR u1."password" OPERATOR(pg_catalog.~~) $18 OR u1."password" OPERATOR(pg_catalog.~~) $19 OR u1."password" OPERATOR(pg_catalog.~~) $20 OR u1."password" OPERATOR(pg_catalog.~~) $21) OR u1."password" OPERATOR(pg_catalog.~~) $22 OR u1."password" OPERATOR(pg_catalog.~~) $23 OR u1."password" OPERATOR(pg_catalog.~~) $24 OR u1."password" OPERATOR(pg_catalog.~~) $25 OR u1."password" OPERATOR(pg_catalog.~~) $26 OR u1."password" OPERATOR(pg_catalog.~~) $27 OR u1."password" OPERATOR(pg_catalog.~~) $28 OR u1."password" OPERATOR(pg_catalog.~~) $29 OR u1."password" OPERATOR(pg_catalog.~~) $30 OR u1."password" OPERATOR(pg_catalog.~~) $31) AND t."user_id" OPERATOR(pg_catalog.>) $32 AND u0."user_ptr_id" OPERATOR(pg_catalog.>=) $33 AND u1."id" OPERATOR(pg_catalog.>=) $34 ORDER BY t."user_id" LIMIT 1000;

-- listing::sort_keys, 3 parameters
SELECT t."created", u0."user_ptr_id", t."key" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE t."user_id" OPERATOR(pg_catalog.>) $1 AND u0."user_ptr_id" OPERATOR(pg_catalog.>=) $2 AND u1."id" OPERATOR(pg_catalog.>=) $3 ORDER BY t."user_id" LIMIT 1000;

-- listing::of_keys, 1 parameters
SELECT u0."user_ptr_id", u0."user_ptr_id", t."key", u1."username", t."key", t."created", CASE WHEN t."key" IS NOT NULL THEN 1 ELSE 0 END, NULL, u1."is_active", u1."is_staff", u1."is_superuser", u1."date_joined", u1."last_login", u1."password", 1 FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u0."user_ptr_id" OPERATOR(pg_catalog.=) ANY ($1);

-- listing::count, of numbers, 26 parameters
SELECT pg_catalog.count(*) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE (u1."username"::pg_catalog.text OPERATOR(pg_catalog.~~) $1) AND t."key" OPERATOR(pg_catalog.=) ANY ($2) AND t."key" OPERATOR(pg_catalog.~~) $3 AND t."created" OPERATOR(pg_catalog.<) $4 AND t."created" OPERATOR(pg_catalog.>=) $5 AND u1."is_active" OPERATOR(pg_catalog.=) $6 AND u1."is_staff" OPERATOR(pg_catalog.=) $7 AND u1."is_superuser" OPERATOR(pg_catalog.=) $8 AND u1."last_login" IS NULL AND (NOT (u1."password" OPERATOR(pg_catalog.=) $9 OR u1."password" OPERATOR(pg_catalog.~~) $10 OR u1."password" OPERATOR(pg_catalog.~~) $11 OR u1."password" OPERATOR(pg_catalog.~~) $12 OR u1."password" OPERATOR(pg_catalog.~~) $13 OR u1."password" OPERATOR(pg_catalog.~~) $14 OR u1."password" OPERATOR(pg_catalog.~~) $15 OR u1."password" OPERATOR(pg_catalog.~~) $16) OR u1."password" OPERATOR(pg_catalog.~~) $17 OR u1."password" OPERATOR(pg_catalog.~~) $18 OR u1."password" OPERATOR(pg_catalog.~~) $19 OR u1."password" OPERATOR(pg_catalog.~~) $20 OR u1."password" OPERATOR(pg_catalog.~~) $21 OR u1."password" OPERATOR(pg_catalog.~~) $22 OR u1."password" OPERATOR(pg_catalog.~~) $23 OR u1."password" OPERATOR(pg_catalog.~~) $24 OR u1."password" OPERATOR(pg_catalog.~~) $25 OR u1."password" OPERATOR(pg_catalog.~~) $26);

-- listing::count, 27 parameters
SELECT pg_catalog.count(*) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" LEFT JOIN "authtoken_token" AS t ON t."user_id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE (u1."username" OPERATOR(pg_catalog.=) ANY ($1) OR u1."username" OPERATOR(pg_catalog.~~) $2) AND t."key" OPERATOR(pg_catalog.=) ANY ($3) AND t."key" OPERATOR(pg_catalog.~~) $4 AND u1."date_joined" OPERATOR(pg_catalog.<) $5 AND u1."date_joined" OPERATOR(pg_catalog.>=) $6 AND u1."is_active" OPERATOR(pg_catalog.=) $7 AND u1."is_staff" OPERATOR(pg_catalog.=) $8 AND u1."is_superuser" OPERATOR(pg_catalog.=) $9 AND u1."last_login" IS NULL AND (NOT (u1."password" OPERATOR(pg_catalog.=) $10 OR u1."password" OPERATOR(pg_catalog.~~) $11 OR u1."password" OPERATOR(pg_catalog.~~) $12 OR u1."password" OPERATOR(pg_catalog.~~) $13 OR u1."password" OPERATOR(pg_catalog.~~) $14 OR u1."password" OPERATOR(pg_catalog.~~) $15 OR u1."password" OPERATOR(pg_catalog.~~) $16 OR u1."password" OPERATOR(pg_catalog.~~) $17) OR u1."password" OPERATOR(pg_catalog.~~) $18 OR u1."password" OPERATOR(pg_catalog.~~) $19 OR u1."password" OPERATOR(pg_catalog.~~) $20 OR u1."password" OPERATOR(pg_catalog.~~) $21 OR u1."password" OPERATOR(pg_catalog.~~) $22 OR u1."password" OPERATOR(pg_catalog.~~) $23 OR u1."password" OPERATOR(pg_catalog.~~) $24 OR u1."password" OPERATOR(pg_catalog.~~) $25 OR u1."password" OPERATOR(pg_catalog.~~) $26 OR u1."password" OPERATOR(pg_catalog.~~) $27) AND t."key" IS NOT NULL;

-- newest::rows, 0 parameters
SELECT u1."username", u1."username", pg_catalog.substr(u1."username", 1, 200) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3;

-- newest::rows, of every kind, 0 parameters
SELECT u1."username", u1."username", u0."user_ptr_id", u1."id", pg_catalog.substr(u1."username", 1, 200), pg_catalog.substr(u1."password", 1, 200), u1."is_active", u1."is_staff", u1."is_superuser", u1."last_login", u1."date_joined", u1."a_uuid", u1."a_date"::pg_catalog.text, u1."a_time"::pg_catalog.text, u1."a_decimal"::pg_catalog.text, u1."a_float", u1."a_inet"::pg_catalog.text, pg_catalog.substr(u1."a_json"::pg_catalog.text, 1, 200), pg_catalog.substr(u1."a_bytea"::pg_catalog.text, 1, 200), pg_catalog.substr(u1."a_color", 1, 200) FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3;

-- newest::companions, 0 parameters
WITH n AS (SELECT u0."user_ptr_id" AS "pk" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" ORDER BY u1."username" DESC LIMIT 3 OFFSET 2) SELECT 0, NULL, pg_catalog.count(*) FROM n UNION ALL SELECT 1, NULL, pg_catalog.count(*) FROM n WHERE EXISTS (SELECT 1 FROM "shop_profile" AS r WHERE r."user_id" OPERATOR(pg_catalog.=) n."pk") UNION ALL SELECT -1, g."name"::pg_catalog.text, pg_catalog.count(*) FROM n JOIN "auth_user_groups" AS r ON r."user_id" OPERATOR(pg_catalog.=) n."pk" JOIN "auth_group" AS g ON g."id" OPERATOR(pg_catalog.=) r."group_id" GROUP BY g."name";

-- template::columns, 1 parameters
SELECT u1."username" FROM "member" AS u0 JOIN "auth_user" AS u1 ON u1."id" OPERATOR(pg_catalog.=) u0."user_ptr_id" WHERE u0."user_ptr_id" OPERATOR(pg_catalog.=) $1;

-- template::groups, 1 parameters
SELECT g."name" FROM "auth_user_groups" AS r JOIN "auth_group" AS g ON g."id" OPERATOR(pg_catalog.=) r."group_id" WHERE r."user_id" OPERATOR(pg_catalog.=) $1 ORDER BY g."name";

-- template::tables, 1 parameters
SELECT 0, pg_catalog.count(*) FROM "shop_profile" AS r WHERE r."user_id" OPERATOR(pg_catalog.=) $1;

-- template::copy, 3 parameters
INSERT INTO "shop_profile" ("user_id", "calendar", "locale") SELECT $1, $2, r."locale" FROM "shop_profile" AS r WHERE r."user_id" OPERATOR(pg_catalog.=) $3 ORDER BY r."calendar" LIMIT 1 OFFSET 1;

-- history::applied, 1 parameters
SELECT "app", "name", "applied" FROM "django_migrations" WHERE "app" OPERATOR(pg_catalog.=) ANY ($1) ORDER BY "id";

-- history::record, 3 parameters
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ($1, $2, $3);

-- permissions::content_type, 2 parameters
SELECT "id" FROM "django_content_type" WHERE "app_label" OPERATOR(pg_catalog.=) $1 AND "model" OPERATOR(pg_catalog.=) $2;

-- permissions::insert_content_type, 2 parameters
INSERT INTO "django_content_type" ("app_label", "model") VALUES ($1, $2);

-- permissions::codenames, 1 parameters
SELECT "codename" FROM "auth_permission" WHERE "content_type_id" OPERATOR(pg_catalog.=) $1;

-- permissions::insert_permission, 3 parameters
INSERT INTO "auth_permission" ("content_type_id", "codename", "name") VALUES ($1, $2, $3);

-- permissions::insert_named_content_type, 3 parameters
INSERT INTO "django_content_type" ("name", "app_label", "model") VALUES ($1, $2, $3);

-- sites::any, 0 parameters
SELECT "id" FROM "django_site" LIMIT 1;

-- savepoint::set, 0 parameters
SAVEPOINT drfctl;

-- savepoint::roll_back, 0 parameters
ROLLBACK TO SAVEPOINT drfctl;

-- savepoint::release, 0 parameters
RELEASE SAVEPOINT drfctl;

-- MySQL and MariaDB

-- tokens::held, 4 parameters
SELECT t.`user_id`, t.`key`, t.`created`, CASE WHEN t.`user_id` IN (?, ?) THEN 1 ELSE 0 END FROM `authtoken_token` AS t WHERE t.`user_id` IN (?, ?) FOR UPDATE;

-- tokens::holders, 2 parameters
SELECT t.`user_id`, t.`key`, t.`created`, CASE WHEN t.`key` IN (?) THEN 1 ELSE 0 END FROM `authtoken_token` AS t WHERE t.`key` IN (?);

-- tokens::outermost_keys, 0 parameters
SELECT first.k FROM (SELECT t.`key` AS k FROM `authtoken_token` AS t ORDER BY t.`user_id` LIMIT 50) AS first UNION ALL SELECT last.k FROM (SELECT t.`key` AS k FROM `authtoken_token` AS t ORDER BY t.`user_id` DESC LIMIT 50) AS last;

-- tokens::presented, 2 parameters
SELECT u1.`username`, u1.`is_active`, t.`created`, CASE WHEN t.`key` IN (?) AND t.`user_id` = u0.`user_ptr_id` THEN 1 ELSE 0 END FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE t.`key` = ?;

-- tokens::insert, one, 3 parameters
INSERT INTO `authtoken_token` (`key`, `created`, `user_id`) VALUES (?, ?, ?);

-- tokens::insert, two, 6 parameters
INSERT INTO `authtoken_token` (`key`, `created`, `user_id`) VALUES (?, ?, ?), (?, ?, ?);

-- tokens::reset, one, 3 parameters
UPDATE `authtoken_token` SET `key` = ?, `created` = ? WHERE `user_id` = ?;

-- tokens::reset, two, 7 parameters
UPDATE `authtoken_token` SET `key` = CASE `user_id` WHEN ? THEN ? WHEN ? THEN ? END, `created` = ? WHERE `user_id` IN (?, ?);

-- tokens::delete, one, 1 parameters
DELETE FROM `authtoken_token` WHERE `id` = ?;

-- tokens::delete, two, 2 parameters
DELETE FROM `authtoken_token` WHERE `id` IN (?, ?);

-- tokens::existing, 2 parameters
SELECT t.`id` FROM `authtoken_token` AS t WHERE t.`id` IN (?, ?) FOR UPDATE;

-- tokens::delete_all, 0 parameters
DELETE FROM `authtoken_token`;

-- users::find, 4 parameters
SELECT u0.`user_ptr_id`, u1.`is_active`, CASE WHEN (u1.`username` IN (?, ?)) THEN 1 ELSE 0 END, u1.`username`, u1.`username` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u1.`username` IN (?, ?);

-- users::find, in one of two columns, 4 parameters
SELECT u0.`user_ptr_id`, u1.`is_active`, CASE WHEN (u1.`username` IN (?) OR u1.`password` IN (?)) THEN 1 ELSE 0 END, u1.`username`, u1.`password` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u1.`username` IN (?) OR u1.`password` IN (?) FOR UPDATE;

-- users::similar, 2 parameters
SELECT u1.`username` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u1.`username` IN (?, ?) LIMIT 8;

-- users::groups, 2 parameters
SELECT `id`, `name` FROM `auth_group` WHERE `name` IN (?, ?);

-- users::members, 3 parameters
SELECT `user_id`, `group_id` FROM `auth_user_groups` WHERE `user_id` IN (?) AND `group_id` IN (?, ?);

-- users::create_group, 1 parameters
INSERT INTO `auth_group` (`name`) VALUES (?);

-- users::join, 4 parameters
INSERT INTO `auth_user_groups` (`user_id`, `group_id`) VALUES (?, ?), (?, ?);

-- rows::insert_many, 4 parameters
INSERT INTO `auth_user` (`username`, `is_active`) VALUES (?, ?), (?, ?);

-- rows::update, 2 parameters
UPDATE `auth_user` SET `is_active` = ? WHERE `id` = ?;

-- rows::has, 2 parameters
SELECT 1 FROM `auth_user` AS r WHERE r.`id` = ? AND r.`is_active` = ? FOR UPDATE;

-- rows::count, 0 parameters
SELECT count(*) FROM `authtoken_token`;

-- rows::presence, 0 parameters
SELECT CASE WHEN EXISTS (SELECT 1 FROM `knox_authtoken`) THEN 1 ELSE 0 END, CASE WHEN EXISTS (SELECT 1 FROM `other "token"`) THEN 1 ELSE 0 END;

-- listing::page, the first, 0 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` ORDER BY t.`user_id` LIMIT 1000;

-- listing::page, of few cells, 0 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, NULL, u1.`username`, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` ORDER BY t.`user_id` LIMIT 1000;

-- listing::page, the next, 3 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE t.`user_id` < ? AND u0.`user_ptr_id` <= ? AND u1.`id` <= ? ORDER BY t.`user_id` DESC LIMIT 1000 FOR UPDATE;

-- listing::page, several tokens a user, 5 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, t.`id`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE t.`user_id` >= ? AND (t.`user_id` > ? OR t.`id` > ?) AND u0.`user_ptr_id` >= ? AND u1.`id` >= ? ORDER BY t.`user_id`, t.`id` LIMIT 1000;

-- listing::page, users with several, 2 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, NULL, u1.`username`, NULL, NULL, CASE WHEN EXISTS (SELECT 1 FROM `authtoken_token` AS t WHERE t.`user_id` = u0.`user_ptr_id`) THEN 1 ELSE 0 END, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, u1.`date_joined`, u1.`last_login`, u1.`password`, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u0.`user_ptr_id` > ? AND u1.`id` >= ? ORDER BY u0.`user_ptr_id` LIMIT 1000;

-- listing::page, the next by text, 1 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE t.`user_id` > ? ORDER BY t.`user_id` LIMIT 1000;

-- listing::page, by name, 3 parameters
SELECT u1.`username`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, CASE WHEN t.`user_id` = u0.`user_ptr_id` THEN 1 ELSE 0 END FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u1.`username` IS NOT NULL AND u1.`username` >= ? AND (u1.`username` > ? OR u0.`user_ptr_id` > ?) ORDER BY u1.`username`, u0.`user_ptr_id` LIMIT 1000;

-- listing::page, without a name, 0 parameters
SELECT u1.`username`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, CASE WHEN t.`user_id` = u0.`user_ptr_id` THEN 1 ELSE 0 END FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u1.`username` IS NULL ORDER BY t.`user_id` LIMIT 1000;

-- listing::page, of a filter, 36 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, NULL, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, NULL, u1.`last_login`, NULL, CASE WHEN (u1.`username` IN (?, ?) OR CONVERT(u1.`username` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IN (?) AND CONVERT(t.`key` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' AND t.`user_id` = u0.`user_ptr_id` THEN 1 ELSE 0 END FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE (u1.`username` IN (?, ?) OR CONVERT(u1.`username` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IN (?) AND CONVERT(t.`key` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' AND t.`created` < ? AND t.`created` >= ? AND u1.`is_active` = ? AND u1.`is_staff` = ? AND u1.`is_superuser` = ? AND u1.`last_login` IS NULL AND (NOT (u1.`password` = ? OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`user_id` > ? AND u0.`user_ptr_id` >= ? AND u1.`id` >= ? ORDER BY t.`user_id` LIMIT 1000;

-- listing::sort_keys, 3 parameters
SELECT t.`created`, u0.`user_ptr_id`, t.`key` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE t.`user_id` > ? AND u0.`user_ptr_id` >= ? AND u1.`id` >= ? ORDER BY t.`user_id` LIMIT 1000;

-- listing::of_keys, 2 parameters
SELECT u0.`user_ptr_id`, u0.`user_ptr_id`, t.`key`, u1.`username`, t.`key`, t.`created`, CASE WHEN t.`key` IS NOT NULL THEN 1 ELSE 0 END, NULL, u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, u1.`date_joined`, u1.`last_login`, u1.`password`, 1 FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` LEFT JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE u0.`user_ptr_id` IN (?, ?);

-- listing::count, of numbers, 26 parameters
SELECT count(*) FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE (CONVERT(u1.`username` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IN (?) AND CONVERT(t.`key` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' AND t.`created` < ? AND t.`created` >= ? AND u1.`is_active` = ? AND u1.`is_staff` = ? AND u1.`is_superuser` = ? AND u1.`last_login` IS NULL AND (NOT (u1.`password` = ? OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!');

-- listing::count, 28 parameters
SELECT count(*) FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` LEFT JOIN `authtoken_token` AS t ON t.`user_id` = u0.`user_ptr_id` WHERE (u1.`username` IN (?, ?) OR CONVERT(u1.`username` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IN (?) AND CONVERT(t.`key` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' AND u1.`date_joined` < ? AND u1.`date_joined` >= ? AND u1.`is_active` = ? AND u1.`is_staff` = ? AND u1.`is_superuser` = ? AND u1.`last_login` IS NULL AND (NOT (u1.`password` = ? OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!' OR CONVERT(u1.`password` USING utf8mb4) LIKE ? COLLATE utf8mb4_bin ESCAPE '!') AND t.`key` IS NOT NULL;

-- newest::rows, 0 parameters
SELECT u1.`username`, u1.`username`, substr(u1.`username`, 1, 200) FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` ORDER BY u1.`username` DESC LIMIT 3;

-- newest::rows, of every kind, 0 parameters
SELECT u1.`username`, u1.`username`, u0.`user_ptr_id`, u1.`id`, substr(u1.`username`, 1, 200), substr(u1.`password`, 1, 200), u1.`is_active`, u1.`is_staff`, u1.`is_superuser`, u1.`last_login`, u1.`date_joined`, u1.`a_uuid`, u1.`a_date`, u1.`a_time`, u1.`a_decimal`, u1.`a_float`, u1.`a_inet`, substr(u1.`a_json`, 1, 200), substr(u1.`a_bytea`, 1, 200), substr(u1.`a_color`, 1, 200) FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` ORDER BY u1.`username` DESC LIMIT 3;

-- newest::companions, 0 parameters
WITH n AS (SELECT u0.`user_ptr_id` AS `pk` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` ORDER BY u1.`username` DESC LIMIT 3 OFFSET 2) SELECT 0, NULL, count(*) FROM n UNION ALL SELECT 1, NULL, count(*) FROM n WHERE EXISTS (SELECT 1 FROM `shop_profile` AS r WHERE r.`user_id` = n.`pk`) UNION ALL SELECT -1, g.`name`, count(*) FROM n JOIN `auth_user_groups` AS r ON r.`user_id` = n.`pk` JOIN `auth_group` AS g ON g.`id` = r.`group_id` GROUP BY g.`name`;

-- template::columns, 1 parameters
SELECT u1.`username` FROM `member` AS u0 JOIN `auth_user` AS u1 ON u1.`id` = u0.`user_ptr_id` WHERE u0.`user_ptr_id` = ?;

-- template::groups, 1 parameters
SELECT g.`name` FROM `auth_user_groups` AS r JOIN `auth_group` AS g ON g.`id` = r.`group_id` WHERE r.`user_id` = ? ORDER BY g.`name`;

-- template::tables, 1 parameters
SELECT 0, count(*) FROM `shop_profile` AS r WHERE r.`user_id` = ?;

-- template::copy, 3 parameters
INSERT INTO `shop_profile` (`user_id`, `calendar`, `locale`) SELECT ?, ?, r.`locale` FROM `shop_profile` AS r WHERE r.`user_id` = ? ORDER BY r.`calendar` LIMIT 1 OFFSET 1;

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

-- permissions::insert_named_content_type, 3 parameters
INSERT INTO `django_content_type` (`name`, `app_label`, `model`) VALUES (?, ?, ?);

-- sites::any, 0 parameters
SELECT `id` FROM `django_site` LIMIT 1;

-- savepoint::set, 0 parameters
SAVEPOINT drfctl;

-- savepoint::roll_back, 0 parameters
ROLLBACK TO SAVEPOINT drfctl;

-- savepoint::release, 0 parameters
RELEASE SAVEPOINT drfctl;


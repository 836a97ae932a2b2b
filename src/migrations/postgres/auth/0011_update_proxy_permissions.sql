--
-- Raw Python operation ->     Update the content_type of prox…
--
-- It moves the permissions of proxy models from the content type of the
-- concrete model to the proxy's own. Which models are proxies only the
-- application knows. A row here is the trace of one: a content type without
-- permissions, whose add, change and delete stand at another content type.
-- begin manage.py
SELECT "proxy"."app_label", "proxy"."model" FROM "django_content_type" AS "proxy"
WHERE NOT EXISTS (
    SELECT 1 FROM "auth_permission" AS "own" WHERE "own"."content_type_id" OPERATOR(pg_catalog.=) "proxy"."id"
)
AND EXISTS (
    SELECT 1 FROM "auth_permission" AS "p"
    JOIN "django_content_type" AS "concrete" ON "concrete"."id" OPERATOR(pg_catalog.=) "p"."content_type_id"
    WHERE "p"."codename"::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY[
        'add_' OPERATOR(pg_catalog.||) "proxy"."model"::pg_catalog.text,
        'change_' OPERATOR(pg_catalog.||) "proxy"."model"::pg_catalog.text,
        'delete_' OPERATOR(pg_catalog.||) "proxy"."model"::pg_catalog.text
    ])
    AND "concrete"."id" OPERATOR(pg_catalog.<>) "proxy"."id"
    GROUP BY "concrete"."id" HAVING pg_catalog.count(*) OPERATOR(pg_catalog.=) 3
)
-- end

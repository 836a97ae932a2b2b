INSERT INTO "django_site" ("id", "domain", "name") VALUES ({site_id}, 'example.com', 'example.com');
SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('"django_site"', 'id'), {site_id});

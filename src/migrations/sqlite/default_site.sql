INSERT INTO "django_site" ("id", "domain", "name") VALUES ({site_id}, 'example.com', 'example.com');

//! PostgreSQL resolves functions and operators along the search path. In `public`, other roles may
//! have created some that match better than the built-in ones; each tenant may have its own tables.
//!
//! Tags such as `N83` name cases of `tests/CASES.md`.

use crate::support::{Engine, Sandbox, Site};

/// Creates functions and operators for the types of Django's columns. Each of them fails and names
/// the role with whose rights it runs.
const TRAPS: &str = r#"
DO $traps$
DECLARE
    functions text[] := '{abs,array_length,btrim,cardinality,char_length,coalesce,concat,count,date_part,format_type,
        generate_subscripts,length,lower,ltrim,max,min,now,octet_length,pg_table_is_visible,quote_ident,replace,rtrim,
        strpos,substr,substring,sum,to_char,to_regclass,to_timestamp,trim,unnest,upper}';
    operators text[] := '{=,<>,<,<=,>,>=,||,~~,!~~,~~*,~}';
    kinds text[] := '{varchar,text,name,"\"char\"",smallint,int4,int8,oid,bool,timestamptz,uuid,bpchar,int2vector,
        int2[],int4[],int8[],text[],varchar[],name[],regclass,oid[]}';
    f text; o text; a text; b text; n integer := 0;
BEGIN
    FOREACH a IN ARRAY kinds LOOP
        FOREACH f IN ARRAY functions LOOP
            BEGIN
                EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS $f$
                    BEGIN RAISE EXCEPTION ''run with the rights of %%'', current_user; END $f$', f, a);
            EXCEPTION WHEN duplicate_function THEN NULL;
            END;
        END LOOP;
        FOREACH b IN ARRAY kinds LOOP
            n := n + 1;
            EXECUTE format('CREATE FUNCTION public.trap_%s(%s, %s) RETURNS bool LANGUAGE plpgsql AS $f$
                BEGIN RAISE EXCEPTION ''run with the rights of %%'', current_user; END $f$', n, a, b);
            FOREACH o IN ARRAY operators LOOP
                EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap_%s)',
                    o, a, b, n);
            END LOOP;
        END LOOP;
    END LOOP;
END $traps$;
"#;

/// Creates these functions and operators as a role without other rights.
fn create_traps(sandbox: &Sandbox) {
    let role = format!("{}_limited", sandbox.value("SELECT current_database()"));
    sandbox.exec(&format!(
        "CREATE ROLE {role}; GRANT CREATE, USAGE ON SCHEMA public TO {role}; SET ROLE {role}; {TRAPS} RESET ROLE"
    ));
}

/// N83, K6
#[test]
fn functions_and_operators_of_other_roles_never_run() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.give_numbered_tokens();
    create_traps(&sandbox);
    for careless in
        ["SELECT 1 FROM auth_user WHERE username = 'alice'::varchar", "SELECT cardinality('{1}'::smallint[])"]
    {
        let error = sandbox.postgres().batch_execute(careless).unwrap_err();
        assert!(format!("{error:?}").contains("run with the rights of postgres"), "{error:?}");
    }
    let users = "username,email,groups\nerin,erin@example.com,\nfay,fay@example.com,\n";
    for (words, stdin) in [
        ("create-token alice", ""),
        ("create-token -r alice", ""),
        ("create-token -r a* --yes", ""),
        ("create-token -r --all --yes", ""),
        ("create-token -r --all --yes --single-transaction", ""),
        ("create-token -", "alice\nbob\n"),
        ("list", ""),
        ("list --older-than 1min --superusers --sort username", ""),
        ("list b*", ""),
        ("list --never-logged-in --count", ""),
        ("list users --weak-password", ""),
        ("list --key-prefix 0 --show-keys", ""),
        ("list users --without-token --sort last-login", ""),
        ("list users alice --staff --reverse --sort created", ""),
        ("create-user carol --password-stdin --with-token", "correct horse battery"),
        ("create-user carol --update --superuser", ""),
        ("create-user dan --no-password --like alice", ""),
        ("create-user --from - --no-password --with-token", users),
        ("set-password carol --password-stdin", "staple correct horse"),
        ("verify --user carol --password-stdin", "staple correct horse"),
        ("deactivate carol", ""),
        ("activate carol", ""),
        ("inspect", ""),
        ("migrate --plan", ""),
        ("migrate", ""),
        ("revoke alice", ""),
        ("revoke --inactive --yes", ""),
        ("revoke --all --yes", ""),
    ] {
        let outcome = sandbox.drfctl(words.split(' ')).stdin(stdin).run();
        assert_eq!(outcome.status, "0", "{words}: {outcome}");
    }
}

/// N83
#[test]
fn no_migration_runs_functions_of_other_roles() {
    let sandbox = Sandbox::unmigrated_on(Engine::Postgres, Site::Stock);
    create_traps(&sandbox);
    for args in [&["migrate"][..], &["migrate", "admin", "sessions", "sites"]] {
        let outcome = sandbox.drfctl(args).run();
        assert_eq!(outcome.status, "0", "{outcome}");
    }
}

/// N29d: like django-tenants, with a schema for each tenant.
#[test]
fn one_of_several_token_schemas_is_named() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    let inspected = |path: &str| {
        let record = sandbox.drfctl(["inspect"]).env("PGOPTIONS", path).records("0").remove(0);
        (record["token_schema"].as_str().unwrap().to_owned(), record["other_token_schemas"].as_u64())
    };
    let note = |schema: &str, others: &str| {
        format!("note: the search path selects the table authtoken_token of the schema {schema}; {others}\n")
    };
    let tokens_in = |schema: &str| sandbox.value(&format!("SELECT count(*) FROM {schema}.authtoken_token"));
    for (tenant, expected) in [
        (None, None),
        (Some("shop_a"), Some("another schema also has one")),
        (Some("shop_b"), Some("2 other schemas also have one")),
    ] {
        if let Some(tenant) = tenant {
            sandbox.exec(&format!(
                "CREATE SCHEMA {tenant}; CREATE TABLE {tenant}.authtoken_token (LIKE authtoken_token INCLUDING ALL,
                 FOREIGN KEY (user_id) REFERENCES auth_user (id))"
            ));
        }
        let expected = expected.map(|others| note("public", others)).unwrap_or_default();
        for words in ["create-token alice", "create-token -r alice", "revoke alice", "set-password bob --no-password"] {
            let outcome = sandbox.drfctl(words.split(' ')).run();
            assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", expected.as_str()), "{words}");
        }
        for words in ["list", "list users"] {
            assert_eq!(sandbox.drfctl(words.split(' ')).run().stderr, "", "{words}");
        }
    }
    assert_eq!(inspected(""), ("public".to_owned(), Some(2)));
    assert_eq!(inspected("-csearch_path=shop_b,public"), ("shop_b".to_owned(), Some(2)));
    let outcome = sandbox.drfctl(["create-token", "alice"]).env("PGOPTIONS", "-csearch_path=shop_a,public").run();
    assert_eq!(outcome.stderr, note("shop_a", "2 other schemas also have one"));
    assert_eq!(["public", "shop_a", "shop_b"].map(tokens_in), ["0", "1", "0"]);
}

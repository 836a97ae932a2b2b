//! Lists through the library, which accepts requests that the command line rejects.

use std::ffi::OsStr;
use std::time::Duration;

use drfctl::admin::identity::ModelOptions;
use drfctl::admin::{DatabaseConfig, ListRequest, Listing, ONE_STATEMENT, Session};
use drfctl::django::authorization::PresentedKey;
use drfctl::django::timestamp::TimeKeeping;
use drfctl::django::username::Username;
use drfctl::engine::{Absent, Aliases, FilePolicy, OnWait, Options, OtherOwner, Target, Variables};
use drfctl::error::{Kind, Result};
use drfctl::os::{Interrupt, StepDown};
use drfctl::query::filter::Filter;
use drfctl::query::listing::Sort;

use crate::support::Sandbox;

/// Opens the database of a sandbox.
fn open(sandbox: &Sandbox) -> Session {
    let options = Options {
        absent: Absent::Refused,
        busy_timeout: Duration::ZERO,
        files: FilePolicy { other_owner: OtherOwner::Opened, aliases: Aliases::Opened, step_down: StepDown::Never },
        variables: Variables::default(),
        time_zone: None,
        interrupt: Interrupt::default(),
        on_wait: OnWait::default(),
    };
    let (target, given, time) = (Target::File(sandbox.db()), ModelOptions::default(), TimeKeeping::utc());
    Session::open(DatabaseConfig { target, options, given, time, installed: None, application: None }).unwrap()
}

/// Returns the usernames of the listed tokens.
fn listed_usernames(session: &mut Session, request: &ListRequest) -> Result<Vec<String>> {
    let mut usernames = Vec::new();
    session.list_tokens(request, &mut |event| {
        if let Listing::Row(token) = event {
            usernames.push(token.user.username()?.readable().into_owned());
        }
        Ok(())
    })?;
    Ok(usernames)
}

#[test]
fn a_list_in_several_statements_rejects_a_limit_and_an_order() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(3);
    sandbox.exec("INSERT INTO authtoken_token SELECT lower(hex(randomblob(20))), '2026-01-01', id FROM auth_user");
    let mut session = open(&sandbox);
    let name = |name: &str| Username::parse(OsStr::new(name)).unwrap();
    let others = (0..ONE_STATEMENT).map(|n| name(&format!("nobody{n}")));
    // Two chunks, each with one existing user.
    let names = [name("u1")].into_iter().chain(others).chain([name("u2")]).collect();
    let filter = Filter { names, ..Filter::default() };
    let request = |sort, limit| ListRequest { filter: filter.clone(), sort, limit, ..ListRequest::default() };
    assert_eq!(listed_usernames(&mut session, &request(None, None)).unwrap(), ["u1", "u2"]);
    for (sort, limit) in [(Some(Sort::Created), None), (None, Some(1))] {
        let error = listed_usernames(&mut session, &request(sort, limit)).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
    }
    // The key is in another chunk than the name.
    let key = sandbox.sql("SELECT key FROM authtoken_token JOIN auth_user ON id = user_id WHERE username = 'u2'");
    let filter = Filter { keys: vec![PresentedKey::new(&key[0][0])], ..filter };
    let request = ListRequest { filter, ..ListRequest::default() };
    assert_eq!(listed_usernames(&mut session, &request).unwrap(), ["u2"]);
}

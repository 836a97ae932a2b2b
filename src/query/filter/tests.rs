use super::*;

#[test]
fn every_condition_makes_a_filter_selective() {
    let all = Filter::default();
    assert!(all.is_empty() && !all.has_conditions() && !all.has_age());
    let time = Timestamp::UNIX_EPOCH;
    for (filter, has_age) in [
        (Filter { key_prefix: Some("ab".to_owned()), ..all.clone() }, false),
        (Filter { older_than: Some(time), ..all.clone() }, true),
        (Filter { newer_than: Some(time), ..all.clone() }, true),
        (Filter { is_active: Some(false), ..all.clone() }, false),
        (Filter { is_staff: true, ..all.clone() }, false),
        (Filter { is_superuser: true, ..all.clone() }, false),
        (Filter { never_logged_in: true, ..all.clone() }, false),
        (Filter { has_weak_password: true, ..all.clone() }, false),
        (Filter { has_token: Some(true), ..all.clone() }, false),
    ] {
        assert!(filter.has_conditions() && !filter.is_empty(), "{filter:?}");
        assert_eq!(filter.has_age(), has_age, "{filter:?}");
    }
    let keyed = Filter { keys: vec![PresentedKey::new("ab")], ..all };
    assert!(!keyed.has_conditions() && !keyed.is_empty());
}

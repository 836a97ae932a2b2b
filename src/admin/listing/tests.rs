//! How large pages are, and in which order rows come that the database does not sort.

use super::*;
use crate::query::filter::RowKey;

#[test]
fn a_page_is_twice_as_large_after_a_full_one() {
    for (found, limit, next) in
        [(100, 100, 200), (1, 1, 2), (400, 400, 800), (600, 600, PAGE), (PAGE, PAGE, PAGE), (7, 100, 7), (0, 100, 1)]
    {
        assert_eq!(next_page(found, limit), next, "{found} of {limit}");
    }
}

#[test]
fn rows_without_a_sort_value_come_last_in_both_directions() {
    let entry = |(user, moment)| {
        let id = RowId::new(RowKey::User, &Cell::Integer(user), &Cell::Null).unwrap();
        Entry { moment, id }
    };
    let rows = [(1, None), (2, Some(20)), (3, Some(10)), (4, None), (5, Some(10))];
    for (direction, most, expected) in [
        (Direction::Ascending, 9, &[3, 5, 2, 1, 4][..]),
        (Direction::Descending, 9, &[2, 5, 3, 4, 1]),
        (Direction::Descending, 2, &[2, 5]),
        (Direction::Ascending, 0, &[]),
    ] {
        let mut entries: Vec<Entry> = rows.into_iter().map(entry).collect();
        put_in_order(&mut entries, direction, most);
        let users: Vec<i64> = entries.iter().filter_map(|entry| entry.id.to_value().as_integer()).collect();
        assert_eq!(users, expected, "{direction:?}");
    }
}

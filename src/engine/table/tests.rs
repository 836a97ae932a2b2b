//! The families of column types, and how names are found.

use super::*;

fn column(declared: &str) -> Column {
    Column {
        name: "Age".to_owned(),
        kind: ColumnKind::of_declared(declared),
        declared: declared.to_owned(),
        type_schema: None,
        range: Some(0..=9),
        not_null: true,
        has_default: false,
        is_generated: false,
        primary_key: true,
    }
}

#[test]
fn the_family_of_a_type_is_known_by_its_name() {
    for (declared, name, max_length) in [
        ("char(32)", "uuid", None),
        ("char(39)", "inet", None),
        ("tinyint(1)", "boolean", None),
        ("tinyint(4)", "integer", None),
        ("BIGINT(20) unsigned", "bigint", None),
        ("varchar(150)", "text", Some(150)),
        ("character varying(30)", "text", Some(30)),
        ("character varying(30)[]", "character varying(30)[]", None),
        ("integer[]", "integer[]", None),
        ("text", "text", None),
        ("timestamp with time zone", "datetime", None),
        ("double precision", "float", None),
        ("numeric(6,2)", "decimal", None),
        ("jsonb", "json", None),
        ("Color", "color", None),
    ] {
        let column = column(declared);
        assert_eq!((column.kind.name(), column.max_length()), (name, max_length), "{declared}");
        assert_eq!(column.kind.is_integer(), ["integer", "bigint"].contains(&name), "{declared}");
        assert_eq!(column.keeps_zone(), declared.contains("zone"), "{declared}");
    }
}

#[test]
fn only_values_of_related_kinds_can_be_equal() {
    let text = || ColumnKind::Text;
    for (one, other, joins) in [
        (ColumnKind::Integer, ColumnKind::BigInteger, true),
        (ColumnKind::Uuid, text(), true),
        (text(), ColumnKind::IpAddress, true),
        (ColumnKind::Date, ColumnKind::Date, true),
        (ColumnKind::Integer, text(), false),
        (text(), ColumnKind::BigInteger, false),
        (ColumnKind::Date, ColumnKind::DateTime, false),
    ] {
        assert_eq!(one.joins(&other), joins, "{one:?} {other:?}");
    }
}

#[test]
fn a_column_is_found_by_its_name_in_any_case() {
    let other = Column { name: "age".to_owned(), has_default: true, ..column("integer") };
    let table = Table {
        columns: vec![column("integer"), other],
        unique: vec![vec!["a".to_owned(), "b".to_owned()], vec!["Age".to_owned()]],
        ..Table::default()
    };
    let is_required = |name| table.column(name).map(Column::is_required);
    assert_eq!(["Age", "age", "AGE", "aged"].map(is_required), [Some(true), Some(false), Some(true), None]);
    assert_eq!(["AGE", "a", "b"].map(|name| table.is_unique(name)), [true, false, false]);
    assert!(table.primary_key().is_none());
    let single = Table { columns: vec![column("integer")], ..Table::default() };
    assert_eq!(single.primary_key().map(|key| key.name.as_str()), Some("Age"));
    assert_eq!([-1, 0, 9, 10].map(|number| single.columns[0].holds(number)), [false, true, true, false]);
}

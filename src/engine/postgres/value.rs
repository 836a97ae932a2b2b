//! Converts values to and from PostgreSQL's.
//!
//! Parameters are sent as text, which the server converts to the type of the
//! column. Cells are received in the binary form of a few types.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::engine::moment::to_text;
use crate::engine::row::{Cells, no_cell};
use crate::engine::value::{Cell, Value};
use crate::error::Result;

type Boxed = Box<dyn StdError + Sync + Send>;

/// Seconds from 1970 to 2000, PostgreSQL's epoch.
const EPOCH: i64 = 946_684_800;

impl ToSql for Value {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Boxed> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Text(text) => out.extend_from_slice(text),
            Self::DateTime(stored) => out.extend_from_slice(to_text(*stored).as_bytes()),
            Self::Other(bytes) => {
                out.extend_from_slice(br"\x");
                out.extend_from_slice(hex::encode(bytes).as_bytes());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A row of PostgreSQL. Times with a zone are converted to the zone of the
/// application.
pub(super) struct PostgresRow<'a> {
    pub(super) row: &'a tokio_postgres::Row,
    pub(super) zone: Option<&'a TimeZone>,
}

impl Cells for PostgresRow<'_> {
    fn cell(&self, at: usize) -> Result<Cell<'_>> {
        let column = self.row.columns().get(at).ok_or_else(no_cell)?;
        let Received(cell) = self.row.try_get(at).map_err(|error| no_cell().caused_by(error))?;
        Ok(match cell {
            Cell::DateTime(utc) if *column.type_() == Type::TIMESTAMPTZ => Cell::DateTime(in_zone(utc, self.zone)),
            cell => cell,
        })
    }
}

/// A value in binary form.
struct Received<'a>(Cell<'a>);

impl<'a> FromSql<'a> for Received<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> std::result::Result<Self, Boxed> {
        Ok(Self(match *kind {
            Type::BOOL => Cell::Integer(i64::from(raw.first() == Some(&1))),
            Type::INT2 => Cell::Integer(i16::from_be_bytes(raw.try_into()?).into()),
            Type::INT4 => Cell::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT8 => Cell::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::OID => Cell::Integer(u32::from_be_bytes(raw.try_into()?).into()),
            Type::UUID => Cell::Uuid(raw.try_into()?),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                moment(i64::from_be_bytes(raw.try_into()?)).map_or(Cell::Null, Cell::DateTime)
            }
            // The shortest form that has all digits.
            Type::FLOAT4 => Cell::Real(f32::from_be_bytes(raw.try_into()?).to_string().parse()?),
            Type::FLOAT8 => Cell::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::CHAR => {
                Cell::Text(Cow::Borrowed(raw))
            }
            ref other if other.name() == "citext" => Cell::Text(Cow::Borrowed(raw)),
            _ => Cell::Bytes(raw),
        }))
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Boxed> {
        Ok(Self(Cell::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Returns a timestamp from microseconds since 2000; `None` for infinity.
fn moment(microseconds: i64) -> Option<DateTime> {
    let since = SignedDuration::from_micros(microseconds);
    let at = Timestamp::from_second(EPOCH).ok()?.checked_add(since).ok()?;
    Some(at.to_zoned(TimeZone::UTC).datetime())
}

/// Converts a UTC timestamp to the local time of a zone.
fn in_zone(utc: DateTime, zone: Option<&TimeZone>) -> DateTime {
    let Some(zone) = zone else { return utc };
    utc.to_zoned(TimeZone::UTC).map_or(utc, |at| at.with_time_zone(zone.clone()).datetime())
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Kind;

    use super::*;

    #[test]
    fn binary_values_of_the_server_are_decoded() {
        let read = |kind: Type, raw: &[u8]| Received::from_sql(&kind, raw).unwrap().0.readable().into_owned();
        assert_eq!(read(Type::INT2, &[0xff, 0xfe]), "-2");
        assert_eq!(read(Type::INT4, &[0, 0, 1, 0]), "256");
        assert_eq!(read(Type::INT8, &[0x80, 0, 0, 0, 0, 0, 0, 0]), i64::MIN.to_string());
        assert_eq!(read(Type::BOOL, &[1]), "1");
        assert_eq!(read(Type::TIMESTAMPTZ, &0_i64.to_be_bytes()), "2000-01-01T00:00:00");
        assert_eq!(read(Type::TIMESTAMPTZ, &(-1_i64).to_be_bytes()), "1999-12-31T23:59:59.999999");
        assert_eq!(read(Type::TIMESTAMP, &i64::MAX.to_be_bytes()), "");
        assert_eq!(read(Type::UUID, &[0xab; 16]), "ab".repeat(16));
    }

    #[test]
    fn types_without_a_binary_form_of_their_own_are_text_or_bytes() {
        let citext = Type::new("citext".to_owned(), 70_000, Kind::Simple, "public".to_owned());
        let other = Type::new("color".to_owned(), 70_001, Kind::Simple, "public".to_owned());
        for (kind, raw, shown, copied) in [
            (Type::OID, &[0xff, 0xff, 0xff, 0xff][..], "4294967295", "Integer"),
            (Type::FLOAT4, &0.1_f32.to_be_bytes(), "0.1", "Text"),
            (Type::FLOAT8, &2.5_f64.to_be_bytes(), "2.5", "Text"),
            (Type::VARCHAR, b"alice", "alice", "Text"),
            (citext, b"Alice", "Alice", "Text"),
            (other, b"red", "red", "Other"),
            (Type::BYTEA, b"\xff", r"\xff", "Other"),
            (Type::BOOL, &[0], "0", "Integer"),
        ] {
            let Received(cell) = Received::from_sql(&kind, raw).unwrap();
            assert_eq!(
                (cell.readable().as_ref(), format!("{:?}", cell.to_value()).as_str()),
                (shown, copied),
                "{kind}"
            );
        }
        assert!(Received::from_sql(&Type::OID, b"x").is_err());
        assert!(Received::from_sql_null(&Type::INT4).unwrap().0.is_null());
    }

    #[test]
    fn a_parameter_is_sent_as_text() {
        let at = "2026-01-31T09:00:00".parse().unwrap();
        for (value, sent) in [
            (Value::Null, None),
            (Value::Integer(-7), Some("-7")),
            (Value::text("O'Neil"), Some("O'Neil")),
            (Value::DateTime(at), Some("2026-01-31 09:00:00")),
            (Value::Other(vec![0, 0xab]), Some(r"\x00ab")),
        ] {
            let mut out = BytesMut::new();
            let is_null = matches!(value.to_sql(&Type::TEXT, &mut out).unwrap(), IsNull::Yes);
            assert_eq!((is_null, &out[..]), (sent.is_none(), sent.unwrap_or_default().as_bytes()));
            assert!(matches!(value.encode_format(&Type::TEXT), Format::Text));
        }
    }

    #[test]
    fn a_time_is_converted_to_the_zone_of_the_application() {
        let utc: DateTime = "2026-07-01T10:00:00".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!((in_zone(utc, None), in_zone(utc, Some(&zone)).to_string().as_str()), (utc, "2026-07-01T12:00:00"));
    }
}

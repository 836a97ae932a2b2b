//! Values on their way into PostgreSQL and out of it.
//!
//! They go in as text, which the server reads as whatever type the column has;
//! they come out in the binary form of a few types.

use std::error::Error as StdError;

use bytes::BytesMut;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};
use zeroize::Zeroizing;

use crate::django::timestamp;
use crate::sql::Value;

type Boxed = Box<dyn StdError + Sync + Send>;

/// Seconds from 1970 to 2000, where PostgreSQL's time begins.
const EPOCH: i64 = 946_684_800;

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Integer(number) if *kind == Type::BOOL => {
                out.extend_from_slice(if *number == 0 { b"f" } else { b"t" });
            }
            Self::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Text(text) => out.extend_from_slice(text),
            Self::DateTime(stored) => out.extend_from_slice(timestamp::to_text(*stored).as_bytes()),
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

/// A value as it came.
pub(super) struct Received(pub(super) Value);

impl<'a> FromSql<'a> for Received {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        let integer = |bytes: &[u8]| {
            bytes.iter().fold(if bytes[0] & 0x80 == 0 { 0 } else { -1 }, |n: i64, b| n << 8 | i64::from(*b))
        };
        Ok(Self(match *kind {
            Type::BOOL => Value::Integer(i64::from(raw.first() == Some(&1))),
            Type::INT2 | Type::INT4 | Type::INT8 if !raw.is_empty() => Value::Integer(integer(raw)),
            Type::OID => Value::Integer(i64::from(u32::from_be_bytes(raw.try_into()?))),
            // Without dashes, as Django keeps it elsewhere; the server takes both.
            Type::UUID => Value::text(&hex::encode(raw)),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                moment(i64::from_be_bytes(raw.try_into()?)).map_or(Value::Null, Value::DateTime)
            }
            Type::BYTEA => Value::Other(raw.to_vec()),
            Type::FLOAT4 => Value::text(&f32::from_be_bytes(raw.try_into()?).to_string()),
            Type::FLOAT8 => Value::text(&f64::from_be_bytes(raw.try_into()?).to_string()),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::CHAR => text(raw),
            ref other if other.name() == "citext" => text(raw),
            _ => Value::Other(raw.to_vec()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Boxed> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn text(raw: &[u8]) -> Value {
    Value::Text(Zeroizing::new(raw.to_vec()))
}

/// A moment of PostgreSQL's: microseconds since 2000. Its infinities are none.
fn moment(microseconds: i64) -> Option<DateTime> {
    let since = SignedDuration::from_micros(microseconds);
    let at = Timestamp::from_second(EPOCH).ok()?.checked_add(since).ok()?;
    Some(at.to_zoned(TimeZone::UTC).datetime())
}

/// The same moment as the clock of a zone shows it.
pub(super) fn in_zone(value: Value, kind: &Type, zone: Option<&TimeZone>) -> Value {
    match (value, zone) {
        (Value::DateTime(utc), Some(zone)) if *kind == Type::TIMESTAMPTZ => {
            let local = utc.to_zoned(TimeZone::UTC).map(|at| at.with_time_zone(zone.clone()).datetime());
            Value::DateTime(local.unwrap_or(utc))
        }
        (value, _) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_sends_is_read_as_it_is() {
        let read = |kind: Type, raw: &[u8]| Received::from_sql(&kind, raw).unwrap().0.readable();
        assert_eq!(read(Type::INT2, &[0xff, 0xfe]), "-2");
        assert_eq!(read(Type::INT4, &[0, 0, 1, 0]), "256");
        assert_eq!(read(Type::INT8, &[0x80, 0, 0, 0, 0, 0, 0, 0]), i64::MIN.to_string());
        assert_eq!(read(Type::BOOL, &[1]), "1");
        assert_eq!(read(Type::TIMESTAMPTZ, &0_i64.to_be_bytes()), "2000-01-01T00:00:00");
        assert_eq!(read(Type::TIMESTAMPTZ, &(-1_i64).to_be_bytes()), "1999-12-31T23:59:59.999999");
        assert_eq!(read(Type::TIMESTAMP, &i64::MAX.to_be_bytes()), "");
        assert_eq!(read(Type::UUID, &[0xab; 16]), "ab".repeat(16));
    }
}

//! The shape of a table, in terms common to all engines.

use std::ops::RangeInclusive;

/// The name of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableName {
    /// The name, as the catalog spells it.
    pub name: String,
    /// Its schema, if that is outside the search path.
    pub schema: Option<String>,
    /// Its schema, if that is in the search path.
    pub path_schema: Option<String>,
    /// Whether it has the columns `password` and `last_login` of
    /// `AbstractBaseUser`.
    pub is_user_model: bool,
    /// Whether it has a text column with a name that token tables give to a key,
    /// and perhaps a foreign key.
    pub may_hold_tokens: bool,
}

/// The shape of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name, as the catalog spells it.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The sets of columns that are unique together, the primary key included.
    pub unique: Vec<Vec<String>>,
    /// Its foreign keys of one column.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether something else in the database may act when its rows change: a
    /// trigger, or a foreign key of another table.
    pub has_dependents: bool,
    /// Whether each row has a number by which it is read without an index.
    pub has_row_numbers: bool,
    /// Its storage engine, if that has no transactions.
    pub non_transactional_engine: Option<String>,
}

/// The shape of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the catalog spells it.
    pub name: String,
    /// Its type, by family.
    pub kind: ColumnKind,
    /// Its type as the engine spells it.
    pub declared: String,
    /// The schema of its type, if that is not built in.
    pub type_schema: Option<String>,
    /// The integers that its type holds. `None` if every integer fits, or the
    /// type is another one.
    pub range: Option<RangeInclusive<i64>>,
    /// Whether it is NOT NULL.
    pub not_null: bool,
    /// Whether an INSERT may omit it: a default, an identity, a generated
    /// column.
    pub has_default: bool,
    /// Whether the database computes it: it is never written.
    pub is_generated: bool,
    /// Whether it is part of the primary key.
    pub primary_key: bool,
}

/// A foreign key of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The column that references.
    pub column: String,
    /// The referenced table.
    pub table: String,
    /// The schema of that table, if it is outside the search path.
    pub schema: Option<String>,
    /// The referenced column; `None` means that table's primary key.
    pub to: Option<String>,
}

/// A single-column foreign key to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The table that references.
    pub table: String,
    /// Its column.
    pub column: String,
    /// The referenced table.
    pub to_table: String,
    /// The referenced column.
    pub to_column: String,
    /// Whether each row belongs to one referenced row, as with `OneToOneField`.
    pub is_unique: bool,
    /// Whether a referenced row cannot be deleted.
    pub prevents_deletion: bool,
    /// Whether an index finds the rows that reference one row.
    pub is_indexed: bool,
}

/// The family of a column's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Integers of up to 32 bits, or of no stated size.
    Integer,
    /// Integers of 64 bits.
    BigInteger,
    /// A UUID, native or as Django's `char(32)`.
    Uuid,
    /// Text of any length.
    Text,
    /// A date with a time.
    DateTime,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// True or false.
    Boolean,
    /// A decimal number.
    Decimal,
    /// A floating-point number.
    Float,
    /// An IP address, native or as Django's `char(15)` and `char(39)`.
    IpAddress,
    /// JSON.
    Json,
    /// Anything else, as declared, which the server reads from text.
    Other(String),
    /// Anything else, as declared, where the engine stores text of any content.
    Unknown(String),
}

impl ColumnKind {
    /// Returns the family of a declared type, by the names that Django's
    /// engines use.
    #[must_use]
    pub fn of_declared(declared: &str) -> Self {
        let declared = declared.to_ascii_lowercase();
        match declared.as_str() {
            "char(32)" => return Self::Uuid,
            "char(15)" | "char(39)" => return Self::IpAddress,
            "tinyint(1)" => return Self::Boolean,
            _ if declared.ends_with(']') => return Self::Other(declared),
            _ => {}
        }
        match declared.split([' ', '(']).next().unwrap_or_default() {
            "bool" | "boolean" => Self::Boolean,
            "bigint" | "bigserial" | "int8" => Self::BigInteger,
            "int" | "integer" | "mediumint" | "smallint" | "tinyint" | "int2" | "int4" | "serial" | "smallserial" => {
                Self::Integer
            }
            "datetime" | "timestamp" | "timestamptz" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "decimal" | "numeric" => Self::Decimal,
            "double" | "float" | "float4" | "float8" | "real" => Self::Float,
            "uuid" => Self::Uuid,
            "inet" => Self::IpAddress,
            "json" | "jsonb" => Self::Json,
            "char" | "character" | "citext" | "clob" | "longtext" | "mediumtext" | "nchar" | "nvarchar" | "text"
            | "tinytext" | "varchar" => Self::Text,
            _ => Self::Other(declared),
        }
    }

    /// Returns the name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Integer => "integer",
            Self::BigInteger => "bigint",
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::DateTime => "datetime",
            Self::Date => "date",
            Self::Time => "time",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Float => "float",
            Self::IpAddress => "inet",
            Self::Json => "json",
            Self::Other(declared) | Self::Unknown(declared) => declared,
        }
    }

    /// Returns whether it holds integers.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Integer | Self::BigInteger)
    }

    /// Returns whether values of the two kinds can be equal.
    #[must_use]
    pub fn joins(&self, other: &Self) -> bool {
        let is_text = |kind: &Self| matches!(kind, Self::Text | Self::Uuid | Self::IpAddress);
        self == other || (self.is_integer() && other.is_integer()) || (is_text(self) && is_text(other))
    }
}

impl Column {
    /// Returns whether an INSERT must give a value.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.not_null && !self.has_default
    }

    /// Returns whether its type holds an integer.
    #[must_use]
    pub fn holds(&self, number: i64) -> bool {
        self.range.as_ref().is_none_or(|range| range.contains(&number))
    }

    /// Returns whether its values have a zone, independent of the site's zone.
    #[must_use]
    pub fn keeps_zone(&self) -> bool {
        self.kind == ColumnKind::DateTime && self.declared.ends_with(" with time zone")
    }

    /// Returns how many characters it holds, if its type says so:
    /// `varchar(150)`.
    #[must_use]
    pub fn max_length(&self) -> Option<u32> {
        if self.kind != ColumnKind::Text {
            return None;
        }
        let (_, length) = self.declared.split_once('(')?;
        length.trim_end_matches(')').trim().parse().ok()
    }
}

impl Table {
    /// Returns a column by its name: exact, else ignoring ASCII case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        let exact = self.columns.iter().find(|column| column.name == name);
        exact.or_else(|| self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
    }

    /// Returns whether no two rows share a value of this column.
    #[must_use]
    pub fn is_unique(&self, column: &str) -> bool {
        self.unique.iter().any(|set| set.len() == 1 && set[0].eq_ignore_ascii_case(column))
    }

    /// Returns the primary key, if it has one column.
    #[must_use]
    pub fn primary_key(&self) -> Option<&Column> {
        let mut keys = self.columns.iter().filter(|column| column.primary_key);
        keys.next().filter(|_| keys.next().is_none())
    }

    /// Returns the foreign keys of one column.
    pub fn references<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a ForeignKey> {
        self.foreign_keys.iter().filter(move |key| key.column.eq_ignore_ascii_case(column))
    }
}

#[cfg(test)]
mod tests;

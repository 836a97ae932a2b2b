//! What a database says of its own tables, in words common to all engines.

use std::collections::BTreeMap;

/// The tables of a database, and the shape of those that were asked for.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The name of every table.
    pub names: Vec<String>,
    /// The tables described so far, by name.
    pub tables: BTreeMap<String, Table>,
}

/// A table's shape.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its name, as the catalog spells it.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The sets of columns that are unique together, the primary key included.
    pub unique: Vec<Vec<String>>,
    /// Its foreign keys of one column.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the catalog spells it.
    pub name: String,
    /// Its type, by family.
    pub kind: ColumnKind,
    /// Its type as the engine spells it.
    pub declared: String,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Whether a row may leave it out: a default, an identity, a formula.
    pub has_default: bool,
    /// Whether it is part of the primary key.
    pub primary_key: bool,
}

/// A foreign key of one column.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The column that refers.
    pub column: String,
    /// The table it refers to.
    pub table: String,
    /// The column it refers to; none means that table's primary key.
    pub to: Option<String>,
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
    /// True or false.
    Boolean,
    /// Anything else, as declared.
    Other(String),
}

impl ColumnKind {
    /// The family of a declared type, by the words that Django's engines use.
    #[must_use]
    pub fn of_declared(declared: &str) -> Self {
        let words = declared.to_ascii_lowercase();
        let has = |word: &str| words.contains(word);
        if words == "uuid" || words == "char(32)" {
            Self::Uuid
        } else if has("bool") || words == "tinyint(1)" {
            Self::Boolean
        } else if has("bigint") || has("bigserial") {
            Self::BigInteger
        } else if has("int") || has("serial") {
            Self::Integer
        } else if has("datetime") || has("timestamp") {
            Self::DateTime
        } else if has("char") || has("text") || has("clob") {
            Self::Text
        } else {
            Self::Other(words)
        }
    }

    /// The name that a person reads.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Integer => "integer",
            Self::BigInteger => "bigint",
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
            Self::Other(declared) => declared,
        }
    }

    /// Whether values of the two kinds can be equal.
    #[must_use]
    pub fn joins(&self, other: &Self) -> bool {
        let integer = |kind: &Self| matches!(kind, Self::Integer | Self::BigInteger);
        let text = |kind: &Self| matches!(kind, Self::Text | Self::Uuid);
        self == other || (integer(self) && integer(other)) || (text(self) && text(other))
    }
}

impl Column {
    /// Whether a row cannot leave it out.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.not_null && !self.has_default
    }

    /// How many characters it holds, where its type says so: `varchar(150)`.
    #[must_use]
    pub fn max_length(&self) -> Option<u32> {
        if self.kind != ColumnKind::Text {
            return None;
        }
        let (_, length) = self.declared.split_once('(')?;
        length.trim_end_matches(')').trim().parse().ok()
    }
}

impl Catalog {
    /// The catalog's spelling of a table's name: exact, or but for ASCII case.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        find(&self.names, |known| known, name).map(String::as_str)
    }

    /// A table that was described.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(self.spelling(name)?)
    }
}

impl Table {
    /// A column, by its exact name or but for ASCII case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        find(&self.columns, |column| &column.name, name)
    }

    /// Whether no two rows share a value of this column.
    #[must_use]
    pub fn is_unique(&self, column: &str) -> bool {
        self.unique.iter().any(|set| set.len() == 1 && set[0].eq_ignore_ascii_case(column))
    }

    /// The primary key, where it is of one column.
    #[must_use]
    pub fn primary_key(&self) -> Option<&Column> {
        let mut keys = self.columns.iter().filter(|column| column.primary_key);
        keys.next().filter(|_| keys.next().is_none())
    }

    /// The foreign keys of one column.
    pub fn references<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a ForeignKey> {
        self.foreign_keys.iter().filter(move |key| key.column.eq_ignore_ascii_case(column))
    }
}

fn find<'a, T>(items: &'a [T], name_of: impl Fn(&T) -> &String, name: &str) -> Option<&'a T> {
    items
        .iter()
        .find(|item| name_of(item) == name)
        .or_else(|| items.iter().find(|item| name_of(item).eq_ignore_ascii_case(name)))
}

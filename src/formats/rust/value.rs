//! The plain values that expressions have, as far as the text says.

use crate::diagnostic::Spanned;

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RustValue {
    /// A text.
    Str(String),
    /// A whole number.
    Int(u64),
    /// A truth value.
    Bool(bool),
    /// A tuple.
    Tuple(Vec<Spanned<RustValue>>),
    /// An array or the input of `vec!`.
    Array(Vec<Spanned<RustValue>>),
    /// A path whose value is not known, resolved through `use`: `std::net::Ipv4Addr::LOCALHOST`.
    Path(String),
    /// The result of calling a path.
    Call {
        /// The path, resolved through `use`.
        path: String,
        /// The arguments.
        arguments: Vec<Spanned<RustValue>>,
    },
    /// The result of a method that is not seen through.
    Method {
        /// What it is called on.
        receiver: Box<Spanned<RustValue>>,
        /// The method's name.
        name: String,
        /// The arguments.
        arguments: Vec<Spanned<RustValue>>,
    },
    /// A text put together by `format!`.
    Format(Vec<FormatPiece>),
    /// An environment variable: `env::var("PORT").unwrap_or("3000".into())`.
    Env {
        /// The variable's name, where it is plain.
        name: Option<String>,
        /// What stands in for it where it is not set.
        default: Option<Box<Spanned<RustValue>>>,
    },
    /// Anything else.
    Unknown,
}

/// A part of a `format!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatPiece {
    /// Text as it stands.
    Text(String),
    /// The value of a placeholder.
    Value(Spanned<RustValue>),
}

/// The most parts that a value is followed with; a larger one is [`RustValue::Unknown`], so that variables built from
/// variables don't multiply.
const MAX_PARTS: usize = 64;

impl RustValue {
    /// This value, or `Unknown` where it has too many parts to be carried about.
    pub(super) fn bounded(self) -> Self {
        if self.parts() > MAX_PARTS { Self::Unknown } else { self }
    }

    fn parts(&self) -> usize {
        let all = |values: &[Spanned<Self>]| values.iter().map(|value| value.value.parts()).sum::<usize>();
        1 + match self {
            Self::Tuple(values) | Self::Array(values) => all(values),
            Self::Call { arguments, .. } => all(arguments),
            Self::Method { receiver, arguments, .. } => receiver.value.parts() + all(arguments),
            Self::Format(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    FormatPiece::Text(_) => 1,
                    FormatPiece::Value(value) => value.value.parts(),
                })
                .sum(),
            Self::Env { default, .. } => default.as_ref().map_or(0, |value| value.value.parts()),
            Self::Str(_) | Self::Int(_) | Self::Bool(_) | Self::Path(_) | Self::Unknown => 0,
        }
    }
}

//! What an expression is known to be worth without running the program.

use std::sync::Arc;

use crate::diagnostic::Span;

use super::{CallId, ClassId, FunctionId, QualifiedName};

/// The worth of an expression, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// The expression where it is used.
    pub span: Span,
    /// The expression that gave the value, where a name led to it: the `"127.0.0.1"` of `HOST = "127.0.0.1"`.
    pub definition: Option<Span>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueKind {
    /// A string.
    Str(Arc<str>),
    /// A bytes literal.
    Bytes,
    /// An integer; one that does not fit is [`ValueKind::Unknown`].
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// `True` or `False`.
    Bool(bool),
    /// `None`.
    None,
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A set.
    Set(Vec<Value>),
    /// A dictionary without unpacking; keys and values in their order.
    Dict(Vec<(Value, Value)>),
    /// Something from outside, by its name: `torch.float16`; an attribute of an instance by that of its class.
    Name(QualifiedName),
    /// A function or lambda of this file.
    Function(FunctionId),
    /// A bound method of this file's classes: the function that `self.run` names.
    Method(ClassId, FunctionId),
    /// A class of this file.
    Class(ClassId),
    /// The result of a call.
    Call(CallId),
    /// The value of an environment variable, perhaps converted (`int(os.getenv("PORT", "7860"))`).
    Env {
        /// The variable's name.
        variable: Arc<str>,
        /// What holds where the variable is not set; `None` where that gives `None` or an exception.
        default: Option<Box<Value>>,
        /// Whether a variable that is not set raises an exception: `os.environ["X"]`.
        required: bool,
    },
    /// The value of a command-line option: argparse, click or Typer.
    Flag {
        /// The option as typed, with its dashes; an argparse positional without.
        flag: Arc<str>,
        /// What holds where the option is not given.
        default: Option<Box<Value>>,
    },
    /// A parameter of the enclosing function, with the default that its definition gives.
    Parameter {
        /// The function.
        function: FunctionId,
        /// The parameter's name.
        name: Arc<str>,
        /// Its default, if it has one.
        default: Option<Box<Value>>,
    },
    /// A string with parts that are computed: an f-string, or `"{}".format(x)`.
    FString,
    /// Anything else.
    Unknown,
}

impl Value {
    /// An unknown value at `span`.
    #[must_use]
    pub fn unknown(span: Span) -> Self {
        Self { kind: ValueKind::Unknown, span, definition: None }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ValueKind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self.kind {
            ValueKind::Int(number) => Some(number),
            _ => None,
        }
    }

    /// The truth of `True` or `False`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            ValueKind::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The name of something from outside.
    #[must_use]
    pub fn as_name(&self) -> Option<&QualifiedName> {
        match &self.kind {
            ValueKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The function of this file that the value is.
    #[must_use]
    pub fn as_function(&self) -> Option<FunctionId> {
        match self.kind {
            ValueKind::Function(id) | ValueKind::Method(_, id) => Some(id),
            _ => None,
        }
    }

    /// Whether it is the literal `None`.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.kind == ValueKind::None
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.kind == ValueKind::Unknown
    }

    /// What holds when nobody says otherwise: the default of an environment variable, option or parameter, all the way
    /// down; the value itself where it is none of these.
    #[must_use]
    pub fn or_default(&self) -> Option<&Value> {
        match &self.kind {
            ValueKind::Env { default, .. } | ValueKind::Flag { default, .. } | ValueKind::Parameter { default, .. } => {
                default.as_deref().and_then(Value::or_default)
            }
            _ => Some(self),
        }
    }

    /// The text where the value itself is written, rather than the name that stands for it.
    #[must_use]
    pub fn origin(&self) -> Span {
        self.definition.unwrap_or(self.span)
    }
}

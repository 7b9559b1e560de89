//! The tree of blocks: under which conditions, in which function and inside which `try` a place runs.

use crate::diagnostic::Span;

use super::{BlockId, ClassId, FunctionId, QualifiedName};

/// A run of statements that share their conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The block around it; `None` for the module's own.
    pub parent: Option<BlockId>,
    /// What kind of block.
    pub kind: BlockKind,
    /// Its text.
    pub span: Span,
    /// The nearest function (a lambda counts) whose body this is part of.
    pub function: Option<FunctionId>,
    /// The class whose body this is part of, where no function is between.
    pub class: Option<ClassId>,
    /// Whether it is a branch that ends with `return`, `raise`, `continue` or `break`: what follows runs only without it.
    pub leaves: bool,
}

/// What makes a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    /// The file's top level.
    Module,
    /// The body of a function or lambda.
    Function(FunctionId),
    /// The body of a class.
    Class(ClassId),
    /// A branch of `if`, `elif` or `else`, of a conditional expression, or a `match` case.
    Branch {
        /// The condition; that of the branch before for `else`; the pattern and guard for a case.
        test: Span,
        /// What the condition asks.
        kind: TestKind,
        /// Whether it runs where the condition does not hold.
        negated: bool,
    },
    /// The body of `for` or `while`, or the element of a comprehension.
    Loop,
    /// The body of `with`.
    With {
        /// What is entered, as far as it is known: `threading.Lock`.
        contexts: Vec<Option<QualifiedName>>,
        /// The same as written, without blanks: `self._lock`.
        items: Vec<std::sync::Arc<str>>,
        /// From `with` to the last thing entered.
        header: Span,
        /// Whether it is `async with`.
        is_async: bool,
    },
    /// The body of `try`: exceptions go to the handlers.
    Try {
        /// The handlers in their order.
        handlers: Vec<Handler>,
    },
    /// The body of an `except`.
    Handler(Handler),
    /// The `else` of a `try`: it runs where the body raised nothing, and its exceptions go on.
    TryElse,
    /// The `finally` of a `try`.
    Finally,
}

/// What a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestKind {
    /// `__name__ == "__main__"`.
    Main,
    /// `TYPE_CHECKING`.
    TypeChecking,
    /// Anything about the platform, the Python version or the environment: `sys.platform`, `os.getenv("SPACE_ID")`.
    Environment,
    /// Anything else.
    Other,
}

/// One `except` of a `try`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// What it catches; empty for a bare `except`.
    pub types: Vec<QualifiedName>,
    /// `except` to the colon.
    pub span: Span,
    /// Its body.
    pub body: BlockId,
    /// Whether the body does nothing but `pass`, `...` or `continue`.
    pub swallows: bool,
}

impl Handler {
    /// Whether it catches `exception`, given by its last part (`ImportError`), or one of the classes above it that every
    /// `except` clause knows: `Exception`, `BaseException`, or everything.
    #[must_use]
    pub fn catches(&self, exception: &str) -> bool {
        self.types.is_empty()
            || self.types.iter().any(|caught| {
                matches!(caught.last(), "Exception" | "BaseException")
                    || caught.last() == exception
                    || super_exception(exception) == Some(caught.last())
            })
    }
}

/// The built-in class directly above those built-in exceptions that rules ask about.
fn super_exception(exception: &str) -> Option<&'static str> {
    Some(match exception {
        "ModuleNotFoundError" => "ImportError",
        "KeyError" | "IndexError" => "LookupError",
        "JSONDecodeError" | "UnicodeDecodeError" => "ValueError",
        "RecursionError" | "NotImplementedError" => "RuntimeError",
        "FileNotFoundError" | "ConnectionError" | "TimeoutError" | "PermissionError" => "OSError",
        _ => return None,
    })
}

//! The calls of a module.

use std::sync::Arc;

use crate::diagnostic::Span;

use super::{BlockId, CallId, ClassId, FunctionId, QualifiedName, Value};

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called.
    pub callee: Callee,
    /// The whole call, from the callee to the closing parenthesis.
    pub span: Span,
    /// The callee alone: `app.run`.
    pub callee_span: Span,
    /// Between the parentheses, with them.
    pub arguments_span: Span,
    /// The arguments that are known one by one.
    pub arguments: Vec<Argument>,
    /// Whether `*args` brings positional arguments that are not known.
    pub unknown_positional: bool,
    /// Whether `**kwargs` brings keyword arguments that are not known.
    pub unknown_keywords: bool,
    /// What becomes of the result.
    pub usage: Usage,
    /// The call that made the receiver of a method call: `gr.Blocks()` for `demo.launch()`.
    pub receiver: Option<CallId>,
    /// The block it stands in.
    pub block: BlockId,
    /// The nearest function; a lambda counts. `None` at module and class level.
    pub function: Option<FunctionId>,
    /// Whether the call is made later: `functools.partial(f, a=1)` is listed a second time as such a call of `f`, with
    /// the partial's span.
    pub deferred: bool,
}

impl Call {
    /// The keyword argument `name`, wherever it is written.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name.as_deref() == Some(name))
    }

    /// The positional argument at `position`, from 0.
    #[must_use]
    pub fn positional(&self, position: usize) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.position == Some(position))
    }

    /// The argument for a parameter that can be given either way.
    #[must_use]
    pub fn argument(&self, name: &str, position: usize) -> Option<&Argument> {
        self.keyword(name).or_else(|| self.positional(position))
    }

    /// The name of what is called, where it comes from outside: also a method that a class of this file inherits.
    #[must_use]
    pub fn qualified(&self) -> Option<&QualifiedName> {
        self.callee.qualified()
    }

    /// Whether it calls the function, class or method of that name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.qualified().is_some_and(|qualified| *qualified == name)
    }

    /// The function of this file that it runs. The `__init__` behind a [`Callee::Class`] is not looked up.
    #[must_use]
    pub fn local_function(&self) -> Option<FunctionId> {
        self.callee.local_function()
    }
}

/// What a call calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Callee {
    /// A function or class from outside, or a built-in: `asyncio.run`, `builtins.open`, `.helpers.build`.
    Qualified(QualifiedName),
    /// A method of an instance of a class from outside; the name is that of the class and the method:
    /// `gradio.Blocks.launch`. What a function returned stands as `module.function()`.
    Method(QualifiedName),
    /// A function of this file, or a lambda that a name stands for.
    Function(FunctionId),
    /// A class of this file: the call makes an instance.
    Class(ClassId),
    /// A method of a class of this file, on an instance (`self` too) or on the class.
    LocalMethod {
        /// The receiver's class.
        class: ClassId,
        /// The method's name.
        method: Arc<str>,
        /// The definition, in the class or one of its bases in this file.
        function: Option<FunctionId>,
        /// The method's name in the base from outside, where no class of this file defines it.
        inherited: Option<QualifiedName>,
        /// Whether the receiver is `super()`.
        through_super: bool,
    },
    /// A method of something that is not known.
    UnknownMethod {
        /// The receiver's text; cut where it is long.
        receiver: Arc<str>,
        /// The method's name.
        method: Arc<str>,
    },
    /// A name that is bound to something not known: a parameter, a loop variable.
    UnknownName(Arc<str>),
    /// Anything else.
    Unknown,
}

impl Callee {
    /// The name of what is called, where it comes from outside.
    #[must_use]
    pub fn qualified(&self) -> Option<&QualifiedName> {
        match self {
            Self::Qualified(name) | Self::Method(name) => Some(name),
            Self::LocalMethod { inherited, .. } => inherited.as_ref(),
            _ => None,
        }
    }

    /// The function of this file that is called.
    #[must_use]
    pub fn local_function(&self) -> Option<FunctionId> {
        match self {
            Self::Function(function) => Some(*function),
            Self::LocalMethod { function, .. } => *function,
            _ => None,
        }
    }

    /// The name after the last dot: `launch` of anything`.launch`.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        match self {
            Self::Qualified(name) | Self::Method(name) => Some(name.last()),
            Self::LocalMethod { method, .. } | Self::UnknownMethod { method, .. } => Some(method),
            Self::UnknownName(name) => Some(name),
            Self::Function(_) | Self::Class(_) | Self::Unknown => None,
        }
    }
}

/// One argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The keyword.
    pub name: Option<Arc<str>>,
    /// The keyword alone; the key with its quotes where it comes from a dictionary.
    pub name_span: Option<Span>,
    /// The position from 0, for a positional argument.
    pub position: Option<usize>,
    /// What is passed.
    pub value: Value,
    /// The whole of it where it is written: `name=value`, or `"name": value` in a dictionary.
    pub span: Span,
    /// How it comes to the call.
    pub origin: ArgumentOrigin,
}

/// How an argument comes to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentOrigin {
    /// Written in the call.
    Direct,
    /// By `**` from a dictionary display or `dict(…)`; the span is that of the `**kwargs` in the call.
    Dictionary(Span),
    /// By `**` from a dictionary that `kwargs["name"] = value` added to; perhaps only under a condition.
    DictionaryItem(Span),
    /// By the `functools.partial` that made the callee; the span is that of the partial.
    Partial(Span),
}

/// What becomes of a call's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// `await f()`.
    Awaited,
    /// A statement of its own: the result is dropped.
    Statement,
    /// Bound to a target, as written: `x`, `self.task`, `a, b`.
    Assigned(Arc<str>),
    /// Returned, or the value of a lambda.
    Returned,
    /// Yielded.
    Yielded,
    /// Passed to another call.
    Argument(CallId),
    /// The receiver of an attribute: `f().x`, `f().x()`.
    Receiver,
    /// Entered by `with`.
    ContextManager,
    /// A decorator.
    Decorator,
    /// An element of a list, tuple, set, dictionary or comprehension.
    Element,
    /// The whole of a condition, or part of one: `if f():`, `not f()`.
    Condition,
    /// Anything else.
    Other,
}

//! The tables of a module: what it imports, defines, assigns and mentions.

use std::sync::Arc;

use crate::diagnostic::Span;

use super::{BlockId, ClassId, FunctionId, QualifiedName, Value};

/// One name that an import statement brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module as written, without leading dots; empty for `from . import x`.
    pub module: Arc<str>,
    /// The name taken from the module, `*` for all; `None` for `import module`.
    pub name: Option<Arc<str>>,
    /// The name after `as`.
    pub alias: Option<Arc<str>>,
    /// Number of leading dots.
    pub level: u32,
    /// The module or the imported name with its alias: `a.b as c`, `pipeline as p`.
    pub span: Span,
    /// The whole statement.
    pub statement: Span,
    /// The block it stands in.
    pub block: BlockId,
    /// Whether it stands under `if TYPE_CHECKING`, where it never runs.
    pub type_checking: bool,
    /// Whether it stands in a `try` whose handlers catch `ImportError`, or in such a handler.
    pub guarded: bool,
    /// Whether it runs only when the function around it is called.
    pub lazy: bool,
    /// Whether it stands under `if __name__ == "__main__"`.
    pub main_guard: bool,
}

impl Import {
    /// What it imports, with its dots: `transformers.pipeline`, `..pkg.f`, `os.path`. `module.*` for a star.
    #[must_use]
    pub fn qualified(&self) -> QualifiedName {
        let base = QualifiedName::new(&format!("{}{}", ".".repeat(self.level as usize), self.module));
        match &self.name {
            Some(name) if base.is_empty() => QualifiedName::new(name),
            Some(name) => base.member(name),
            None => base,
        }
    }

    /// The name that it binds in its scope; `None` for a star.
    #[must_use]
    pub fn bound_name(&self) -> Option<&str> {
        match (&self.alias, &self.name) {
            (Some(alias), _) => Some(alias),
            (None, Some(name)) => (&**name != "*").then_some(name),
            (None, None) => self.module.split('.').next(),
        }
    }
}

/// What kind of function it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// `def` or `async def`.
    Def,
    /// `lambda`.
    Lambda,
}

/// One function, method or lambda.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its own name; `<lambda>` for a lambda.
    pub name: Arc<str>,
    /// Its name in the file: `Outer.method`, `make.inner`, `make.<lambda>`.
    pub qualified: Arc<str>,
    /// The whole definition with its decorators.
    pub span: Span,
    /// The name after `def`; the keyword `lambda` for a lambda.
    pub name_span: Span,
    /// `def` or `lambda`.
    pub kind: FunctionKind,
    /// Whether it is an `async def`.
    pub is_async: bool,
    /// Whether its own body yields.
    pub is_generator: bool,
    /// In how many places its own body may wait: `await`, `async for`, `async with`.
    pub waits: u32,
    /// Its decorators, from the top.
    pub decorators: Vec<Decorator>,
    /// Its parameters in their order, `self` included.
    pub parameters: Vec<Parameter>,
    /// What it returns: by its annotation a dotted name, the argument of `Optional`; without one the class of which all
    /// that it returns are instances.
    pub returns: Option<QualifiedName>,
    /// What every `return` of it calls, `None`s aside: `asyncio.get_running_loop` of a helper that gives the loop.
    pub returned_call: Option<QualifiedName>,
    /// The function whose body holds the definition.
    pub parent: Option<FunctionId>,
    /// The class whose body holds the definition directly.
    pub class: Option<ClassId>,
    /// The block that holds the definition.
    pub defined_in: BlockId,
    /// The block of its body.
    pub body: BlockId,
    /// The text of its body.
    pub body_span: Span,
}

impl Function {
    /// Whether it is defined inside another function.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.parent.is_some()
    }

    /// Whether it is a lambda.
    #[must_use]
    pub fn is_lambda(&self) -> bool {
        self.kind == FunctionKind::Lambda
    }

    /// The parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| &*parameter.name == name)
    }

    /// Whether a decorator resolves to `name`.
    #[must_use]
    pub fn has_decorator(&self, name: &str) -> bool {
        self.decorators.iter().any(|decorator| decorator.name.as_ref().is_some_and(|found| *found == name))
    }
}

/// How arguments reach a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// Before `/`.
    PositionalOnly,
    /// By position or by name.
    Plain,
    /// `*args`.
    Positional,
    /// After `*`.
    KeywordOnly,
    /// `**kwargs`.
    Keyword,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, without stars.
    pub name: Arc<str>,
    /// How arguments reach it.
    pub kind: ParameterKind,
    /// What its annotation names, resolved; the argument of `Optional`, `X | None` and `Annotated`. A class of this file
    /// has its name in the file.
    pub annotation: Option<QualifiedName>,
    /// Its default.
    pub default: Option<Value>,
    /// Name, annotation and default.
    pub span: Span,
}

/// One decorator.
#[derive(Debug, Clone, PartialEq)]
pub struct Decorator {
    /// What it resolves to: `functools.cache`, `fastapi.FastAPI.get` for `@app.get("/")`.
    pub name: Option<QualifiedName>,
    /// The text without the call's parentheses: `app.get`.
    pub text: Arc<str>,
    /// The expression after `@`.
    pub span: Span,
    /// The call, where it is called: its arguments are there.
    pub call: Option<super::CallId>,
}

/// One class.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its own name.
    pub name: Arc<str>,
    /// Its name in the file: `Outer.Inner`.
    pub qualified: Arc<str>,
    /// The whole definition with its decorators.
    pub span: Span,
    /// The name after `class`.
    pub name_span: Span,
    /// Its bases in their order.
    pub bases: Vec<Base>,
    /// Its decorators, from the top.
    pub decorators: Vec<Decorator>,
    /// The functions defined directly in its body, in their order.
    pub methods: Vec<FunctionId>,
    /// What its body and `self.x = …` in its methods assign, in their order.
    pub attributes: Vec<Attribute>,
    /// The function whose body holds the definition.
    pub parent: Option<FunctionId>,
    /// The block that holds the definition.
    pub defined_in: BlockId,
    /// The block of its body.
    pub body: BlockId,
}

/// One base of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The class from outside that it is.
    pub name: Option<QualifiedName>,
    /// The class of this file that it is.
    pub class: Option<ClassId>,
    /// The expression.
    pub span: Span,
}

/// One assignment to an attribute of a class or its instances.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The attribute's name.
    pub name: Arc<str>,
    /// What it gets; unknown for a bare annotation.
    pub value: Value,
    /// What its annotation names.
    pub annotation: Option<QualifiedName>,
    /// The target: `x` or `self.x`.
    pub span: Span,
    /// The method that assigns it; `None` for the class body.
    pub method: Option<FunctionId>,
    /// The block of the assignment.
    pub block: BlockId,
}

/// One place that reads a property of a class of the file, which runs the property's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyRead {
    /// The property's function.
    pub property: FunctionId,
    /// The place: `self.model`.
    pub span: Span,
    /// The block it stands in.
    pub block: BlockId,
    /// The function that holds it; `None` at module and class level.
    pub function: Option<FunctionId>,
}

/// One assignment to a name, an attribute or a subscript.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The target as written, without blanks: `x`, `self.x`, `os.environ["A"]`.
    pub target: Arc<str>,
    /// The target's place.
    pub target_span: Span,
    /// What it gets; unknown where several targets share one value.
    pub value: Value,
    /// Whether it is `+=` or the like.
    pub augmented: bool,
    /// The whole statement.
    pub span: Span,
    /// The block it stands in, from which function and class follow.
    pub block: BlockId,
    /// The nearest function.
    pub function: Option<FunctionId>,
}

/// One mention of something from outside that is not the callee of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What is mentioned: `numpy.float`.
    pub name: QualifiedName,
    /// The whole dotted expression.
    pub span: Span,
    /// The block it stands in.
    pub block: BlockId,
    /// The nearest function.
    pub function: Option<FunctionId>,
}

/// What the elements of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elements {
    /// Tuples or lists of two, neither of them a dictionary: `("question", "answer")`.
    Pairs,
    /// Dictionaries.
    Messages,
}

/// A list that a function builds, or adds to, under a name of its own: `history.append((question, answer))`,
/// `history = history + [[question, answer]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChange {
    /// The function.
    pub function: FunctionId,
    /// The list's name.
    pub name: Arc<str>,
    /// What is in it afterwards, or was added.
    pub elements: Elements,
    /// What was added.
    pub span: Span,
}

/// What a function hands back in one place: `return "", history`. Only in files that have lists of pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedBack {
    /// The function.
    pub function: FunctionId,
    /// The elements of a tuple, or the one value, with their places.
    pub items: Vec<(HandedItem, Span)>,
}

/// One value that a function hands back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedItem {
    /// What a name stands for.
    Name(Arc<str>),
    /// A list that is written there.
    List(Elements),
    /// Anything else.
    Other,
}

/// One string constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringConstant {
    /// Its value, parts joined.
    pub value: Arc<str>,
    /// The literal with its quotes.
    pub span: Span,
    /// Whether it is a statement of its own: documentation.
    pub documentation: bool,
    /// Whether it is the fixed part of an f-string.
    pub part: bool,
    /// The block it stands in.
    pub block: BlockId,
}

/// One use of an environment variable with a plain name.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentAccess {
    /// The variable.
    pub variable: Arc<str>,
    /// How it is used.
    pub kind: EnvironmentAccessKind,
    /// What holds where it is not set.
    pub default: Option<Value>,
    /// The whole expression.
    pub span: Span,
    /// The block it stands in.
    pub block: BlockId,
    /// The nearest function.
    pub function: Option<FunctionId>,
}

/// How an environment variable is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentAccessKind {
    /// Read; `None` or the default where it is not set.
    Optional,
    /// Read; `KeyError` where it is not set.
    Required,
    /// Read from Streamlit's secrets, `st.secrets["X"]`; `KeyError` where it is not there.
    Secret,
    /// Asked for: `"X" in os.environ`.
    Test,
    /// Set, or set where it is not: `os.environ["X"] = …`, `os.environ.setdefault`.
    Write,
}

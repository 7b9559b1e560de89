//! Who calls whom, over the Python files of the repository. Nothing is built in advance: a question starts at a function of
//! interest and widens, caller by caller, to the files that spell its name, so that the cost follows the question and not
//! the tree. Tests, examples and other files aside from the program are left out.

mod callers;
mod chain;
mod dispatch;
mod given;
mod resolve;
mod switch;
#[cfg(test)]
mod tests;

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::python::{BlockId, Call, Class, ClassId, Function, FunctionId, Module, Runner};

use super::Documents;

pub use chain::{Chain, Hop, Root, keeps_nature};
pub use given::Given;

/// A function of the repository.
#[derive(Debug, Clone, Copy)]
pub struct FunctionAt<'d> {
    /// Its file.
    pub path: &'d RepoPath,
    /// The file's tables.
    pub module: &'d Module,
    /// Which of the file's functions.
    pub id: FunctionId,
}

impl<'d> FunctionAt<'d> {
    /// Its row.
    #[must_use]
    pub fn row(&self) -> &'d Function {
        self.module.function(self.id)
    }

    /// The place of its name.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(self.path, self.row().name_span)
    }
}

impl PartialEq for FunctionAt<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.path == other.path
    }
}

/// A class of the repository.
#[derive(Debug, Clone, Copy)]
pub struct ClassAt<'d> {
    /// Its file.
    pub path: &'d RepoPath,
    /// The file's tables.
    pub module: &'d Module,
    /// Which of the file's classes.
    pub id: ClassId,
}

impl<'d> ClassAt<'d> {
    /// Its row.
    #[must_use]
    pub fn row(&self) -> &'d Class {
        self.module.class(self.id)
    }
}

impl PartialEq for ClassAt<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.path == other.path
    }
}

/// What a name of the repository is defined as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Definition<'d> {
    /// A function or method.
    Function(FunctionAt<'d>),
    /// A class.
    Class(ClassAt<'d>),
}

/// How a place leads to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// It calls it.
    Call,
    /// It passes it on, to be run by something else.
    HandOff(Runner),
}

/// One place that leads to a function.
#[derive(Debug, Clone, Copy)]
pub struct Edge<'d> {
    /// The file of the place.
    pub path: &'d RepoPath,
    /// That file's tables.
    pub module: &'d Module,
    /// The function that holds the place; `None` at module and class level.
    pub caller: Option<FunctionId>,
    /// The call that makes it, or takes the function as an argument; `None` where a property is read or a `with` enters.
    pub call: Option<&'d Call>,
    /// The call, the argument that passes the function on, or the property.
    pub span: Span,
    /// The block of the place.
    pub block: BlockId,
    /// How it leads there.
    pub kind: EdgeKind,
    /// Whether the receiver's class is not known, and the method's name alone says that it is this one; or whether the
    /// method is that of a subclass of the class that is known.
    pub inferred: bool,
}

impl<'d> Edge<'d> {
    /// The function that holds the place.
    #[must_use]
    pub fn function(&self) -> Option<FunctionAt<'d>> {
        self.caller.map(|id| FunctionAt { path: self.path, module: self.module, id })
    }

    /// The place.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(self.path, self.span)
    }
}

/// The call graph of a repository, ready to be asked.
#[derive(Debug, Clone, Copy)]
pub struct CallGraph<'d> {
    documents: &'d Documents,
}

impl<'d> CallGraph<'d> {
    /// The graph of the repository's files.
    #[must_use]
    pub fn new(documents: &'d Documents) -> Self {
        Self { documents }
    }

    /// The repository's files, parsed.
    #[must_use]
    pub fn documents(&self) -> &'d Documents {
        self.documents
    }

    /// A Python file of the repository.
    pub(super) fn file(&self, path: &RepoPath) -> Option<(&'d RepoPath, &'d Module)> {
        let path = self.documents.repository().entry(path)?.path();
        Some((path, self.documents.python(path)?))
    }
}

//! The Python model: one parse and one traversal of a file into compact tables whose names are resolved. Only this folder
//! knows the parser's types.

mod block;
mod build;
mod call;
mod depth;
mod elements;
mod entity;
mod evaluate;
mod known;
mod module;
mod names;
mod notebook;
mod parse;
mod queries;
mod resolve;
mod scope;
mod spans;
mod tables;
mod value;
mod walk;

pub use block::{Block, BlockKind, Handler, TestKind};
pub use call::{Argument, ArgumentOrigin, Call, Callee, Usage};
pub use module::Module;
pub use names::{BlockId, CallId, ClassId, FunctionId, QualifiedName};
pub use queries::{AsyncContext, HandOff, Runner};
pub use resolve::{defining_file, imported_files};
pub use tables::{
    Assignment, Attribute, Base, Class, Decorator, Elements, EnvironmentAccess, EnvironmentAccessKind, Function,
    FunctionKind, HandedBack, HandedItem, Import, ListChange, Parameter, ParameterKind, PropertyRead, Reference,
    StringConstant,
};
pub use value::{Value, ValueKind};

#[cfg(test)]
mod tests;

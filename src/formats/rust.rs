//! Rust sources: the calls they make, with resolved paths, plain argument values, and the functions that make them.

mod address;
mod depth;
mod extent;
mod imports;
mod scope;
mod value;
mod walk;

use std::thread;

use crate::diagnostic::{Span, Spanned};

pub use address::RustAddress;
pub use value::{FormatPiece, RustValue};

/// Stack for reading one file: enough for [`depth::MAX_WEIGHT`] nested expressions in an unoptimised build.
const STACK_BYTES: usize = 256 << 20;

/// What is known of a Rust file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RustFile {
    /// The calls, in the order of the text by where their names stand.
    pub calls: Vec<RustCall>,
    /// The functions, each before the functions inside it.
    pub functions: Vec<RustFunction>,
    /// Why the file can't be read; then nothing else is known.
    pub error: Option<Spanned<String>>,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustFunction {
    /// Its name.
    pub name: Spanned<String>,
    /// Whether it is an `async fn`.
    pub is_async: bool,
    /// The resolved paths of its attributes: `tokio::main`.
    pub attributes: Vec<String>,
    /// From its signature to the end of its body.
    pub span: Span,
    /// Whether only tests contain it.
    pub in_test: bool,
}

/// What a call calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// A path, resolved through `use`: `tokio::net::TcpListener::bind`.
    Path(Spanned<String>),
    /// A method.
    Method {
        /// What it is called on.
        receiver: Spanned<RustValue>,
        /// Its name.
        name: Spanned<String>,
    },
}

/// In what a piece of code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RustContext {
    /// Plain code.
    Sync,
    /// The body of an `async fn`, an `async` block or an async closure.
    Async,
    /// The body of a plain closure: whoever takes it decides where it runs.
    Closure,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustCall {
    /// What is called.
    pub callee: Callee,
    /// The arguments, without the receiver of a method. The span of a value that was followed to a constant or variable
    /// is the place where it is written; [`Self::argument_spans`] has the places in the call.
    pub arguments: Vec<Spanned<RustValue>>,
    /// Where the arguments stand in the call.
    pub argument_spans: Vec<Span>,
    /// The whole call.
    pub span: Span,
    /// The function it stands in, as an index into [`RustFile::functions`].
    pub function: Option<usize>,
    /// What it runs in.
    pub context: RustContext,
    /// Whether it is awaited right there.
    pub is_awaited: bool,
    /// Whether only tests contain it.
    pub in_test: bool,
}

impl RustFile {
    /// Reads a file's text. It reads on a thread of its own, whose stack fits what is allowed to nest.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let read = thread::scope(|scope| {
            let reader = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || read(text));
            reader.ok()?.join().ok()
        });
        read.unwrap_or_else(|| {
            let message = "it could not be read: no thread could be started for it".to_owned();
            Self { error: Some(Spanned::new(message, Span::default())), ..Self::default() }
        })
    }
}

impl RustCall {
    /// The path, where it is one; `None` for methods.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match &self.callee {
            Callee::Path(path) => Some(&path.value),
            Callee::Method { .. } => None,
        }
    }

    /// The name of the method, where it is one.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        match &self.callee {
            Callee::Method { name, .. } => Some(&name.value),
            Callee::Path(_) => None,
        }
    }

    /// The place of the path or of the method's name.
    #[must_use]
    pub fn name_span(&self) -> Span {
        match &self.callee {
            Callee::Path(path) => path.span,
            Callee::Method { name, .. } => name.span,
        }
    }

    /// The address that the argument at `index` states.
    #[must_use]
    pub fn address(&self, index: usize) -> Option<RustAddress> {
        RustAddress::of(self.arguments.get(index)?)
    }
}

/// Reads a file; to be called where there is stack enough.
fn read(text: &str) -> RustFile {
    let offset = shebang_length(text);
    let body = text.get(offset..).unwrap_or_default();
    let fail = |message: String, span: std::ops::Range<usize>| RustFile {
        error: Some(Spanned::new(message, clamp(text, Span::from(span).shifted(offset)))),
        ..RustFile::default()
    };
    let tokens: proc_macro2::TokenStream = match body.parse() {
        Ok(tokens) => tokens,
        Err(error) => return fail(error.to_string(), error.span().byte_range()),
    };
    if depth::weight(&tokens) > depth::MAX_WEIGHT {
        return fail("it nests too deeply to be read".to_owned(), 0..0);
    }
    match syn::parse2::<syn::File>(tokens) {
        Ok(file) => walk::walk(&file, text, offset),
        Err(error) => fail(error.to_string(), error.span().byte_range()),
    }
}

/// The length of a first line such as `#!/usr/bin/env run-cargo-script`, which is no attribute.
fn shebang_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("#!") else { return 0 };
    if rest.trim_start().starts_with('[') {
        return 0;
    }
    text.find('\n').unwrap_or(text.len())
}

/// `span` cut to what lies in `text`, on the boundaries of characters.
fn clamp(text: &str, span: Span) -> Span {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    Span::new(floor(span.start), floor(span.end))
}

#[cfg(test)]
mod tests;

//! The one traversal of a file's tree: it fills the tables with what the text says and gathers the scopes; names are
//! resolved afterwards, when all bindings are known.

mod definitions;
mod expressions;
mod lists;
mod statements;
mod systems;
mod targets;

use std::sync::Arc;

use ruff_python_ast::{Decorator, Expr, ExprCall, ExprLambda, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use crate::diagnostic::Span;

use super::scope::{ScopeId, ScopeKind, Scopes};
use super::spans::SpanMap;
use super::{Block, BlockId, BlockKind, ClassId, FunctionId, Handler, Module};

/// Nesting beyond which nothing is read. CPython's own compiler gives up long before.
const MAX_DEPTH: usize = 3000;

/// The tree's part of a function: what remains to be resolved.
pub(super) struct FunctionNode<'a> {
    pub definition: Definition<'a>,
    /// Where its decorators, defaults and annotations are read.
    pub outer: ScopeId,
    /// Where its body is read.
    pub inner: ScopeId,
    /// What it returns.
    pub returned: Vec<&'a Expr>,
}

#[derive(Clone, Copy)]
pub(super) enum Definition<'a> {
    Def(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
}

/// The tree's part of a class.
pub(super) struct ClassNode<'a> {
    pub bases: Vec<&'a Expr>,
    pub decorators: &'a [Decorator],
    pub outer: ScopeId,
    /// Its body's names.
    pub body: ScopeId,
    /// What `self.x = …` in its methods binds.
    pub instance: ScopeId,
}

/// An expression whose worth a table row waits for.
#[derive(Clone, Copy)]
pub(super) struct Pending<'a> {
    pub value: Option<&'a Expr>,
    pub annotation: Option<&'a Expr>,
    pub scope: ScopeId,
}

/// An expression that may become a row of a table once its names are resolved.
pub(super) struct Candidate<'a> {
    pub node: &'a Expr,
    pub scope: ScopeId,
    pub block: BlockId,
    pub function: Option<FunctionId>,
}

/// An addition to a dictionary: `kwargs["key"] = value`.
pub(super) struct DictionaryItem<'a> {
    pub dictionary: &'a str,
    pub key: &'a Expr,
    pub value: &'a Expr,
    pub scope: ScopeId,
}

/// A file after the walk: tables without resolved names, and the parts of the tree that they come from, row by row.
pub(super) struct Walked<'a> {
    pub module: Module,
    pub scopes: Scopes<'a>,
    pub functions: Vec<FunctionNode<'a>>,
    pub classes: Vec<ClassNode<'a>>,
    pub calls: Vec<(&'a ExprCall, ScopeId)>,
    pub assignments: Vec<Pending<'a>>,
    /// Rows of `attributes`, with the class they belong to.
    pub attributes: Vec<(ClassId, super::Attribute, Pending<'a>)>,
    pub references: Vec<Candidate<'a>>,
    /// Subscripts and comparisons that may concern the environment.
    pub environment: Vec<(Candidate<'a>, bool)>,
    pub dictionary_items: Vec<DictionaryItem<'a>>,
    /// Calls of anything named `add_argument`: the options of argparse.
    pub options: Vec<(&'a ExprCall, ScopeId)>,
    /// The expressions that `with` blocks enter.
    pub entered: Vec<(BlockId, Vec<&'a Expr>, ScopeId)>,
    /// Lambdas by their place.
    pub lambdas: FxHashMap<TextRange, FunctionId>,
    /// What handlers catch: block of the `try`, position of the handler.
    pub caught: Vec<(BlockId, usize, &'a Expr, ScopeId)>,
}

pub(super) struct Walker<'a> {
    pub out: Walked<'a>,
    text: &'a str,
    spans: &'a SpanMap,
    scope: ScopeId,
    block: BlockId,
    function: Option<FunctionId>,
    class: Option<ClassId>,
    /// The names of the definitions around, with dots.
    prefix: String,
    depth: usize,
}

/// Walks `body`, the statements of `text`.
pub(super) fn walk<'a>(body: &'a [Stmt], text: &'a str, file_len: usize, spans: &'a SpanMap) -> Walked<'a> {
    let mut scopes = Scopes::default();
    let scope = scopes.open(None, ScopeKind::Module);
    let module_block = Block {
        parent: None,
        kind: BlockKind::Module,
        span: Span::new(0, file_len),
        function: None,
        class: None,
        leaves: false,
    };
    let out = Walked {
        module: Module { blocks: vec![module_block], ..Module::default() },
        scopes,
        functions: vec![],
        classes: vec![],
        calls: vec![],
        assignments: vec![],
        attributes: vec![],
        references: vec![],
        environment: vec![],
        dictionary_items: vec![],
        options: vec![],
        entered: vec![],
        lambdas: FxHashMap::default(),
        caught: vec![],
    };
    let mut walker = Walker {
        out,
        text,
        spans,
        scope,
        block: BlockId::new(0),
        function: None,
        class: None,
        prefix: String::new(),
        depth: 0,
    };
    walker.suite(body);
    walker.out
}

impl<'a> Walker<'a> {
    fn span(&self, item: &impl Ranged) -> Span {
        self.spans.span(item)
    }

    fn text_of(&self, range: TextRange) -> &'a str {
        self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or("")
    }

    /// Runs `visit` one level deeper, on more stack where it runs short; not at all beyond the bound.
    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        if self.depth.is_multiple_of(8) {
            stacker::maybe_grow(256 << 10, 2 << 20, || visit(self));
        } else {
            visit(self);
        }
        self.depth -= 1;
    }

    fn open_block(&mut self, kind: BlockKind, span: Span) -> BlockId {
        let id = BlockId::new(self.out.module.blocks.len());
        let (parent, function, class) = (Some(self.block), self.function, self.class);
        let block = Block { parent, kind, span, function, class, leaves: false };
        self.out.module.blocks.push(block);
        id
    }

    /// Runs `visit` inside a new block.
    fn in_block(&mut self, kind: BlockKind, span: Span, visit: impl FnOnce(&mut Self)) -> BlockId {
        let id = self.open_block(kind, span);
        self.inside(id, visit);
        id
    }

    fn inside(&mut self, block: BlockId, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.block, block);
        visit(self);
        self.block = outer;
    }

    fn in_scope(&mut self, scope: ScopeId, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.scope, scope);
        visit(self);
        self.scope = outer;
    }

    /// The name in the file of a definition called `name` here.
    fn qualify(&self, name: &str) -> Arc<str> {
        if self.prefix.is_empty() { Arc::from(name) } else { Arc::from(format!("{}.{name}", self.prefix)) }
    }

    /// Runs `visit` with `qualified` as the name of the definition around.
    fn named(&mut self, qualified: &str, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.prefix, qualified.to_owned());
        visit(self);
        self.prefix = outer;
    }

    fn body_span(&self, body: &[Stmt]) -> Span {
        match (body.first(), body.last()) {
            (Some(first), Some(last)) => self.spans.map(TextRange::new(first.start(), last.end())),
            _ => Span::default(),
        }
    }

    /// Sets the handlers of a `try` block, in it and in the blocks of the handlers themselves.
    fn set_handlers(&mut self, block: BlockId, handlers: Vec<Handler>) {
        for handler in &handlers {
            self.out.module.blocks[handler.body.index()].kind = BlockKind::Handler(handler.clone());
        }
        self.out.module.blocks[block.index()].kind = BlockKind::Try { handlers };
    }
}

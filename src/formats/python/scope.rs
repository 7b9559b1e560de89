//! Scopes and what their names are bound to, gathered while a file is walked. Python decides by the whole body of a scope
//! which names are its own, so nothing is looked up before the walk has ended.

use ruff_python_ast::Expr;
use rustc_hash::FxHashMap;

use super::{ClassId, FunctionId};

/// One entry of [`Scopes::scopes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ScopeId(pub usize);

/// One entry of [`Scopes::symbols`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SymbolId(pub usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    /// The body of a class: its names are seen from the body itself only.
    Class,
    Function,
    Comprehension,
    /// The attributes of a class's instances: never looked up as names.
    Instance,
}

#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub parent: Option<ScopeId>,
    pub kind: ScopeKind,
    pub names: FxHashMap<&'a str, SymbolId>,
    /// Names declared `global` or `nonlocal`, and the scope they belong to.
    elsewhere: FxHashMap<&'a str, ScopeId>,
}

/// A name in a scope.
#[derive(Debug)]
pub(super) struct Symbol<'a> {
    pub bindings: Vec<Binding<'a>>,
}

/// One statement or expression that binds a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding<'a> {
    pub kind: BindingKind<'a>,
    /// The scope in which the bound expression is read.
    pub scope: ScopeId,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum BindingKind<'a> {
    /// An entry of `imports`.
    Import(usize),
    Function(FunctionId),
    Class(ClassId),
    /// `x = value`, `x: annotation = value`, `x: annotation`.
    Value {
        value: Option<&'a Expr>,
        annotation: Option<&'a Expr>,
    },
    /// `with value as x`.
    Entered(&'a Expr),
    /// `x, _ = value`: the element at the position.
    Element(&'a Expr, usize),
    Parameter {
        function: FunctionId,
        index: usize,
        annotation: Option<&'a Expr>,
    },
    /// The first parameter of a method.
    Instance(ClassId),
    /// The first parameter of a class method.
    Itself(ClassId),
    /// `for x in value`; with a position the part of each tuple there: `for _, x in value`.
    Iterated(&'a Expr, Option<usize>),
    /// An exception, a pattern's name, `del`, `x += 1`.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    pub scopes: Vec<Scope<'a>>,
    pub symbols: Vec<Symbol<'a>>,
}

impl<'a> Scopes<'a> {
    pub fn open(&mut self, parent: Option<ScopeId>, kind: ScopeKind) -> ScopeId {
        self.scopes.push(Scope { parent, kind, names: FxHashMap::default(), elsewhere: FxHashMap::default() });
        ScopeId(self.scopes.len() - 1)
    }

    pub fn kind(&self, scope: ScopeId) -> ScopeKind {
        self.scopes[scope.0].kind
    }

    /// Binds `name` in `scope`, or where the scope declares it to belong.
    pub fn bind(&mut self, scope: ScopeId, name: &'a str, kind: BindingKind<'a>) {
        self.bind_from(scope, name, kind, scope);
    }

    /// Replaces what `name` is bound to in `scope` itself.
    pub fn rebind(&mut self, scope: ScopeId, name: &str, kind: BindingKind<'a>) {
        if let Some(symbol) = self.own(scope, name) {
            self.symbols[symbol.0].bindings = vec![Binding { kind, scope }];
        }
    }

    /// Binds `name` in `scope` to something that is read in `read_in`.
    pub fn bind_from(&mut self, scope: ScopeId, name: &'a str, kind: BindingKind<'a>, read_in: ScopeId) {
        let owner = self.scopes[scope.0].elsewhere.get(name).copied().unwrap_or(scope);
        let next = SymbolId(self.symbols.len());
        let symbol = *self.scopes[owner.0].names.entry(name).or_insert(next);
        if symbol == next {
            self.symbols.push(Symbol { bindings: Vec::with_capacity(1) });
        }
        self.symbols[symbol.0].bindings.push(Binding { kind, scope: read_in });
    }

    pub fn declare_global(&mut self, scope: ScopeId, name: &'a str) {
        self.scopes[scope.0].elsewhere.insert(name, ScopeId(0));
    }

    pub fn declare_nonlocal(&mut self, scope: ScopeId, name: &'a str) {
        let outer = std::iter::successors(self.scopes[scope.0].parent, |id| self.scopes[id.0].parent)
            .find(|id| self.kind(*id) == ScopeKind::Function && self.scopes[id.0].names.contains_key(name));
        // The outer function may bind the name only further down; then it is the nearest function around.
        let outer = outer.or_else(|| self.enclosing_function(self.scopes[scope.0].parent?));
        if let Some(outer) = outer {
            self.scopes[scope.0].elsewhere.insert(name, outer);
        }
    }

    /// The scope that `:=` in `scope` binds in: comprehensions have none of their own.
    pub fn past_comprehensions(&self, scope: ScopeId) -> ScopeId {
        let mut scope = scope;
        while self.kind(scope) == ScopeKind::Comprehension
            && let Some(parent) = self.scopes[scope.0].parent
        {
            scope = parent;
        }
        scope
    }

    fn enclosing_function(&self, scope: ScopeId) -> Option<ScopeId> {
        std::iter::successors(Some(scope), |id| self.scopes[id.0].parent)
            .find(|id| self.kind(*id) == ScopeKind::Function)
    }

    /// The symbol of `name` in `scope` itself.
    pub fn own(&self, scope: ScopeId, name: &str) -> Option<SymbolId> {
        self.scopes[scope.0].names.get(name).copied()
    }

    /// What `name` means when it is read in `scope`. Class bodies are seen only from themselves.
    pub fn lookup(&self, scope: ScopeId, name: &str) -> Option<SymbolId> {
        let mut current = Some(scope);
        while let Some(id) = current {
            let here = &self.scopes[id.0];
            if let Some(owner) = here.elsewhere.get(name) {
                return self.own(*owner, name);
            }
            if (here.kind != ScopeKind::Class || id == scope)
                && let Some(symbol) = here.names.get(name)
            {
                return Some(*symbol);
            }
            current = here.parent;
        }
        None
    }
}

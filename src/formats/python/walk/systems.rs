//! What runs on Windows or macOS alone, where nothing is deployed: branches under `sys.platform == "win32"`, and what
//! follows `if os.name != "nt": return`; and what runs nowhere: branches under `False` or `not module`.

use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, Number, Stmt, StmtIf, UnaryOp};
use ruff_text_size::{Ranged, TextRange};

use crate::formats::python::scope::{Binding, BindingKind};

use super::Walker;

/// What the questions after the system answer on Linux.
const LINUX: &[&str] = &["linux", "linux2", "posix", "Linux"];
/// What they answer elsewhere.
const OTHERS: &[&str] = &["win32", "win", "nt", "Windows", "windows", "cygwin", "darwin", "Darwin"];
/// Tests nested in one another that are read.
const MAX_DEPTH: usize = 8;

impl<'a> Walker<'a> {
    /// Notes what of `body` never runs on Linux because of its statement `node`, an `if`.
    pub(super) fn note_elsewhere(&mut self, node: &'a StmtIf, at: usize, body: &'a [Stmt]) {
        let mut earlier = false;
        let mut branches = vec![(Some(&*node.test), &node.body)];
        branches.extend(node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body)));
        let mut decided = None;
        for (test, branch) in branches {
            let holds = test.and_then(|test| on_linux(test, MAX_DEPTH).or_else(|| self.always(test)));
            if (earlier || holds == Some(false))
                && let (Some(first), Some(last)) = (branch.first(), branch.last())
            {
                let span = self.spans.map(TextRange::new(first.start(), last.end()));
                self.out.module.elsewhere.push(span);
            }
            if !earlier && holds == Some(true) {
                earlier = true;
                decided = branch.last();
            }
        }
        let leaves = matches!(decided, Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)));
        if let (true, Some(next), Some(last)) = (leaves, body.get(at + 1), body.last()) {
            let span = self.spans.map(TextRange::new(next.start(), last.end()));
            self.out.module.elsewhere.push(span);
        }
    }
}

impl Walker<'_> {
    /// What a test comes to wherever it runs: `False`, `0`, `True`, and a module that was imported without a condition.
    fn always(&self, test: &Expr) -> Option<bool> {
        match test {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => match &*node.operand {
                Expr::Name(name) => self.is_module(name.id.as_str()).then_some(false),
                operand => self.always(operand).map(|holds| !holds),
            },
            Expr::BooleanLiteral(literal) => Some(literal.value),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => number.as_u64().map(|number| number != 0),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a name stands for a module, and for nothing else: an import of the top level is all that binds it so far.
    fn is_module(&self, name: &str) -> bool {
        let Some(symbol) = self.out.scopes.lookup(self.scope, name) else { return false };
        let bindings = self.out.scopes.symbols.get(symbol.0).map_or(&[][..], |symbol| &symbol.bindings);
        let imports = &self.out.module.imports;
        let is_import = |binding: &Binding<'_>| match binding.kind {
            BindingKind::Import(index) => imports
                .get(index)
                .is_some_and(|row| row.name.is_none() && self.out.module.block(row.block).parent.is_none()),
            _ => false,
        };
        !bindings.is_empty() && bindings.iter().all(is_import)
    }
}

/// What a test comes to on Linux; `None` where that depends.
fn on_linux(test: &Expr, depth: usize) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    match test {
        Expr::UnaryOp(node) if node.op == UnaryOp::Not => on_linux(&node.operand, depth).map(|holds| !holds),
        Expr::BoolOp(node) => {
            // One part may decide the whole: `and` with what never holds, `or` with what always does.
            let decisive = node.op == BoolOp::Or;
            let mut parts = node.values.iter().map(|value| on_linux(value, depth));
            if parts.clone().any(|holds| holds == Some(decisive)) {
                return Some(decisive);
            }
            parts.all(|holds| holds == Some(!decisive)).then_some(!decisive)
        }
        Expr::Compare(node) => {
            let ([operator], [right]) = (&*node.ops, &*node.comparators) else { return None };
            let equal = match operator {
                CmpOp::Eq => true,
                CmpOp::NotEq => false,
                _ => return None,
            };
            let linux = is_linux(right).filter(|_| asks_for_system(&node.left))?;
            Some(linux == equal)
        }
        Expr::Call(node) => match &*node.func {
            Expr::Attribute(method) if method.attr.as_str() == "startswith" => {
                let prefix = node.arguments.args.first()?;
                is_linux(prefix).filter(|_| asks_for_system(&method.value))
            }
            function => node.arguments.is_empty().then(|| says_windows(function)).flatten(),
        },
        name => says_windows(name),
    }
}

/// `sys.platform`, `os.name`, `platform.system()`, also in lower case.
fn asks_for_system(expr: &Expr) -> bool {
    let attribute = |expr: &Expr| match expr {
        Expr::Attribute(ast::ExprAttribute { value, attr, .. }) => match &**value {
            Expr::Name(module) => matches!(
                (module.id.as_str(), attr.as_str()),
                ("sys", "platform") | ("os", "name") | ("platform", "system")
            ),
            _ => false,
        },
        _ => false,
    };
    match expr {
        Expr::Call(node) if node.arguments.is_empty() => match &*node.func {
            Expr::Attribute(method) if method.attr.as_str() == "lower" => asks_for_system(&method.value),
            function => attribute(function),
        },
        other => attribute(other),
    }
}

/// Whether a text is what Linux answers; `None` for what is no such answer.
fn is_linux(expr: &Expr) -> Option<bool> {
    let Expr::StringLiteral(text) = expr else { return None };
    let text = text.value.to_str();
    if LINUX.contains(&text) { Some(true) } else { OTHERS.contains(&text).then_some(false) }
}

/// A name that says it: `IS_WINDOWS`, `self.is_windows`.
fn says_windows(expr: &Expr) -> Option<bool> {
    let name = match expr {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    let others = ["is_windows", "on_windows", "is_win", "is_win32", "iswindows", "is_macos", "is_mac", "is_darwin"];
    others.contains(&name.as_str()).then_some(false)
}

//! Statements: what they bind and which blocks they open.

use std::sync::Arc;

use ruff_python_ast::{self as ast, ExceptHandler, Expr, Pattern, Stmt, StmtIf, StmtTry};
use ruff_text_size::{Ranged, TextRange};

use crate::diagnostic::{Span, Spanned};
use crate::formats::python::scope::BindingKind;
use crate::formats::python::{BlockKind, Handler, Import, TestKind, Usage};

use super::Walker;
use super::targets::Bound;

impl<'a> Walker<'a> {
    pub(super) fn suite(&mut self, body: &'a [Stmt]) {
        for (at, statement) in body.iter().enumerate() {
            if let Stmt::If(node) = statement {
                self.note_elsewhere(node, at, body);
            }
            self.deeper(|walker| walker.statement(statement));
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(node) => self.function_definition(node),
            Stmt::ClassDef(node) => self.class_definition(node),
            Stmt::Return(node) => {
                if let Some(value) = &node.value {
                    self.returned(value);
                    self.hands_back(value);
                    self.expression(value, Usage::Returned);
                }
            }
            Stmt::Delete(node) => {
                for target in &node.targets {
                    self.target(target, Bound::Other);
                }
            }
            Stmt::TypeAlias(node) => {
                self.target(&node.name, Bound::Other);
                self.expression(&node.value, Usage::Other);
            }
            Stmt::Assign(node) => self.assignment(node),
            Stmt::AugAssign(node) => {
                let usage = self.assigned(&node.target);
                self.expression(&node.value, usage);
                self.record_assignment(&node.target, Some(&node.value), None, true, node.range);
                self.holds_list(&node.target, &node.value);
                self.target(&node.target, Bound::Other);
            }
            Stmt::AnnAssign(node) => {
                self.expression(&node.annotation, Usage::Other);
                if let Some(value) = node.value.as_deref() {
                    let usage = self.assigned(&node.target);
                    self.expression(value, usage);
                    self.record_assignment(&node.target, Some(value), Some(&node.annotation), false, node.range);
                    self.holds_list(&node.target, value);
                }
                let bound = Bound::Value { value: node.value.as_deref(), annotation: Some(&node.annotation) };
                self.target(&node.target, bound);
            }
            Stmt::For(node) => {
                if node.is_async {
                    self.waits();
                }
                self.expression(&node.iter, Usage::Other);
                self.target(&node.target, if node.is_async { Bound::Other } else { Bound::Iterated(&node.iter, None) });
                let span = self.body_span(&node.body);
                self.in_block(BlockKind::Loop, span, |walker| walker.suite(&node.body));
                self.suite(&node.orelse);
            }
            Stmt::While(node) => {
                let span = self.spans.map(TextRange::new(node.test.start(), node.range.end()));
                self.in_block(BlockKind::Loop, span, |walker| {
                    walker.expression(&node.test, Usage::Condition);
                    walker.suite(&node.body);
                });
                self.suite(&node.orelse);
            }
            Stmt::If(node) => self.if_statement(node),
            Stmt::With(node) => self.with_statement(node),
            Stmt::Match(node) => self.match_statement(node),
            Stmt::Raise(node) => {
                for value in [&node.exc, &node.cause].into_iter().flatten() {
                    self.expression(value, Usage::Other);
                }
            }
            Stmt::Try(node) => self.try_statement(node),
            Stmt::Assert(node) => {
                self.expression(&node.test, Usage::Condition);
                if let Some(message) = &node.msg {
                    self.expression(message, Usage::Other);
                }
            }
            Stmt::Import(node) => {
                for alias in &node.names {
                    self.import(&alias.name, None, alias, 0, node.range);
                }
            }
            Stmt::ImportFrom(node) => {
                let module = node.module.as_ref().map_or("", |module| module.as_str());
                for alias in &node.names {
                    self.import(module, Some(&alias.name), alias, node.level, node.range);
                }
            }
            Stmt::Global(node) => {
                for name in &node.names {
                    self.out.scopes.declare_global(self.scope, name);
                }
            }
            Stmt::Nonlocal(node) => {
                for name in &node.names {
                    self.out.scopes.declare_nonlocal(self.scope, name);
                }
            }
            Stmt::Expr(node) => match &*node.value {
                Expr::StringLiteral(literal) => self.string(literal, true),
                value => self.expression(value, Usage::Statement),
            },
            Stmt::IpyEscapeCommand(node) => {
                let span = self.span(node);
                self.out.module.shell_lines.push(Spanned::new(Arc::from(&*node.value), span));
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) => {}
        }
    }

    fn assignment(&mut self, node: &'a ast::StmtAssign) {
        let usage = node.targets.first().map_or(Usage::Other, |target| self.assigned(target));
        self.expression(&node.value, usage);
        for target in &node.targets {
            let known = !matches!(target, Expr::Tuple(_) | Expr::List(_));
            self.record_assignment(target, known.then_some(&*node.value), None, false, node.range);
            self.holds_list(target, &node.value);
            self.target(target, Bound::Value { value: Some(&node.value), annotation: None });
        }
    }

    fn import(&mut self, module: &'a str, name: Option<&'a str>, alias: &'a ast::Alias, level: u32, range: TextRange) {
        let index = self.out.module.imports.len();
        let row = Import {
            module: Arc::from(module),
            name: name.map(Arc::from),
            alias: alias.asname.as_ref().map(|alias| Arc::from(alias.as_str())),
            level,
            span: self.span(alias),
            statement: self.spans.map(range),
            block: self.block,
            type_checking: false,
            guarded: false,
            lazy: self.function.is_some(),
            main_guard: false,
        };
        self.out.module.imports.push(row);
        let bound = match (&alias.asname, name) {
            (Some(alias), _) => alias.as_str(),
            (None, Some("*")) => return,
            (None, Some(name)) => name,
            (None, None) => module.split('.').next().unwrap_or(module),
        };
        self.out.scopes.bind(self.scope, bound, BindingKind::Import(index));
    }

    fn if_statement(&mut self, node: &'a StmtIf) {
        self.expression(&node.test, Usage::Condition);
        let mut test: &'a Expr = &node.test;
        self.branch(self.span(test), self.test_kind(test), false, &node.body);
        for clause in &node.elif_else_clauses {
            if let Some(next) = &clause.test {
                self.expression(next, Usage::Condition);
                test = next;
            }
            self.branch(self.span(test), self.test_kind(test), clause.test.is_none(), &clause.body);
        }
    }

    fn branch(&mut self, test: crate::diagnostic::Span, kind: TestKind, negated: bool, body: &'a [Stmt]) {
        let span = self.body_span(body);
        let id = self.in_block(BlockKind::Branch { test, kind, negated }, span, |walker| walker.suite(body));
        let leaves = matches!(body.last(), Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)));
        self.out.module.blocks[id.index()].leaves = leaves;
    }

    pub(super) fn test_kind(&self, test: &Expr) -> TestKind {
        let last_name = |expr: &Expr| match expr {
            Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
            Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
            _ => false,
        };
        if last_name(test) {
            return TestKind::TypeChecking;
        }
        let is_main = |test: &Expr| match test {
            Expr::Compare(compare) => {
                let sides = [&*compare.left, compare.comparators.first().unwrap_or(&compare.left)];
                matches!(&*compare.ops, [ast::CmpOp::Eq])
                    && sides.iter().any(|side| matches!(side, Expr::Name(name) if name.id.as_str() == "__name__"))
                    && sides
                        .iter()
                        .any(|side| matches!(side, Expr::StringLiteral(text) if text.value.to_str() == "__main__"))
            }
            _ => false,
        };
        let main = match test {
            Expr::BoolOp(node) if node.op == ast::BoolOp::And => node.values.iter().any(is_main),
            test => is_main(test),
        };
        if main {
            return TestKind::Main;
        }
        let text = self.text_of(test.range());
        let asks = ["environ", "getenv", "sys.platform", "version_info", "platform.", "os.name"];
        if asks.iter().any(|word| text.contains(word)) { TestKind::Environment } else { TestKind::Other }
    }

    fn with_statement(&mut self, node: &'a ast::StmtWith) {
        if node.is_async {
            self.waits();
        }
        for item in &node.items {
            self.expression(&item.context_expr, Usage::ContextManager);
            if let Some(target) = &item.optional_vars {
                self.target(target, Bound::Entered(&item.context_expr));
            }
        }
        let items = node.items.iter().map(|item| self.written(&item.context_expr)).collect();
        let whole = self.span(node);
        let end = node.items.last().map_or(whole.end, |item| self.span(item).end);
        let header = Span::new(whole.start, end);
        let kind = BlockKind::With { contexts: vec![], items, header, is_async: node.is_async };
        let span = self.body_span(&node.body);
        let block = self.in_block(kind, span, |walker| walker.suite(&node.body));
        let contexts = node.items.iter().map(|item| &item.context_expr).collect();
        self.out.entered.push((block, contexts, self.scope));
    }

    fn match_statement(&mut self, node: &'a ast::StmtMatch) {
        self.expression(&node.subject, Usage::Other);
        for case in &node.cases {
            self.deeper(|walker| walker.pattern(&case.pattern));
            if let Some(guard) = &case.guard {
                self.expression(guard, Usage::Condition);
            }
            let end = case.guard.as_ref().map_or(case.pattern.end(), |guard| guard.end());
            let test = self.spans.map(TextRange::new(case.pattern.start(), end));
            self.branch(test, TestKind::Other, false, &case.body);
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        let mut names: Vec<&'a ast::Identifier> = vec![];
        let mut inner: Vec<&'a Pattern> = vec![];
        match pattern {
            Pattern::MatchValue(node) => self.expression(&node.value, Usage::Other),
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(node) => inner.extend(&node.patterns),
            Pattern::MatchMapping(node) => {
                for key in &node.keys {
                    self.expression(key, Usage::Other);
                }
                names.extend(&node.rest);
                inner.extend(&node.patterns);
            }
            Pattern::MatchClass(node) => {
                self.expression(&node.cls, Usage::Other);
                inner.extend(&node.arguments.patterns);
                inner.extend(node.arguments.keywords.iter().map(|keyword| &keyword.pattern));
            }
            Pattern::MatchStar(node) => names.extend(&node.name),
            Pattern::MatchAs(node) => {
                names.extend(&node.name);
                inner.extend(node.pattern.as_deref());
            }
            Pattern::MatchOr(node) => inner.extend(&node.patterns),
        }
        for name in names {
            self.out.scopes.bind(self.scope, name.as_str(), BindingKind::Other);
        }
        for pattern in inner {
            self.deeper(|walker| walker.pattern(pattern));
        }
    }

    fn try_statement(&mut self, node: &'a StmtTry) {
        let span = self.body_span(&node.body);
        let block = self.in_block(BlockKind::Try { handlers: vec![] }, span, |walker| walker.suite(&node.body));
        let mut handlers = vec![];
        for (position, ExceptHandler::ExceptHandler(handler)) in node.handlers.iter().enumerate() {
            if let Some(caught) = handler.type_.as_deref() {
                self.expression(caught, Usage::Other);
                self.out.caught.push((block, position, caught, self.scope));
            }
            if let Some(name) = &handler.name {
                self.out.scopes.bind(self.scope, name.as_str(), BindingKind::Other);
            }
            let body_span = self.body_span(&handler.body);
            let body = self.in_block(BlockKind::Finally, body_span, |walker| walker.suite(&handler.body));
            let header = handler.body.first().map_or(handler.range.end(), Ranged::start).max(handler.range.start());
            let span = self.spans.map(TextRange::new(handler.range.start(), header));
            handlers.push(Handler { types: vec![], span, body, swallows: handler.body.iter().all(does_nothing) });
        }
        self.set_handlers(block, handlers);
        for (body, kind) in [(&node.orelse, BlockKind::TryElse), (&node.finalbody, BlockKind::Finally)] {
            if !body.is_empty() {
                let span = self.body_span(body);
                self.in_block(kind, span, |walker| walker.suite(body));
            }
        }
    }
}

fn does_nothing(statement: &Stmt) -> bool {
    match statement {
        Stmt::Pass(_) | Stmt::Continue(_) => true,
        Stmt::Expr(node) => matches!(*node.value, Expr::EllipsisLiteral(_) | Expr::StringLiteral(_)),
        _ => false,
    }
}

//! Statements: what they bind and which blocks they open.

use std::sync::Arc;

use ruff_python_ast::{
    self as ast, Decorator, ExceptHandler, Expr, Parameters, Pattern, Stmt, StmtClassDef, StmtFunctionDef, StmtIf,
    StmtTry,
};
use ruff_text_size::{Ranged, TextRange};

use crate::formats::python::scope::{BindingKind, ScopeId, ScopeKind};
use crate::formats::python::{
    Assignment, Attribute, BlockId, BlockKind, Class, ClassId, Function, FunctionId, FunctionKind, Handler, Import,
    TestKind, Usage, Value,
};

use super::{Candidate, ClassNode, Definition, DictionaryItem, FunctionNode, Pending, Walker};

/// What a target is bound to.
#[derive(Clone, Copy)]
pub(super) enum Bound<'a> {
    Value { value: Option<&'a Expr>, annotation: Option<&'a Expr> },
    Element(&'a Expr, usize),
    Entered(&'a Expr),
    Other,
}

impl<'a> Walker<'a> {
    pub(super) fn suite(&mut self, body: &'a [Stmt]) {
        for statement in body {
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
                self.target(&node.target, Bound::Other);
            }
            Stmt::AnnAssign(node) => {
                self.expression(&node.annotation, Usage::Other);
                if let Some(value) = node.value.as_deref() {
                    let usage = self.assigned(&node.target);
                    self.expression(value, usage);
                    self.record_assignment(&node.target, Some(value), Some(&node.annotation), false, node.range);
                }
                let bound = Bound::Value { value: node.value.as_deref(), annotation: Some(&node.annotation) };
                self.target(&node.target, bound);
            }
            Stmt::For(node) => {
                self.expression(&node.iter, Usage::Other);
                self.target(&node.target, Bound::Other);
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
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn assignment(&mut self, node: &'a ast::StmtAssign) {
        let usage = node.targets.first().map_or(Usage::Other, |target| self.assigned(target));
        self.expression(&node.value, usage);
        for target in &node.targets {
            let known = !matches!(target, Expr::Tuple(_) | Expr::List(_));
            self.record_assignment(target, known.then_some(&*node.value), None, false, node.range);
            self.target(target, Bound::Value { value: Some(&node.value), annotation: None });
        }
    }

    pub(super) fn assigned(&self, target: &Expr) -> Usage {
        Usage::Assigned(self.target_text(target))
    }

    fn target_text(&self, target: &Expr) -> Arc<str> {
        let text = self.text_of(target.range());
        match target {
            Expr::Name(_) => Arc::from(text),
            _ => text.chars().filter(|c| !c.is_whitespace()).take(200).collect::<String>().into(),
        }
    }

    fn record_assignment(
        &mut self,
        target: &'a Expr,
        value: Option<&'a Expr>,
        annotation: Option<&'a Expr>,
        augmented: bool,
        range: TextRange,
    ) {
        let target_span = self.span(target);
        self.out.module.assignments.push(Assignment {
            target: self.target_text(target),
            target_span,
            value: Value::unknown(value.map_or(target_span, |value| self.span(value))),
            augmented,
            span: self.spans.map(range),
            block: self.block,
            function: self.function,
        });
        self.out.assignments.push(Pending { value, annotation, scope: self.scope });
    }

    /// Binds the names of a target and walks the expressions in it.
    pub(super) fn target(&mut self, target: &'a Expr, bound: Bound<'a>) {
        match target {
            Expr::Name(name) => {
                let kind = match bound {
                    Bound::Value { value, annotation } => BindingKind::Value { value, annotation },
                    Bound::Element(value, position) => BindingKind::Element(value, position),
                    Bound::Entered(value) => BindingKind::Entered(value),
                    Bound::Other => BindingKind::Other,
                };
                self.out.scopes.bind(self.scope, name.id.as_str(), kind);
                if let (Some(class), ScopeKind::Class) = (self.class, self.out.scopes.kind(self.scope)) {
                    self.record_attribute(class, name.id.as_str(), target, bound, None);
                }
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for (position, element) in elts.iter().enumerate() {
                    let bound = match bound {
                        Bound::Value { value: Some(value), .. } => match value {
                            Expr::Tuple(tuple) if tuple.len() == elts.len() => tuple
                                .elts
                                .get(position)
                                .map_or(Bound::Other, |value| Bound::Value { value: Some(value), annotation: None }),
                            value => Bound::Element(value, position),
                        },
                        _ => Bound::Other,
                    };
                    self.deeper(|walker| walker.target(element, bound));
                }
            }
            Expr::Starred(starred) => self.deeper(|walker| walker.target(&starred.value, Bound::Other)),
            Expr::Attribute(attribute) => {
                if let Some(class) = self.receiver_class(&attribute.value) {
                    self.bind_attribute(class, attribute, target, bound);
                } else {
                    self.expression(&attribute.value, Usage::Receiver);
                }
            }
            Expr::Subscript(subscript) => {
                self.environment_candidate(target, true);
                if let (Expr::Name(name), Bound::Value { value: Some(value), .. }) = (&*subscript.value, bound) {
                    self.out.dictionary_items.push(DictionaryItem {
                        dictionary: name.id.as_str(),
                        key: &subscript.slice,
                        value,
                        scope: self.scope,
                    });
                }
                self.expression(&subscript.value, Usage::Receiver);
                self.expression(&subscript.slice, Usage::Other);
            }
            other => self.expression(other, Usage::Other),
        }
    }

    /// The class whose instance (or itself) the expression is, where it is the first parameter of a method.
    fn receiver_class(&self, value: &Expr) -> Option<ClassId> {
        let Expr::Name(name) = value else { return None };
        let symbol = self.out.scopes.lookup(self.scope, name.id.as_str())?;
        match self.out.scopes.symbols[symbol.0].bindings.first()?.kind {
            BindingKind::Instance(class) | BindingKind::Itself(class) => Some(class),
            _ => None,
        }
    }

    fn bind_attribute(
        &mut self,
        class: ClassId,
        attribute: &'a ast::ExprAttribute,
        target: &'a Expr,
        bound: Bound<'a>,
    ) {
        let name = attribute.attr.as_str();
        let kind = match bound {
            Bound::Value { value, annotation } => BindingKind::Value { value, annotation },
            Bound::Element(value, position) => BindingKind::Element(value, position),
            Bound::Entered(value) => BindingKind::Entered(value),
            Bound::Other => BindingKind::Other,
        };
        let instance = self.out.classes[class.index()].instance;
        let scope = self.scope;
        self.out.scopes.bind_from(instance, name, kind, scope);
        self.record_attribute(class, name, target, bound, self.function);
    }

    fn record_attribute(
        &mut self,
        class: ClassId,
        name: &str,
        target: &'a Expr,
        bound: Bound<'a>,
        method: Option<FunctionId>,
    ) {
        let (value, annotation) = match bound {
            Bound::Value { value, annotation } => (value, annotation),
            Bound::Element(..) | Bound::Entered(_) | Bound::Other => (None, None),
        };
        let span = self.span(target);
        let row = Attribute {
            name: Arc::from(name),
            value: Value::unknown(value.map_or(span, |value| self.span(value))),
            annotation: None,
            span,
            method,
            block: self.block,
        };
        self.out.attributes.push((class, row, Pending { value, annotation, scope: self.scope }));
    }

    pub(super) fn environment_candidate(&mut self, node: &'a Expr, write: bool) {
        let candidate = Candidate { node, scope: self.scope, block: self.block, function: self.function };
        self.out.environment.push((candidate, write));
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
        self.in_block(BlockKind::Branch { test, kind, negated }, span, |walker| walker.suite(body));
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
        for item in &node.items {
            self.expression(&item.context_expr, Usage::ContextManager);
            if let Some(target) = &item.optional_vars {
                self.target(target, Bound::Entered(&item.context_expr));
            }
        }
        let kind = BlockKind::With { contexts: vec![], is_async: node.is_async };
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

    fn decorators(&mut self, decorators: &'a [Decorator]) {
        for decorator in decorators {
            self.expression(&decorator.expression, Usage::Decorator);
        }
    }

    fn function_definition(&mut self, node: &'a StmtFunctionDef) {
        self.decorators(&node.decorator_list);
        self.parameter_expressions(&node.parameters);
        if let Some(returns) = &node.returns {
            self.expression(returns, Usage::Other);
        }
        let qualified = self.qualify(node.name.as_str());
        let row = Function {
            name: Arc::from(node.name.as_str()),
            qualified: qualified.clone(),
            span: self.span(node),
            name_span: self.span(&node.name),
            kind: FunctionKind::Def,
            is_async: node.is_async,
            is_generator: false,
            decorators: vec![],
            parameters: vec![],
            returns: None,
            parent: self.function,
            class: self.class,
            defined_in: self.block,
            body: self.block,
            body_span: self.body_span(&node.body),
        };
        let outer = self.scope;
        let method_of = self.class.filter(|_| self.out.scopes.kind(outer) == ScopeKind::Class);
        let id = FunctionId::new(self.out.module.functions.len());
        self.out.scopes.bind(outer, node.name.as_str(), BindingKind::Function(id));
        if let Some(class) = method_of {
            self.out.module.classes[class.index()].methods.push(id);
        }
        self.enter_function(id, row, Definition::Def(node), |walker, inner| {
            walker.bind_parameters(id, inner, &node.parameters);
            if let (Some(class), Some(first)) = (method_of, first_parameter(&node.parameters)) {
                match receiver_kind(node) {
                    Receiver::Instance => {
                        walker.out.scopes.rebind(inner, first, BindingKind::Instance(class));
                    }
                    Receiver::Class => walker.out.scopes.rebind(inner, first, BindingKind::Itself(class)),
                    Receiver::Nothing => {}
                }
            }
            walker.named(&qualified, |walker| walker.suite(&node.body));
        });
    }

    /// Adds the function and runs `visit` in its block and scope.
    pub(super) fn enter_function(
        &mut self,
        id: FunctionId,
        row: Function,
        definition: Definition<'a>,
        visit: impl FnOnce(&mut Self, ScopeId),
    ) {
        let outer = self.scope;
        let inner = self.out.scopes.open(Some(outer), ScopeKind::Function);
        let body_span = row.body_span;
        self.out.module.functions.push(row);
        self.out.functions.push(FunctionNode { definition, outer, inner, returned: vec![] });
        let around = (self.function.replace(id), self.class.take());
        let block = self.open_block(BlockKind::Function(id), body_span);
        self.out.module.functions[id.index()].body = block;
        self.inside(block, |walker| walker.in_scope(inner, |walker| visit(walker, inner)));
        (self.function, self.class) = around;
    }

    /// Walks defaults and annotations, which are read where the function is defined.
    pub(super) fn parameter_expressions(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            if let Some(annotation) = parameter.annotation() {
                self.expression(annotation, Usage::Other);
            }
            if let Some(default) = parameter.default() {
                self.expression(default, Usage::Other);
            }
        }
    }

    pub(super) fn bind_parameters(&mut self, function: FunctionId, scope: ScopeId, parameters: &'a Parameters) {
        for (index, parameter) in parameters.iter().enumerate() {
            let plain = matches!(parameter, ast::AnyParameterRef::NonVariadic(_));
            let annotation = parameter.annotation().filter(|_| plain);
            let kind = BindingKind::Parameter { function, index, annotation };
            self.out.scopes.bind(scope, parameter.name().as_str(), kind);
        }
    }

    fn class_definition(&mut self, node: &'a StmtClassDef) {
        self.decorators(&node.decorator_list);
        let mut bases: Vec<&'a Expr> = vec![];
        if let Some(arguments) = &node.arguments {
            bases.extend(&*arguments.args);
            for argument in &arguments.args {
                self.expression(argument, Usage::Other);
            }
            for keyword in &arguments.keywords {
                self.expression(&keyword.value, Usage::Other);
            }
        }
        let id = ClassId::new(self.out.module.classes.len());
        let qualified = self.qualify(node.name.as_str());
        self.out.scopes.bind(self.scope, node.name.as_str(), BindingKind::Class(id));
        let outer = self.scope;
        let body = self.out.scopes.open(Some(outer), ScopeKind::Class);
        let instance = self.out.scopes.open(None, ScopeKind::Instance);
        self.out.module.classes.push(Class {
            name: Arc::from(node.name.as_str()),
            qualified: qualified.clone(),
            span: self.span(node),
            name_span: self.span(&node.name),
            bases: vec![],
            decorators: vec![],
            methods: vec![],
            attributes: vec![],
            parent: self.function,
            defined_in: self.block,
            body: self.block,
        });
        self.out.classes.push(ClassNode { bases, decorators: &node.decorator_list, outer, body, instance });
        let around = self.class.replace(id);
        let span = self.body_span(&node.body);
        let block: BlockId = self.open_block(BlockKind::Class(id), span);
        self.out.module.classes[id.index()].body = block;
        self.inside(block, |walker| {
            walker.in_scope(body, |walker| walker.named(&qualified, |walker| walker.suite(&node.body)));
        });
        self.class = around;
    }
}

enum Receiver {
    Instance,
    Class,
    Nothing,
}

fn receiver_kind(node: &StmtFunctionDef) -> Receiver {
    let decorated = |name: &str| {
        node.decorator_list.iter().any(|decorator| match &decorator.expression {
            Expr::Name(found) => found.id.as_str() == name,
            Expr::Attribute(found) => found.attr.as_str() == name,
            _ => false,
        })
    };
    if decorated("staticmethod") {
        Receiver::Nothing
    } else if decorated("classmethod")
        || matches!(node.name.as_str(), "__new__" | "__init_subclass__" | "__class_getitem__")
    {
        Receiver::Class
    } else {
        Receiver::Instance
    }
}

fn first_parameter(parameters: &Parameters) -> Option<&str> {
    parameters.posonlyargs.first().or_else(|| parameters.args.first()).map(|first| first.parameter.name.as_str())
}

fn does_nothing(statement: &Stmt) -> bool {
    match statement {
        Stmt::Pass(_) | Stmt::Continue(_) => true,
        Stmt::Expr(node) => matches!(*node.value, Expr::EllipsisLiteral(_) | Expr::StringLiteral(_)),
        _ => false,
    }
}
